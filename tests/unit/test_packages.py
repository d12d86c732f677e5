from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.homebrew.packages import read_packages
from domain.bottle import Bottle, Digest
from domain.packages import Packages
from domain.tags import Tag
from ports.errors import MalformedError

SHA = "7ceececba7b3be416aa9bdadd3ee68ab964c322d3df4890ae8761bf4c5e0ce50"
CLIENT = Tag("arm64_tahoe")
WHAT = "https://example.org/api/internal/packages.arm64_tahoe.jws.json"
JQ: dict[str, Any] = {"stable_version": "1.8.2", "bottle_checksum": SHA}


def document(**sections: object) -> dict[str, object]:
    return {
        "metadata": {
            "homebrew_version": "6.0.18",
            "bottle_tag": CLIENT,
            "generated_at": 1_790_000_000,
        },
        "formula_tap_git_head": "0123abcd",
        "formulae": {"jq": JQ},
        "casks": {"firefox": {"version": "150.0", "names": ["Firefox “🦊”"]}},
        **sections,
    }


def read(given: object) -> Packages:
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return read_packages(text.encode(), CLIENT, WHAT)


def bottle(**fields: object) -> Bottle:
    return read(document(formulae={"jq": {**JQ, **fields}})).bottles["jq"]


def refusal(entry: object) -> str:
    read_ = read(document(formulae={"jq": entry, "curl": JQ}))
    assert list(read_.bottles) == ["curl"]
    (skipped,) = read_.skipped
    assert skipped.name == "jq"
    return skipped.reason


def test_gives_each_formula_the_bottle_that_its_client_pours() -> None:
    packages = read(document())
    assert packages.tag == CLIENT
    assert packages.generated_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert packages.bottles == {"jq": Bottle("jq", "1.8.2", 0, CLIENT, Digest(SHA))}
    assert packages.skipped == ()


def test_revision_and_rebuild_are_there_when_they_are_not_zero() -> None:
    made = bottle(revision=2, bottle_rebuild=1)
    assert made.file_name == "jq-1.8.2_2.arm64_tahoe.bottle.1.tar.gz"


@pytest.mark.parametrize("tag", [":arm64_sequoia", "arm64_sequoia"])
def test_a_bottle_of_another_tag_says_so_as_a_symbol_or_as_text(tag: str) -> None:
    assert bottle(bottle_tag=tag).tag == "arm64_sequoia"
    assert bottle(bottle_tag=":all").file_name == "jq-1.8.2.all.bottle.tar.gz"


def test_a_formula_without_a_bottle_for_the_client_is_not_refused() -> None:
    packages = read(
        document(formulae={"jq": JQ, "macos-only": {"stable_version": "1"}})
    )
    assert list(packages.bottles) == ["jq"]
    assert packages.skipped == ()


@pytest.mark.parametrize("turned", [False, True])
def test_knows_aliases_and_old_names_but_no_name_that_is_a_formulas(
    *, turned: bool
) -> None:
    sections: dict[str, object] = {
        "formula_renames": {"jquery": "jq", "jq-old": "jq", "jq": "other"},
        "formula_aliases": {"json": "jq", "jquery": "json-query"},
    }
    # An alias wins over an old name, whichever comes first.
    given = dict(reversed(sections.items())) if turned else sections
    assert read(document(**given)).aliases == {
        "json": "jq",
        "jquery": "json-query",
        "jq-old": "jq",
    }


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("jq", "entry: 'str' is not a JSON object"),
        ({**JQ, "bottle_checksum": "abc"}, "64 lower-case hex digits"),
        ({**JQ, "bottle_checksum": 7}, "bottle_checksum: 7 is not text"),
        ({"bottle_checksum": SHA}, "stable_version: None is not text"),
        ({**JQ, "stable_version": "../1"}, "version of jq"),
        ({**JQ, "revision": True}, "revision: True is not an integer"),
        ({**JQ, "revision": -1}, "revision of jq: -1 is not 0 or more"),
        ({**JQ, "bottle_rebuild": "1"}, "bottle_rebuild: '1' is not an integer"),
        ({**JQ, "bottle_rebuild": -1}, "rebuild of jq"),
        ({**JQ, "bottle_tag": None}, "bottle_tag: None is not text"),
        ({**JQ, "bottle_tag": "::all"}, "lower-case words"),
    ],
)
def test_an_entry_that_makes_no_bottle_is_skipped_with_the_reason(
    entry: object, reason: str
) -> None:
    assert reason in refusal(entry)


def test_what_is_skipped_is_told_in_what_can_be_shown() -> None:
    long_name = "\x1b[31m" + "x" * 500
    read_ = read(document(formulae={long_name: JQ, "": JQ, "jq": JQ}))
    assert list(read_.bottles) == ["jq"]
    for skipped in read_.skipped:
        told = f"{skipped.name}: {skipped.reason}"
        assert told.isprintable()
        assert len(told) < 400


def test_of_a_formula_that_is_there_twice_the_last_one_counts() -> None:
    good, bad = json.dumps(JQ), '{"bottle_checksum":"?"}'
    first = f'{{"formulae":{{"jq":{bad},"jq":{good}}}}}'
    assert list(read(first).bottles) == ["jq"]
    last = f'{{"formulae":{{"jq":{good},"curl":{good},"jq":{bad}}}}}'
    assert [skipped.name for skipped in read(last).skipped] == ["jq"]


@pytest.mark.parametrize("given", [None, "soon", 10**30, -(10**30), 1.5])
def test_a_document_that_does_not_say_when_it_was_made_is_read_all_the_same(
    given: object,
) -> None:
    packages = read(document(metadata={"generated_at": given}))
    assert packages.generated_at is None
    assert list(packages.bottles) == ["jq"]


@pytest.mark.parametrize("named", ["sonoma", ":sonoma"])
def test_refuses_the_document_of_another_tag(named: str) -> None:
    with pytest.raises(MalformedError, match=r"of sonoma, not of arm64_tahoe"):
        read(document(metadata={"bottle_tag": named}))


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "not a list of packages: it begins with nothing"),
        ("<html>", "not a list of packages: it begins with '<html>'"),
        ("[]", "not a list of packages: it begins with '[]'"),
        ("{}", "it offers no bottle: 0 entries were refused"),
        ('{"formulae":[]}', "it offers no bottle"),
        ('{"formulae":{"jq":1}}', "1 entries were refused, the first: entry: 'int'"),
        ("{", "cut off after 1 bytes"),
        ('{"formulae":{"jq":', "damaged or cut off: Expecting value"),
        ('{"formulae":{"jq":{}', "cut off after 20 bytes"),
        ('{"formulae":{"jq" {}}}', "damaged at byte 18: '{}}}'"),
        ('{"formulae":{1:{}}}', "damaged at byte 13: '1:{}}}'"),
        ('{"formulae":{"jq":{},}}', "damaged at byte 21: '}}'"),
        ('{"formulae":{}} {}', "something follows the packages: '{}'"),
        ('{"formulae":{"jq":' + '{"a":' * 100_000, "nested too deeply"),
    ],
    ids=range(14),
)
def test_says_what_is_wrong_with_a_text(text: str, detail: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read(text)
    assert caught.value.what == WHAT
    assert detail in caught.value.detail
