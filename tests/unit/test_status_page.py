"""The status page as it is rendered: sound, escaped, and quiet."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from adapters.folder.store import FolderStore
from adapters.memory.public_objects import MemoryPublicObjects
from adapters.memory.store import MemoryStore
from adapters.status_page.codec import decode_last, encode_status
from adapters.status_page.page import LETTERS, rendered
from domain.bottle import ObjectKey
from domain.events import Position
from domain.history import History
from domain.ledger import Ledger
from domain.status import Status, status_of
from ports.status_page import LastPage
from tests.support.catalogs import make_bottle
from tests.support.chain import Chain, completed, failed, mirrored, started
from tests.support.pages import Page, page_in


def _told() -> tuple[Status, History]:
    chain, ledger, history = Chain(), Ledger(), History()
    for events in (
        (started(), mirrored(make_bottle("jq"), 2_500_000)),
        (mirrored(make_bottle("7zip")), mirrored(make_bottle("gtk+3", tag="all"))),
        (failed(make_bottle("bat"), "<script>alert(1)</script>"),),
    ):
        history.follow(ledger, chain.add(*events), ledger.position)
    ended = completed(ledger.state, outcome="degraded")
    recorded = chain.add(ended)
    history.follow(ledger, recorded, ledger.position)
    return status_of(ledger, history, recorded.commit.at), history


def test_every_page_is_sound_and_asks_for_nothing_from_elsewhere() -> None:
    pages = rendered(_told()[0])
    assert set(pages) == {"index.html", *(f"{letter}.html" for letter in LETTERS)}
    for name, body in pages.items():
        page = Page(body)
        assert page.wrong == [], name
        assert {"main", "header", "footer", "h1", "nav"} <= set(page.tags)
        assert b"http:" not in body
        assert b"https:" not in body
        assert {link for link in page.links if not link.startswith("data:")} <= {
            *pages,
            "status.json",
            "index.html#proof",
            "#main",
        }


def test_what_is_drawn_has_a_title_and_words() -> None:
    page = Page(rendered(_told()[0])["index.html"])
    assert page.drawings == 3
    assert page.untitled == 0
    assert "the highest is 3" in page.text


def test_what_others_have_named_is_text_and_never_markup() -> None:
    body = rendered(_told()[0])["index.html"]
    assert b"<script>alert" not in body
    assert "<script>alert(1)</script>" in Page(body).text


def test_formulae_are_found_by_their_first_letter() -> None:
    pages = rendered(_told()[0])
    assert Page(pages["j.html"]).rows[1] == ["jq", "1.8.1: arm64_sonoma", "2.5 MB"]
    assert Page(pages["0.html"]).rows[1][0] == "7zip"
    assert "missing: 1" in Page(pages["b.html"]).rows[1][1]
    assert "None is held." in Page(pages["x.html"]).text


def test_a_page_never_says_that_it_is_fresh() -> None:
    status, _ = _told()
    never = Page(rendered(status)["index.html"]).text
    assert "There was no complete sync yet." in never
    assert "fresh" not in never.lower()
    assert "up to date" in never, "only to say that nothing else keeps it so"


def test_a_letter_is_the_same_as_long_as_its_formulae_are() -> None:
    status, _ = _told()
    later = replace(
        status, at=status.at + timedelta(days=7), position=Position(99, "9" * 64)
    )
    before, after = rendered(status), rendered(later)
    assert [name for name in before if before[name] != after[name]] == ["index.html"]


def test_the_history_comes_back_as_it_was_written() -> None:
    status, history = _told()
    body = encode_status(status, history, {"j.html": "0a" * 32})
    assert decode_last(body, "v1") == LastPage(
        "v1", status.ledger, history, {"j.html": "0a" * 32}
    )
    for spoiled in (b"", b"{}", b"[1]", b"\xff", body.replace(b'"weeks"', b'"w"')):
        assert decode_last(spoiled, "v1") == LastPage("v1", "", None, {})
    assert decode_last(body.replace(b'"format":1', b'"format":2'), "").history is None


def test_one_that_knows_of_no_parts_comes_back_too() -> None:
    status, history = _told()
    body = encode_status(status, history, {}).replace(b',"pages":{}', b"")
    last = decode_last(body, "v1")
    assert (last.history, last.pages) == (history, {})


def test_in_a_folder_it_is_what_it_is_in_memory(tmp_path: Path) -> None:
    status, history = _told()
    memory, folder = MemoryStore(), FolderStore(tmp_path)
    objects = MemoryPublicObjects(memory)
    keys = page_in(memory, objects).write(status, history, None, anew=False)
    assert page_in(folder, folder.public).write(status, history, None, anew=False) == (
        keys
    )
    for key in map(ObjectKey, keys):
        assert folder.get(key).body == memory.get(key).body
    assert objects.media_types[ObjectKey(keys[0])] == "text/html; charset=utf-8"


def test_charts_leave_nothing_behind_in_the_program() -> None:
    assert not [each for each in sys.meta_path if not hasattr(each, "find_spec")]
