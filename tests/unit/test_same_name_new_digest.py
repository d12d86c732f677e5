"""Bottles that upstream builds again under the name that they had."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from domain.bottle import Bottle, ObjectKey
from domain.events import BottleMirrored
from domain.generations import BottleEvicted
from domain.views import blob_key, flat_key, index_key
from tests.support.catalogs import digest_of, select
from tests.support.shown_mirror import DAY, ShownMirror, what_clients_miss

REBUILT: Final = "same_name_new_sha_430d.json"
# A file's name cannot be taken apart: these are the releases that the names are of.
RELEASES: Final = {
    f"{name}-{version}": (name, version)
    for name, version in (
        ("depot", "2.101.0"),
        ("decker", "1.63"),
        ("portable-ruby", "4.0.1"),
        ("portable-ruby", "4.0.2"),
        ("trivy", "0.69.3"),
    )
}
Release = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """A release's bottles were other ones from a day on, each by a text of its own."""

    on: date
    release: Release
    before: dict[str, str]
    after: dict[str, str]


INVENTED: Final = (
    Change(
        date(2026, 3, 20),
        ("trivy", "0.69.3"),
        {"arm64_sonoma": "first", "sonoma": "first, intel"},
        {"arm64_sonoma": "second", "sonoma": "second, intel"},
    ),
    Change(
        date(2026, 3, 21),
        ("trivy", "0.69.3"),
        {"arm64_sonoma": "second", "sonoma": "second, intel"},
        {"arm64_sonoma": "first", "sonoma": "first, intel"},
    ),
    Change(date(2026, 3, 26), ("depot", "2.101.0"), {"sonoma": "a"}, {"sonoma": "b"}),
)


def real_changes(folder: Path) -> Sequence[Change]:
    """Return the changes of 430 days, in their order; a digest stands for the bytes."""
    found: defaultdict[tuple[date, Release], list[tuple[str, str, str]]]
    found = defaultdict(list)
    for name, (old, _), (new, seen) in json.loads((folder / REBUILT).read_text()):
        stem, _, tag = name.removesuffix(".bottle.tar.gz").rpartition(".")
        found[date.fromisoformat(seen), RELEASES[stem]].append((tag, old, new))
    return [
        Change(
            on,
            release,
            {tag: old for tag, old, _ in each},
            {tag: new for tag, _, new in each},
        )
        for (on, release), each in sorted(found.items())
    ]


def test_those_that_were_invented() -> None:
    assert check_that_all_are_served_right(INVENTED) == 3


def test_those_of_430_real_days(real_data: Path) -> None:
    changes = real_changes(real_data)
    bottles = {(c.release, tag) for c in changes for tag in c.after}
    assert (len(bottles), sum(len(c.after) for c in changes)) == (26, 36)
    assert check_that_all_are_served_right(changes) == 26


def check_that_all_are_served_right(changes: Sequence[Change]) -> int:
    """Mirror each day on which something changed; return how many bottles there are."""
    tags = sorted({tag for change in changes for tag in change.after})
    everything = select(*tags)
    mirror = ShownMirror()
    mirror.selection = everything
    for change in reversed(changes):
        mirror.offer(*change.release, contents=change.before)
    mirror.sync(everything)
    mirror.show()
    replaced: set[Bottle] = set()
    rebuilt: set[str] = set()
    today = changes[0].on
    for change in changes:
        mirror.clock.sleep((change.on - today).days * DAY)
        today = change.on
        mirror.collect()
        name, version = change.release
        if mirror.formulae[name].version != version:
            mirror.offer(name, version, contents=change.before)
            mirror.sync(everything)
            mirror.show()
        first = {b.key: b for b in mirror.on_offer()}
        bottles = mirror.offer(name, version, contents=change.after)
        report = mirror.sync(everything)
        assert set(report.rebuilt) == {bottle.key for bottle in bottles}
        rebuilt.update(report.rebuilt)
        _check_recorded(mirror, bottles)
        for bottle in bottles:
            replaced.discard(bottle)
            replaced.add(first[bottle.key])
        # Until it is published, clients with the old API find what that names.
        for bottle in bottles:
            assert _body(mirror, flat_key(bottle)) == first[bottle.key].digest
        mirror.show()
        _check_shown(mirror, bottles)
        for bottle in bottles:
            old = first[bottle.key]
            assert _body(mirror, blob_key(old)) == old.digest
        mirror.check()
        mirror.check_views()
    mirror.pass_weeks(6)
    evicted = mirror.recorded(BottleEvicted)
    assert {b.digest for b in replaced} <= {event.sha256 for event in evicted}
    held = [b for b in mirror.on_offer() if b.name != "pulse"]
    _check_shown(mirror, held)
    mirror.check()
    mirror.check_views()
    return len(rebuilt)


def _check_recorded(mirror: ShownMirror, bottles: Sequence[Bottle]) -> None:
    """Check that the log has the new ones, and the old ones as superseded."""
    ledger = mirror.ledger()
    recorded = {event.bottle for event in mirror.recorded(BottleMirrored)[-8:]}
    old = {superseded.key for superseded in ledger.superseded.values()}
    for bottle in bottles:
        assert ledger.has(bottle)
        assert bottle in recorded
        assert bottle.key in old


def _check_shown(mirror: ShownMirror, bottles: Sequence[Bottle]) -> None:
    """Check that every view gives what the published generation names."""
    ledger = mirror.ledger()
    assert ledger.published is not None
    assert what_clients_miss(mirror, ledger, ledger.published) == []
    for bottle in bottles:
        assert _body(mirror, blob_key(bottle)) == bottle.digest
        assert _body(mirror, flat_key(bottle)) == bottle.digest
        index = mirror.disk.get(index_key(bottle.name, bottle.tagref)).body
        assert json.loads(index)[bottle.tag] == bottle.digest


def _body(mirror: ShownMirror, key: ObjectKey) -> str:
    return digest_of(mirror.disk.get(key).body.decode())
