"""The status page at the end of runs: it is there, or it is said that it is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.ledger.layout import HASH_FILE
from adapters.memory.status_page import MemoryStatusPage
from domain.status import Status
from ports.errors import NotFoundError, UnavailableError
from ports.status_page import LastPage
from tests.support.catalogs import digest_of, select
from tests.support.cloud import COMPLETE, Cloud
from tests.support.mirror import TAG, Mirror, mirror_of
from tests.support.watched import Call, Killed, at_call

HOUR = timedelta(hours=1)


class OutOfReach(MemoryStatusPage):
    """A page in a part of the store that is not to be used."""

    def last(self) -> LastPage | None:
        raise UnavailableError("status/status.json", "the disk is on fire")


class Spoilt(MemoryStatusPage):
    """A page that cannot be made, which nobody has foreseen."""

    def last(self) -> LastPage | None:
        raise ZeroDivisionError


@pytest.fixture
def mirror() -> Mirror:
    return mirror_of("ale", "bat")


def page_of(mirror: Mirror) -> Status:
    assert isinstance(mirror.page, MemoryStatusPage)
    assert mirror.page.status is not None
    return mirror.page.status


class TestASync:
    def test_leaves_a_page_at_the_position_of_the_hash_file(
        self, mirror: Mirror
    ) -> None:
        for name in ("cask", "dog"):
            report = mirror.sync()
            assert page_of(mirror).position == report.ledger.position
            assert page_of(mirror).bottles == len(report.ledger.held)
            mirror.offer(name)
        mirror.check()

    def test_goes_on_from_the_page_before(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.offer("cask")
        process = mirror.process()
        process.sync()
        read = [call for call in process.watch.of("get") if "/commits/" in call.key]
        assert min(call.key for call in read) > f"ledger/v1/commits/{2:020d}"

    def test_that_fails_at_some_leaves_one_that_names_them(
        self, mirror: Mirror
    ) -> None:
        mirror.upstream.fail(digest_of("bat"), NotFoundError("blob", "gone"))
        assert mirror.sync().outcome == "degraded"
        (tag,) = page_of(mirror).tags
        assert [each.name for each in tag.missing] == ["bat"]

    def test_is_complete_though_the_page_is_not_written(self, mirror: Mirror) -> None:
        mirror.page = OutOfReach()
        process = mirror.process()
        assert process.sync().outcome == "complete"
        (warning,) = process.progress.warnings
        assert "the status page was not written: " in warning
        assert "the disk is on fire" in warning
        mirror.check()

    def test_publishes_whatever_becomes_of_the_page(self, mirror: Mirror) -> None:
        mirror.page = Spoilt()
        with pytest.raises(ZeroDivisionError):
            mirror.sync()
        mirror.check()

    def test_that_another_has_overtaken_leaves_his_page(self, mirror: Mirror) -> None:
        process = mirror.process()

        def another() -> None:
            mirror.offer("cask")
            mirror.sync()

        publishing = Call("create", HASH_FILE)
        process.watch.before = at_call(1, another, lambda call: call == publishing)
        process.sync()
        assert page_of(mirror).position == mirror.ledger().position
        mirror.check()


class TestASyncWithNothingToDo:
    def test_leaves_the_page_of_the_same_hour(self, mirror: Mirror) -> None:
        mirror.sync()
        shown = page_of(mirror)
        process = mirror.process()
        mirror.clock.sleep(HOUR.total_seconds() / 2)
        process.sync()
        assert page_of(mirror) == shown
        assert len(process.watch.calls) <= 7
        mirror.check()

    def test_writes_it_in_the_next_hour(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.clock.sleep(HOUR.total_seconds())
        report = mirror.sync()
        assert page_of(mirror).position == report.ledger.position
        assert page_of(mirror).last_complete == report.ledger.last_complete

    @pytest.mark.parametrize("minutes", [1, 7, 25, 59, 61, 200])
    def test_never_leaves_one_of_another_hour(
        self, mirror: Mirror, minutes: int
    ) -> None:
        for _ in range(10):
            mirror.clock.sleep(60 * minutes)
            ended = mirror.sync().ledger.last_complete
            shown = page_of(mirror).last_complete
            assert ended is not None
            assert shown is not None
            assert (ended.at.date(), ended.at.hour) == (shown.at.date(), shown.at.hour)

    def test_tells_that_nothing_is_missing_any_more(self, mirror: Mirror) -> None:
        mirror.sync(select(TAG, formulae=("ale",)))
        mirror.upstream.fail(digest_of("bat"), NotFoundError("blob", "gone"))
        assert mirror.sync().outcome == "degraded"
        assert page_of(mirror).missing == 1
        mirror.withdraw("bat")
        assert mirror.sync().outcome == "complete"
        assert page_of(mirror).is_complete

    def test_makes_good_what_was_cut_short(self, mirror: Mirror) -> None:
        process = mirror.process()
        publishing = Call("create", HASH_FILE)
        process.watch.before = at_call(
            1, process.watch.kill, lambda call: call == publishing
        )
        mirror.page, kept = OutOfReach(), mirror.page
        with pytest.raises(Killed):
            process.sync()
        mirror.page = kept
        report = mirror.sync()
        assert page_of(mirror).position == report.ledger.position
        mirror.check()

    def test_of_another_selection_writes_it(self, mirror: Mirror) -> None:
        mirror.sync()
        report = mirror.sync(select(TAG, formulae=("ale",)))
        assert page_of(mirror).position == report.ledger.position


class TestARunOfTheCloud:
    def test_leaves_a_page_at_the_position_of_the_hash_file(
        self, mirror: Mirror
    ) -> None:
        cloud = Cloud(mirror)
        cloud.trigger()
        cloud.work_all()
        cloud.close()
        assert page_of(mirror).position == mirror.ledger().position
        assert page_of(mirror).runs[0].outcome == "complete"
        mirror.check()

    def test_with_nothing_to_do_leaves_one_as_well(self, mirror: Mirror) -> None:
        cloud = Cloud(mirror)
        mirror.sync()
        cloud.trigger()
        assert page_of(mirror).position == mirror.ledger().position
        assert page_of(mirror).runs[0].run == "run-1"

    def test_is_closed_and_told_of_though_the_page_is_not_written(
        self, mirror: Mirror
    ) -> None:
        cloud = Cloud(mirror)
        cloud.trigger()
        cloud.work_all()
        mirror.page = OutOfReach()
        process = cloud.process()
        assert cloud.close(process=process).outcome == "complete"
        assert cloud.titles[-1] == COMPLETE
        assert "the disk is on fire" in process.progress.warnings[-1]
        mirror.check()

    def test_leaves_one_before_people_are_told(self, mirror: Mirror) -> None:
        cloud = Cloud(mirror)
        cloud.trigger()
        cloud.work_all()
        process = cloud.process()
        cloud.slack.before = process.watch.kill
        with pytest.raises(Killed):
            cloud.close(process=process)
        assert page_of(mirror).position == mirror.ledger().position
        mirror.check()

    def test_that_nobody_could_finish_is_on_the_page_of_who_does(
        self, mirror: Mirror
    ) -> None:
        cloud = Cloud(mirror)
        cloud.trigger()
        cloud.work_all()
        process = cloud.process()
        publishing = Call("create", HASH_FILE)
        process.watch.before = at_call(
            1, process.watch.kill, lambda call: call == publishing
        )
        with pytest.raises(Killed):
            cloud.close(process=process)
        cloud.close()
        assert page_of(mirror).position == mirror.ledger().position
        mirror.check()
