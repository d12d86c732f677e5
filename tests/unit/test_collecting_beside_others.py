from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest

from adapters.ledger.layout import commit_key
from application.collect_garbage import CollectAfterRun, EvictionRefusedError
from application.publication import PublishRefusedError
from domain.api_documents import CATALOG
from domain.bottle import ObjectKey
from domain.events import (
    BottleLost,
    BottleMirrored,
    CatalogRead,
    LedgerRepaired,
    SyncStarted,
)
from domain.generations import BottleEvicted
from domain.records import Repair
from domain.views import index_key
from ports.errors import MalformedError, NotOurStoreError, UnavailableError
from tests.support.log_writing import commit_after
from tests.support.mirror import TAG
from tests.support.shown_mirror import ShownMirror, grown, what_clients_miss
from tests.support.watched import Call, Killed, at_call, is_a


@pytest.fixture
def mirror() -> ShownMirror:
    """Return a mirror of which one bottle was dropped five weeks ago."""
    return grown()


def _is_commit(call: Call) -> bool:
    return call.key.startswith("ledger/v1/commits/")


class TestRefusing:
    def test_too_much_at_once_is_refused_as_a_whole(self, mirror: ShownMirror) -> None:
        mirror.exposure = replace(mirror.exposure, max_evict=10)
        before = mirror.view("")
        with pytest.raises(
            EvictionRefusedError, match=r"4 of 10 .* 40%.* --max-evict 40%"
        ):
            mirror.collect()
        assert mirror.view("") == before
        report = mirror.collecting()()
        assert report.refused is not None
        assert len(report.retention.evict) == 4
        mirror.exposure = replace(mirror.exposure, max_evict=40)
        assert len(mirror.collect().evicted) == 4

    def test_not_while_a_run_is_under_way(self, mirror: ShownMirror) -> None:
        mirror.offer("wget")
        process = mirror.process()
        errors: list[str] = []

        def collect() -> None:
            with pytest.raises(EvictionRefusedError) as refused:
                mirror.collect()
            errors.append(str(refused.value))

        process.watch.after = at_call(1, collect, is_a("put"))
        process.sync()
        assert len(errors) == 1
        assert "while run" in errors[0]
        assert mirror.recorded(BottleEvicted) == []
        assert len(mirror.collect().evicted) == 4

    def test_a_run_that_died_long_ago_hinders_nothing(
        self, mirror: ShownMirror
    ) -> None:
        mirror.offer("wget")
        process = mirror.process()
        process.watch.after = at_call(1, process.watch.kill, is_a("put"))
        with pytest.raises(Killed):
            process.sync()
        with pytest.raises(EvictionRefusedError):
            mirror.collect()
        mirror.clock.sleep(timedelta(minutes=30).total_seconds())
        assert len(mirror.collect().evicted) == 4

    def test_not_when_a_run_begins_before_the_log_says_so(
        self, mirror: ShownMirror
    ) -> None:
        process = mirror.process()
        started = SyncStarted(
            run="another",
            kind="local",
            plan="0" * 64,
            selection="0" * 64,
            day=date(2026, 9, 26),
            shards=1,
            route="lambda",
            bottles=1,
            bytes=1,
        )

        def begin() -> None:
            head = mirror.commits()[-1].position
            commit = commit_after(
                head, started, ledger=mirror.ledger().id, writer="another/0/a"
            )
            mirror.process().log.append(
                replace(commit, at=mirror.clock.now(), run="another")
            )

        process.watch.before = at_call(1, begin, is_a("create"))
        before = mirror.bottles()
        report = mirror.collecting(process)(act=True)
        assert report.evicted == ()
        assert mirror.recorded(BottleEvicted) == []
        assert mirror.bottles() == before

    def test_not_while_a_repair_is_unfinished(self, mirror: ShownMirror) -> None:
        lost = Repair(1, 1, "gap", None)
        mirror.damage(commit_key(1))
        ledger = mirror.process().open().ledger
        mirror.process().log.append(
            commit_after(
                ledger.position, LedgerRepaired(lost), ledger=ledger.id, number=9
            )
        )
        with pytest.raises(EvictionRefusedError, match="ledger repair --yes"):
            mirror.collect()

    def test_not_when_a_generation_cannot_be_read(self, mirror: ShownMirror) -> None:
        number = max(mirror.ledger().generations)
        mirror.damage(ObjectKey(f"generations/{number}/listing.json"), b"{}")
        with pytest.raises(MalformedError):
            mirror.collect()
        assert mirror.recorded(BottleEvicted) == []

    def test_a_store_without_a_ledger_has_no_garbage(self) -> None:
        mirror = ShownMirror()
        with pytest.raises(NotOurStoreError):
            mirror.collect()
        assert mirror.view("") == {}


class TestBesideOthers:
    def test_what_is_offered_again_meanwhile_is_not_evicted(
        self, mirror: ShownMirror
    ) -> None:
        process = mirror.process()

        def offer_again() -> None:
            mirror.offer("jq", contents={TAG: "jq"})
            mirror.sync()

        process.watch.before = at_call(1, offer_again, is_a("create"))
        report = mirror.collecting(process)(act=True)
        assert "jq-1.0-arm64_sonoma" not in {old.key for old in report.evicted}
        assert len(report.evicted) == 3
        mirror.check()

    def test_what_was_begun_since_the_log_said_so_is_left_alone(
        self, mirror: ShownMirror
    ) -> None:
        mirror.offer("jq", contents={TAG: "jq"})
        process = mirror.process()
        # The first listing of the whole store comes after the evictions.
        process.watch.after = at_call(
            1, mirror.sync, lambda call: call == Call("list", "")
        )
        report = mirror.collecting(process)(act=True)
        assert report.removal is not None
        assert report.removal.removed == 0
        assert "another" in (report.removal.why_left or "")
        assert mirror.recorded(BottleMirrored)[-1].bottle.key == "jq-1.0-arm64_sonoma"
        mirror.show()
        mirror.collect()
        mirror.check()
        mirror.check_views()

    def test_nothing_is_published_that_goes_meanwhile(
        self, mirror: ShownMirror
    ) -> None:
        # Documents that are behind name what upstream offers no more.
        mirror.offer("jq", contents={TAG: "jq"})
        mirror.exposure = replace(mirror.exposure, views=("flat",))
        read = {CATALOG: sha256(mirror.catalog.body).hexdigest()}
        told = CatalogRead(mirror.catalog.source, read, None, None, 2)
        mirror.process().journal().record([told])
        process = mirror.process()
        process.watch.before = at_call(
            1, mirror.collect, lambda call: is_a("create")(call) and _is_commit(call)
        )
        number = max(mirror.ledger().generations)
        with pytest.raises(PublishRefusedError, match=r"jq-1\.0-arm64_sonoma"):
            mirror.show(process)
        assert len(mirror.recorded(BottleEvicted)) == 4
        ledger = mirror.ledger()
        assert (ledger.published, max(ledger.generations)) == (number, number)
        assert what_clients_miss(mirror, ledger, number) == []

    def test_what_others_record_while_its_view_goes_is_lost(
        self, mirror: ShownMirror
    ) -> None:
        process = mirror.process()
        name = index_key("jq", "1.0")

        def sync_again(call: Call) -> None:
            if call == Call("delete", name):
                mirror.offer("jq", contents={TAG: "jq"})
                mirror.sync()

        process.watch.before = sync_again
        report = mirror.collecting(process)(act=True)
        assert report.removal is not None
        assert report.removal.lost == ("jq-1.0-arm64_sonoma",)
        # It saw that somebody was there, and went no further.
        assert "another" in (report.removal.why_left or "")
        assert process.watch.of("delete")[-1].key.startswith(("v2/", "flat/"))
        assert not mirror.ledger().settled
        assert mirror.sync().mirrored.bottles == 1
        mirror.show()
        assert "jq-1.0-arm64_sonoma" in mirror.ledger().held
        assert mirror.disk.info(name) is not None

    def test_what_has_come_to_lie_where_something_was_evicted_is_not_its_garbage(
        self, mirror: ShownMirror
    ) -> None:
        mirror.collect()
        evicted = mirror.recorded(BottleEvicted)[0]
        (bottle,) = {
            event.bottle
            for event in mirror.recorded(BottleMirrored)
            if event.object_key == evicted.object_key
        }
        place = evicted.object_key
        mirror.disk.create(place, b"?")
        mirror.process().journal().record(
            [
                BottleMirrored(bottle, 1, place, "found"),
                BottleLost(bottle.key, bottle.digest, place, "sha256 of another"),
            ]
        )
        mirror.collect()
        assert mirror.bottles()[place] == b"?"

    def test_one_who_is_stopped_leaves_the_rest_to_the_next(
        self, mirror: ShownMirror
    ) -> None:
        process = mirror.process()
        process.watch.after = at_call(1, process.stop.set, is_a("delete"))
        report = mirror.collecting(process)(act=True)
        assert report.removal is not None
        assert report.removal.left > 0
        assert "stopped" in (report.removal.why_left or "")
        again = mirror.collect()
        assert again.evicted == ()
        assert again.removal is not None
        assert again.removal.removed == report.removal.left
        mirror.check()
        mirror.check_views()

    def test_a_store_that_does_not_remove_is_told_of_once_all_is_recorded(
        self, mirror: ShownMirror
    ) -> None:
        process = mirror.process()

        def refuse() -> None:
            raise UnavailableError("delete", "slow down")

        process.watch.before = at_call(2, refuse, is_a("delete"))
        with pytest.raises(UnavailableError, match="slow down"):
            mirror.collecting(process)(act=True)
        assert len(mirror.recorded(BottleEvicted)) == 4
        mirror.collect()
        mirror.check()
        mirror.check_views()


class TestAfterARun:
    def test_where_it_is_configured_it_follows_a_complete_run(
        self, mirror: ShownMirror
    ) -> None:
        mirror.exposure = replace(mirror.exposure, gc_auto=True)
        process = mirror.process()
        after = CollectAfterRun(mirror.collecting(process), process.progress)
        assert after(process.journal(), "degraded") is None
        report = after(process.journal(), "complete")
        assert report is not None
        assert len(report.evicted) == 4

    def test_elsewhere_nothing_is_even_looked_at(self, mirror: ShownMirror) -> None:
        process = mirror.process()
        after = CollectAfterRun(mirror.collecting(process), process.progress)
        journal = process.journal()
        before = len(process.watch.calls)
        assert after(journal, "complete") is None
        assert len(process.watch.calls) == before

    def test_what_hinders_it_is_told_and_fails_nothing(
        self, mirror: ShownMirror
    ) -> None:
        mirror.exposure = replace(mirror.exposure, gc_auto=True, max_evict=10)
        process = mirror.process()
        after = CollectAfterRun(mirror.collecting(process), process.progress)
        assert after(process.journal(), "complete") is None
        assert "--max-evict 40%" in process.progress.warnings[0]
