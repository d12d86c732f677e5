from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.ledger.layout import HASH_FILE, commit_key
from adapters.memory.store import MemoryStore
from domain.bottle import ObjectKey
from domain.errors import LedgerDamagedError
from domain.events import (
    BottleLost,
    BottleMirrored,
    LedgerRepaired,
    SyncCompleted,
    SyncStarted,
)
from domain.records import Repair
from ports.errors import NotOurStoreError
from ports.store import ObjectInfo
from tests.support.catalogs import digest_of
from tests.support.log_writing import commit_after
from tests.support.mirror import EVERYTHING, TAG, Mirror, mirror_of
from tests.support.watched import Call, Killed, at_call, is_write

JQ = ObjectKey("2026-08-22/jq-1.0.arm64_sonoma.bottle.tar.gz")
BAT = ObjectKey("2026-08-22/bat-1.0.arm64_sonoma.bottle.tar.gz")
CURL = ObjectKey("2026-08-22/curl-1.0.arm64_sonoma.bottle.tar.gz")
STRAY = ObjectKey("2026-08-21/stray.tar.gz")
DAY = 24 * 60 * 60


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that holds three bottles."""
    mirror = mirror_of("bat", "curl", "jq")
    mirror.sync()
    return mirror


class Unsummed(MemoryStore):
    """A store that keeps no digests, as a folder does not."""

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        info = super().info(key)
        return info and replace(info, sha256=None)


class TestChecking:
    def test_a_good_mirror_has_no_flaws(self, mirror: Mirror) -> None:
        report = mirror.process().verify()
        assert (report.checked, report.flaws, report.orphans) == (3, (), ())
        assert report.unrepaired == 0

    def test_nothing_is_read_and_nothing_written(self, mirror: Mirror) -> None:
        mirror.damage(JQ)
        mirror.damage(BAT, b"other bytes")
        mirror.disk.create(STRAY, b"stray")
        process = mirror.process()
        process.verify()
        assert process.watch.of("read") == []
        assert not any(map(is_write, process.watch.calls))

    def test_what_is_missing_is_told(self, mirror: Mirror) -> None:
        mirror.damage(JQ)
        (flaw,) = mirror.process().verify().flaws
        assert flaw.is_missing
        assert (flaw.claim.key, flaw.claim.object_key) == ("jq-1.0-arm64_sonoma", JQ)

    def test_what_has_another_size_is_told(self, mirror: Mirror) -> None:
        mirror.damage(JQ, b"jq.")
        report = mirror.process().verify()
        (flaw,) = report.flaws
        assert not flaw.is_missing
        assert flaw.found == "3 bytes instead of 2"
        assert report.unrepaired == 1

    def test_what_has_another_digest_is_told(self, mirror: Mirror) -> None:
        mirror.damage(JQ, b"qj")
        (flaw,) = mirror.process().verify().flaws
        assert flaw.found == f"sha256 {digest_of('qj')}"

    @pytest.mark.parametrize("deep", [True, False])
    def test_a_store_that_keeps_no_digests_is_read_when_asked_to(
        self, *, deep: bool
    ) -> None:
        mirror = mirror_of("jq")
        mirror.disk = Unsummed()
        mirror.sync()
        mirror.damage(JQ, b"qj")
        process = mirror.process()
        flaws = process.verify(deep=deep).flaws
        assert [flaw.claim.object_key for flaw in flaws] == [JQ] * deep
        assert process.watch.of("read") == [Call("read", JQ)] * deep

    def test_deep_reads_everything_also_where_digests_are_kept(
        self, mirror: Mirror
    ) -> None:
        process = mirror.process(jobs=4)
        assert process.verify(deep=True).flaws == ()
        assert {call.key for call in process.watch.of("read")} == {BAT, CURL, JQ}

    def test_superseded_objects_are_checked_too(self, mirror: Mirror) -> None:
        mirror.withdraw("jq")
        mirror.offer("bat", contents={TAG: "bat, built again"})
        mirror.sync()
        mirror.damage(JQ)
        mirror.damage(BAT)
        report = mirror.process().verify()
        assert report.checked == 4
        assert {flaw.claim.object_key for flaw in report.flaws} == {BAT, JQ}

    def test_a_damaged_hash_file_is_told_of_and_does_not_matter(
        self, mirror: Mirror
    ) -> None:
        mirror.damage(HASH_FILE, b"{}")
        process = mirror.process()
        assert process.verify().checked == 3
        assert len(process.progress.notes) == 1

    def test_a_store_without_a_ledger_cannot_be_verified(self) -> None:
        with pytest.raises(NotOurStoreError, match="there is no ledger"):
            Mirror().process().verify()

    def test_a_damaged_log_is_an_error(self, mirror: Mirror) -> None:
        mirror.damage(commit_key(1), b"?")
        mirror.damage(HASH_FILE)
        with pytest.raises(LedgerDamagedError):
            mirror.process().verify(repair=True, prune_orphans=True)
        assert len(mirror.bottles()) == 3


class TestRepairing:
    def test_brings_in_again_what_is_missing_or_wrong(self, mirror: Mirror) -> None:
        mirror.damage(JQ)
        mirror.damage(BAT, b"other bytes")
        report = mirror.process().verify(repair=True)
        assert report.repaired == ("bat-1.0-arm64_sonoma", "jq-1.0-arm64_sonoma")
        assert report.unrepaired == 0
        assert report.tally is not None
        assert report.tally.outcome == "complete"
        assert mirror.process().verify().flaws == ()
        mirror.check()

    def test_the_loss_is_recorded_before_anything_is_removed(
        self, mirror: Mirror
    ) -> None:
        mirror.damage(JQ, b"qj")
        process = mirror.process()
        process.verify(repair=True)
        writes = list(filter(is_write, process.watch.calls))
        assert writes[0] == Call("create", commit_key(3))
        assert writes[1] == Call("delete", JQ)
        (lost,) = mirror.recorded(BottleLost)
        assert lost == BottleLost(
            mirror.entry("jq-1.0-arm64_sonoma").bottle.key,
            digest_of("jq"),
            JQ,
            f"sha256 {digest_of('qj')}",
        )

    def test_is_a_run_of_its_own(self, mirror: Mirror) -> None:
        mirror.damage(JQ)
        mirror.process().verify(repair=True)
        started = mirror.recorded(SyncStarted)[-1]
        completed = mirror.recorded(SyncCompleted)[-1]
        assert (started.run, started.bottles) == (completed.run, 1)
        assert (completed.outcome, completed.catalog) == ("complete", None)
        assert mirror.ledger().runs == {}

    def test_a_good_mirror_needs_no_run(self, mirror: Mirror) -> None:
        process = mirror.process()
        report = process.verify(repair=True, prune_orphans=True)
        assert report.tally is None
        assert not any(map(is_write, process.watch.calls))

    def test_what_another_object_still_has_is_copied(self) -> None:
        mirror = Mirror()
        mirror.offer("jq", contents={TAG: "same"})
        mirror.offer("bat", contents={TAG: "same"})
        mirror.sync()
        mirror.damage(JQ)
        process = mirror.process()
        process.verify(repair=True)
        assert process.watch.of("open") == []
        assert mirror.recorded(BottleMirrored)[-1].how == "copied"
        mirror.check()

    def test_what_upstream_no_longer_has_is_lost_and_said_so(
        self, mirror: Mirror
    ) -> None:
        mirror.damage(JQ)
        mirror.damage(BAT)
        del mirror.upstream.contents[digest_of("jq")]
        report = mirror.process().verify(repair=True)
        assert report.repaired == ("bat-1.0-arm64_sonoma",)
        assert report.unrepaired == 1
        assert report.tally is not None
        assert report.tally.causes == {"not_found": 1}
        assert sorted(mirror.ledger().held) == [
            "bat-1.0-arm64_sonoma",
            "curl-1.0-arm64_sonoma",
        ]
        mirror.check()

    def test_a_superseded_object_is_given_up_and_not_fetched(
        self, mirror: Mirror
    ) -> None:
        mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        mirror.damage(JQ, b"qj")
        process = mirror.process()
        report = process.verify(repair=True)
        assert (len(report.flaws), report.repaired) == (1, ())
        assert report.unrepaired == 0
        assert process.watch.of("open") == []
        assert mirror.ledger().superseded == {}
        mirror.check()

    def test_what_upstream_had_dropped_goes_on_the_day_that_it_would_have(
        self, mirror: Mirror
    ) -> None:
        mirror.withdraw("jq")
        mirror.sync()
        (before,) = mirror.ledger().superseded.values()
        mirror.clock.sleep(3 * DAY)
        mirror.damage(JQ)
        report = mirror.process().verify(repair=True)
        assert report.repaired == ("jq-1.0-arm64_sonoma",)
        assert mirror.ledger().superseded == {
            mirror.ledger().held[before.key].object_key: before
        }
        mirror.check()

    def test_the_next_sync_does_not_trust_that_nothing_changed(
        self, mirror: Mirror
    ) -> None:
        mirror.damage(JQ)
        mirror.process().verify(repair=True)
        assert mirror.ledger().settled == {}
        mirror.sync()
        assert mirror.ledger().settled.keys() == {EVERYTHING.sha256}

    def test_a_repair_that_is_stopped_leaves_the_rest_to_a_sync(
        self, mirror: Mirror
    ) -> None:
        for key in (BAT, CURL, JQ):
            mirror.damage(key)
        process = mirror.process()

        def stop(call: Call) -> None:
            if call.what == "put":
                process.stop.set()

        process.watch.after = stop
        report = process.verify(repair=True)
        assert report.tally is not None
        assert report.tally.outcome == "interrupted"
        assert (len(report.repaired), report.unrepaired) == (1, 2)
        mirror.check()
        assert mirror.sync().mirrored.bottles == 2
        mirror.check()

    @pytest.mark.parametrize("number", range(1, 9))
    @pytest.mark.parametrize("done", [True, False], ids=["after", "before"])
    def test_wherever_it_dies_the_ledger_promises_nothing_more_than_before(
        self, mirror: Mirror, number: int, *, done: bool
    ) -> None:
        mirror.damage(JQ, b"qj")
        mirror.damage(BAT)
        process = mirror.process()
        hook = at_call(number, process.watch.kill, is_write)
        process.watch.interfere(hook, done=done)
        with pytest.raises(Killed):
            process.verify(repair=True)
        flaws = mirror.process().verify().flaws
        assert {flaw.claim.object_key for flaw in flaws} <= {BAT, JQ}
        mirror.sync()
        mirror.process().verify(repair=True)
        mirror.sync()
        assert mirror.process().verify().flaws == ()
        assert len(mirror.ledger().held) == 3


def test_no_orphan_is_removed_while_a_repair_is_unfinished() -> None:
    mirror = mirror_of("jq", "bat")
    mirror.sync()
    lost = Repair(1, 1, "gap", None)
    head = mirror.commits()[-1].position
    mirror.damage(commit_key(1))
    log = mirror.process().log
    log.append(
        commit_after(head, LedgerRepaired(lost), ledger=log.identity() or "", number=9)
    )
    process = mirror.process()
    report = process.verify(prune_orphans=True)
    assert (len(report.orphans), report.removed) == (2, ())
    assert len(mirror.bottles()) == 2
    assert any("repair --yes" in note for note in process.progress.notes)
