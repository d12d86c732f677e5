"""Indexes that did not come with their bottles are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from threading import Event
from typing import NoReturn

import pytest

from application.find_indexes import FindIndexes
from domain.bottle import Bottle
from domain.generations import IndexMirrored, KeptIndex
from domain.views import index_key, kept_index_key
from ports.errors import UnavailableError
from tests.support.catalogs import make_bottle, select
from tests.support.mirror import Mirror, Process

TAGS = ("arm64_tahoe", "arm64_sonoma")
NAMES = ("bat", "curl", "jq")


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror of three releases that has views from now on."""
    mirror = Mirror()
    for name in NAMES:
        mirror.offer(name, contents={tag: f"{name} {tag}" for tag in TAGS})
    mirror.sync(select(*TAGS))
    mirror.views = ("registry",)
    return mirror


def find(process: Process, bottles: list[Bottle], jobs: int = 1) -> None:
    """Ask for the indexes of ``bottles``."""
    keep = process.transfer.expose.keep_index
    FindIndexes(keep, process.progress, jobs)(process.journal(), bottles)


def held(mirror: Mirror) -> list[Bottle]:
    return [entry.bottle for entry in mirror.ledger().held.values()]


@pytest.mark.parametrize("jobs", [1, 4])
def test_each_is_asked_for_once_kept_and_recorded(mirror: Mirror, jobs: int) -> None:
    assert mirror.shown() == {}
    find(mirror.process(), held(mirror), jobs)

    assert mirror.upstream.asked == {f"{name}-1.0": 1 for name in NAMES}
    indexes = mirror.ledger().indexes
    assert sorted(index.name for index in indexes.values()) == list(NAMES)
    for index in indexes.values():
        for key in (
            kept_index_key(index.name, index.digest),
            index_key(index.name, "1.0"),
        ):
            assert json.loads(mirror.shown()[key]) == index.bottles

    find(mirror.process(), held(mirror))
    assert mirror.upstream.asked.total() == 3
    assert len(mirror.recorded(IndexMirrored)) == 3


def test_one_that_is_not_there_leaves_the_others(mirror: Mirror) -> None:
    (gone,) = (release for release in mirror.upstream.indexes if "curl" in release)
    del mirror.upstream.indexes[gone]
    process = mirror.process()
    find(process, held(mirror))
    kept = {index.name for index in mirror.ledger().indexes.values()}
    assert kept == {"bat", "jq"}
    assert any("no such index" in note for note in process.progress.notes)


def test_a_registry_that_does_not_answer_is_asked_once(mirror: Mirror) -> None:
    mirror.upstream.reachable = False
    process = mirror.process()
    find(process, held(mirror))
    assert len(process.watch.of("index")) == 1
    assert mirror.ledger().indexes == {}
    assert any("not asked for any more" in note for note in process.progress.notes)


def test_once_nothing_can_be_recorded_nothing_more_is_asked_for(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    is_over = Event()

    def keep(bottle: Bottle, _known: KeptIndex | None) -> KeptIndex:
        asked.append(bottle.name)
        if len(asked) > 1:
            is_over.wait(timeout=10)
        offered = {bottle.tag: bottle.digest}
        return KeptIndex(bottle.name, bottle.tagref, bottle.digest, 1, offered)

    def record(events: Iterable[IndexMirrored]) -> NoReturn:
        assert next(iter(events)).index.name
        is_over.set()
        raise UnavailableError("the log", "it cannot be written")

    process = mirror.process()
    journal = process.journal()
    monkeypatch.setattr(journal, "record", record)
    many = [make_bottle(f"x{number}") for number in range(500)]
    find_indexes = FindIndexes(keep, process.progress, jobs=2)  # type: ignore[arg-type]
    with pytest.raises(UnavailableError, match="cannot be written"):
        find_indexes(journal, many)
    assert len(asked) < len(many)
