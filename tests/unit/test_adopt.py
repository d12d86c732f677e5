from __future__ import annotations

from datetime import timedelta

import pytest

from domain.bottle import Bottle, ObjectKey
from domain.events import BottleLost, BottleMirrored
from domain.records import Elsewhere
from domain.work import Amount
from tests.support.catalogs import digest_of, select
from tests.support.listed_elsewhere import DAY, ListedElsewhere, entries_of
from tests.support.mirror import TAG, Mirror, Process
from tests.support.watched import Call, at_call

BYTES = {"jq": b"jq", "bat": b"bat", "curl": b"curl"}


@pytest.fixture
def mirror() -> Mirror:
    """Return an empty mirror of jq and bat, of which another mirror is said to be."""
    mirror = Mirror()
    offered = [mirror.offer(name, contents={TAG: name})[0] for name in ("jq", "bat")]
    mirror.external = ListedElsewhere(entries_of(offered))
    return mirror


def offered(mirror: Mirror, name: str) -> Bottle:
    return next(iter(mirror.formulae[name].bottles()))


def lay(mirror: Mirror, name: str, body: bytes | None = None) -> ObjectKey:
    """Put the bytes of a bottle under the day that it has elsewhere."""
    key = offered(mirror, name).object_key(DAY)
    mirror.disk.create(key, BYTES[name] if body is None else body)
    return key


def fetched(process: Process) -> list[str]:
    return [call.key for call in process.watch.of("open", "put")]


class TestABottleThatLiesInThisStore:
    def test_is_adopted_as_mirrored(self, mirror: Mirror) -> None:
        key = lay(mirror, "jq")
        process = mirror.process()
        report = process.sync()
        (event,) = mirror.recorded(BottleMirrored)
        assert event == BottleMirrored(offered(mirror, "jq"), 2, key, "found")
        assert (report.outcome, report.mirrored) == ("complete", Amount(1, 0))
        assert mirror.ledger().elsewhere == entries_of([offered(mirror, "bat")])
        assert fetched(process) == []
        mirror.check()

    def test_is_told_of_to_the_plans_that_follow(self, mirror: Mirror) -> None:
        lay(mirror, "jq")
        mirror.sync()
        report = mirror.sync()
        assert (report.skipped, report.mirrored) == (1, Amount())

    def test_of_another_digest_is_left_alone(self, mirror: Mirror) -> None:
        lay(mirror, "jq", b"not jq")
        mirror.sync()
        assert mirror.recorded(BottleMirrored) == []
        assert len(mirror.ledger().elsewhere) == 2
        assert mirror.ledger().held == {}

    def test_under_another_day_is_not_looked_for(self, mirror: Mirror) -> None:
        bottle = offered(mirror, "jq")
        mirror.disk.create(bottle.object_key(DAY + timedelta(1)), b"jq")
        mirror.sync()
        assert mirror.ledger().held == {}

    def test_may_lie_beside_another_of_its_name(self, mirror: Mirror) -> None:
        bottle = offered(mirror, "jq")
        beside = bottle.beside(lay(mirror, "jq", b"not jq"))
        mirror.disk.create(beside, b"jq")
        mirror.sync()
        assert mirror.entry(bottle.key).object_key == beside

    def test_is_found_under_any_day_that_it_is_listed_with(
        self, mirror: Mirror
    ) -> None:
        bottle = offered(mirror, "jq")
        mirror.external = ListedElsewhere(
            {
                **entries_of([bottle], day=DAY - timedelta(400)),
                **{
                    bottle_of_old.key: Elsewhere(bottle.digest, 2, DAY)
                    for bottle_of_old in [offered(mirror, "bat")]
                },
            }
        )
        key = lay(mirror, "jq")
        mirror.sync()
        assert mirror.entry(bottle.key).object_key == key

    def test_is_looked_for_with_one_listing_a_day(self, mirror: Mirror) -> None:
        lay(mirror, "jq")
        lay(mirror, "bat")
        process = mirror.process()
        process.sync()
        listed = [call.key for call in process.watch.of("list")]
        assert listed.count(f"{DAY}/") == 1
        assert len(mirror.ledger().held) == 2

    def test_is_not_looked_for_if_nobody_wants_it(self, mirror: Mirror) -> None:
        lay(mirror, "jq")
        process = mirror.process()
        process.sync(select(TAG, formulae=("bat",)))
        assert mirror.ledger().held == {}


class TestFetchingWhatIsElsewhere:
    def test_adopts_what_lies_here_and_fetches_only_the_rest(
        self, mirror: Mirror
    ) -> None:
        key = lay(mirror, "jq")
        report = mirror.process().sync(fetch_elsewhere=True)
        assert mirror.upstream.opened[digest_of("jq")] == 0
        assert mirror.upstream.opened[digest_of("bat")] == 1
        assert mirror.entry(offered(mirror, "jq").key).object_key == key
        assert report.mirrored == Amount(2, 3)
        mirror.check()

    def test_counts_only_what_is_fetched_against_the_bound(
        self, mirror: Mirror
    ) -> None:
        lay(mirror, "jq")
        report = mirror.process().sync(max_bytes=3, fetch_elsewhere=True)
        assert (report.mirrored, report.left) == (Amount(2, 3), 0)


class TestBytesThatSeveralBottlesShare:
    @pytest.fixture
    def mirror(self) -> Mirror:
        """Return a mirror of a bottle for two tags, of which one lies here."""
        mirror = Mirror()
        both = mirror.offer("jq", contents={TAG: "jq", "sonoma": "jq"})
        mirror.external = ListedElsewhere(entries_of(both))
        lay(mirror, "jq")
        return mirror

    @pytest.mark.parametrize("fetch_elsewhere", [False, True])
    def test_are_copied_from_what_was_adopted(
        self, mirror: Mirror, *, fetch_elsewhere: bool
    ) -> None:
        selection = select(TAG, "sonoma")
        report = mirror.process().sync(selection, fetch_elsewhere=fetch_elsewhere)
        assert (report.mirrored, report.copied) == (Amount(2, 0), 1)
        assert mirror.upstream.opened[digest_of("jq")] == 0
        assert mirror.ledger().elsewhere == {}
        mirror.check()


class TestWhatIsRemovedMeanwhile:
    @pytest.fixture
    def mirror(self, mirror: Mirror) -> Mirror:
        """Return a mirror whose hash file lists jq, which nobody has seen lie here."""
        mirror.sync()
        mirror.offer("curl", contents={TAG: "curl"})
        lay(mirror, "jq")
        return mirror

    def test_as_an_orphan_before_the_run_begins_is_not_recorded(
        self, mirror: Mirror
    ) -> None:
        jq, process, other = offered(mirror, "jq"), mirror.process(), mirror.process()
        process.watch.before = at_call(
            1, lambda: other.verify(prune_orphans=True), is_commit
        )
        report = process.sync()

        assert (report.outcome, report.mirrored.bottles) == ("degraded", 1)
        (failure,) = report.failures
        assert (failure.bottle, failure.cause) == (jq, "not_found")
        assert "is not any more" in failure.detail
        ledger = mirror.ledger()
        assert jq.key not in ledger.held
        assert jq.key in ledger.elsewhere
        mirror.check()
        assert mirror.sync().outcome == "complete"

    def test_just_before_it_is_recorded_is_lost(self, mirror: Mirror) -> None:
        jq, process = offered(mirror, "jq"), mirror.process()
        key = jq.object_key(DAY)
        # The run's start, and then what it has adopted.
        process.watch.before = at_call(2, lambda: mirror.disk.delete(key), is_commit)
        report = process.sync()

        assert (report.outcome, report.mirrored.bottles) == ("degraded", 1)
        assert [failure.bottle for failure in report.failures] == [jq]
        assert mirror.recorded(BottleLost) == [
            BottleLost(jq.key, jq.digest, key, "nothing")
        ]
        assert jq.key not in mirror.ledger().held
        mirror.check()
        assert mirror.sync().mirrored.bottles == 1


def is_commit(call: Call) -> bool:
    return call.what == "create" and "/commits/" in call.key
