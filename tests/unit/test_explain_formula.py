from datetime import date

import pytest

from application.explain_formula import ExplainFormula
from domain.bottle import BottleKey, Digest
from domain.errors import SelectionError
from domain.events import (
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    HashFileImported,
)
from domain.records import Elsewhere
from ports.errors import NotOurStoreError
from tests.support.catalogs import digest_of
from tests.support.mirror import TAG, Mirror, mirror_of


@pytest.fixture
def mirror() -> Mirror:
    mirror = mirror_of("jq", "bat")
    mirror.sync()
    mirror.offer("curl", contents={TAG: "curl"})
    mirror.sync()
    return mirror


def story(mirror: Mirror, formula: str) -> list[tuple[type, str]]:
    told = ExplainFormula(mirror.process().inspect)(formula)
    return [(type(one.event), one.reason) for one in told]


def test_tells_all_that_happened_to_a_formula_and_why(mirror: Mirror) -> None:
    mirror.offer("jq", "2.0", contents={TAG: "jq 2"})
    content = mirror.upstream.contents.pop(digest_of("jq 2"))
    mirror.sync()
    mirror.upstream.add(content)
    mirror.sync()
    mirror.damage(mirror.entry("jq-2.0-arm64_sonoma").object_key)
    mirror.process().verify(repair=True)
    assert story(mirror, "jq") == [
        (BottleMirrored, "the mirror had none of this name"),
        (BottleSuperseded, "its grace has begun"),
        (BottleFailed, "it will be tried again by the next sync"),
        (BottleMirrored, "the mirror had none of this name"),
        (BottleLost, "it was looked for, and will be fetched again"),
        (BottleMirrored, "it had been lost"),
    ]


def test_tells_what_was_built_anew_offered_again_and_copied(mirror: Mirror) -> None:
    old = digest_of("bat")
    mirror.offer("bat", contents={TAG: "bat again"})
    mirror.sync()
    mirror.withdraw("bat")
    mirror.sync()
    mirror.offer("bat", contents={TAG: "bat again"})
    mirror.offer("batty", contents={TAG: "bat again"})
    mirror.sync()
    reasons = [reason for _, reason in story(mirror, "bat")]
    assert f"upstream built it anew; it was sha256 {old[:12]}…" in reasons
    assert reasons[-1].startswith("upstream offers it again")
    ((_, copied),) = story(mirror, "batty")
    assert copied.endswith("the same bytes lay under another name")


def test_tells_in_which_commit_and_run_it_was_said(mirror: Mirror) -> None:
    (told,) = ExplainFormula(mirror.process().inspect)("curl")
    assert told.event in told.recorded.commit.events
    assert told.recorded.commit.seq == 4


def test_tells_that_another_mirror_was_said_to_have_it(mirror: Mirror) -> None:
    entries = {
        BottleKey("curl-old-name"): Elsewhere(digest_of("curl"), 0, date(2026, 1, 1)),
        BottleKey("jq-1.0-arm64_sonoma"): Elsewhere(
            Digest("f" * 64), 0, date(2026, 1, 1)
        ),
    }
    process = mirror.process()
    document = process.runs.documents.save_import(entries)
    process.journal().record(
        [HashFileImported("old.json", document, len(entries), None, entries)]
    )
    assert story(mirror, "curl")[-1] == (HashFileImported, "another mirror has it")
    assert story(mirror, "jq")[-1] == (HashFileImported, "another mirror has it")
    assert HashFileImported not in dict(story(mirror, "bat"))


def test_tells_nothing_of_names_that_begin_alike(mirror: Mirror) -> None:
    mirror.offer("jq-lsp", contents={TAG: "jq-lsp"})
    mirror.sync()
    mirror.withdraw("jq-lsp")
    mirror.sync()
    assert [kind for kind, _ in story(mirror, "jq")] == [BottleMirrored]


def test_of_an_unknown_formula_the_nearest_are_told(mirror: Mirror) -> None:
    with pytest.raises(SelectionError, match=r"no formula 'curk'; nearest: curl$"):
        story(mirror, "curk")


def test_there_must_be_a_ledger() -> None:
    with pytest.raises(NotOurStoreError):
        story(Mirror(), "jq")
