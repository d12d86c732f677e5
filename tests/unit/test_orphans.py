from __future__ import annotations

from datetime import date

import pytest

from application.verify_mirror import VerifyReport
from domain.bottle import ObjectKey
from domain.events import BottleLost, BottleMirrored
from ports.errors import UnavailableError
from tests.support.mirror import TAG, Mirror, mirror_of
from tests.support.shown_mirror import ShownMirror
from tests.support.watched import Killed, at_call, is_a

STRAY = ObjectKey("2026-08-21/stray.tar.gz")
DAY = 24 * 60 * 60


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that holds three bottles."""
    mirror = mirror_of("bat", "curl", "jq")
    mirror.sync()
    return mirror


def test_only_bottles_that_the_ledger_does_not_know_are_orphans(
    mirror: Mirror,
) -> None:
    mirror.offer("jq", contents={TAG: "jq, built again"})
    mirror.sync()
    for key in (STRAY, "flat/jq.tar.gz", "README", "v2/homebrew/core/jq"):
        mirror.disk.create(ObjectKey(key), b"stray")
    report = mirror.process().verify()
    assert (report.orphans, report.removed) == ((STRAY,), None)
    assert STRAY in mirror.bottles()


def test_they_are_removed_when_asked_to(mirror: Mirror) -> None:
    mirror.disk.create(STRAY, b"stray")
    report = mirror.process().verify(prune_orphans=True)
    assert (report.orphans, report.removed) == ((STRAY,), (STRAY,))
    mirror.check()


def test_a_crash_leaves_orphans_that_are_removed_on_another_day(
    mirror: Mirror,
) -> None:
    (wget,) = mirror.offer("wget")
    process = mirror.process()

    process.watch.after = at_call(1, process.watch.kill, is_a("put"))
    with pytest.raises(Killed):
        process.sync()
    mirror.clock.sleep(DAY)
    mirror.sync()
    report = mirror.process().verify(prune_orphans=True)
    assert report.orphans == (wget.object_key(date(2026, 8, 22)),)
    mirror.check()


def test_not_while_a_run_is_under_way(mirror: Mirror) -> None:
    mirror.offer("wget")
    process, other = mirror.process(), mirror.process()
    reports: list[VerifyReport] = []
    process.watch.after = at_call(
        1, lambda: reports.append(other.verify(prune_orphans=True)), is_a("put")
    )
    process.sync()
    (report,) = reports
    assert (len(report.orphans), report.removed) == (1, ())
    assert "orphans are not removed while run" in other.progress.notes[0]
    mirror.check()


def test_not_those_that_a_run_may_have_adopted_meanwhile(mirror: Mirror) -> None:
    (wget,) = mirror.offer("wget", contents={TAG: "wget"})
    mirror.disk.create(wget.object_key(date(2026, 8, 22)), b"wget")
    process = mirror.process()
    # The log, the store, the log again for what was recorded meanwhile: then this.
    process.watch.before = at_call(4, mirror.sync, is_a("list"))
    report = process.verify(prune_orphans=True)
    assert report.removed == ()
    assert mirror.recorded(BottleMirrored)[-1].how == "found"
    mirror.check()


def test_those_that_went_before_a_run_began_are_told_apart(mirror: Mirror) -> None:
    strays = tuple(ObjectKey(f"2026-08-2{n}/stray.tar.gz") for n in range(4))
    for key in strays:
        mirror.disk.create(key, b"stray")
    mirror.offer("wget")
    process = mirror.process()
    process.watch.before = at_call(3, mirror.sync, is_a("delete"))
    report = process.verify(prune_orphans=True)
    assert report.orphans == strays
    assert report.removed == strays[:3]
    assert report.left == 1
    assert strays[3] in mirror.bottles()
    assert strays[2] not in mirror.bottles()


def test_one_that_a_run_adopts_while_it_is_removed_is_recorded_as_lost(
    mirror: Mirror,
) -> None:
    (wget,) = mirror.offer("wget", contents={TAG: "wget"})
    stray = wget.object_key(date(2026, 8, 22))
    mirror.disk.create(stray, b"wget")
    process = mirror.process()
    process.watch.before = at_call(1, mirror.sync, is_a("delete"))
    report = process.verify(prune_orphans=True)

    assert report.removed == (stray,)
    assert mirror.recorded(BottleMirrored)[-1].how == "found"
    assert mirror.recorded(BottleLost) == [
        BottleLost(wget.key, wget.digest, stray, f"no {stray}")
    ]
    assert any("recorded as lost" in note for note in process.progress.notes)
    mirror.check()
    assert mirror.sync().mirrored.bottles == 1


def test_what_was_adopted_is_recorded_as_lost_though_the_store_fails_then(
    mirror: Mirror,
) -> None:
    (wget,) = mirror.offer("wget", contents={TAG: "wget"})
    stray = wget.object_key(date(2026, 8, 22))
    mirror.disk.create(stray, b"wget")
    process = mirror.process()
    process.watch.before = at_call(1, mirror.sync, is_a("delete"))
    process.watch.after = at_call(1, no_answer, is_a("delete"))
    with pytest.raises(UnavailableError):
        process.verify(prune_orphans=True)
    assert [event.key for event in mirror.recorded(BottleLost)] == [wget.key]
    mirror.check()


def no_answer() -> None:
    raise UnavailableError("the store", "it does not answer")


def test_what_a_generation_that_is_kept_names_is_no_orphan() -> None:
    mirror = ShownMirror()
    (jq,) = mirror.offer("jq", "1.0-rc1-2", rebuild=3)
    mirror.sync()
    mirror.show()
    entry = mirror.entry(jq.key)
    lost = BottleLost(jq.key, jq.digest, entry.object_key, "nothing")
    mirror.damage(entry.object_key)
    mirror.process().journal().record([lost])
    shown = mirror.shown()

    # Clients may still be served from the views.
    assert mirror.ledger().held == {}
    assert mirror.process().verify(prune_orphans=True).orphans == ()
    assert mirror.shown() == shown

    mirror.disk.delete(ObjectKey("generations/1/listing.json"))
    process = mirror.process()
    mirror.disk.create(ObjectKey("flat/stray-1.0.all.bottle.tar.gz"), b"stray")
    assert process.verify(prune_orphans=True).orphans == ()
    assert any("views are not looked at" in note for note in process.progress.notes)
