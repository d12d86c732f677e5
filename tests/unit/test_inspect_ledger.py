from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.layout import HASH_FILE, commit_key
from domain.errors import LedgerDamagedError
from domain.events import (
    BottleMirrored,
    SyncCompleted,
)
from domain.ledger import replay
from ports.errors import NotFoundError, NotOurStoreError
from tests.support.catalogs import make_bottle
from tests.support.chain import mirrored
from tests.support.mirror import TAG, Mirror, mirror_of
from tests.support.watched import Call, is_write

HOUR = 60 * 60
NOON = datetime(2026, 8, 22, 12, tzinfo=UTC)


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that was synced at noon and at one: three commits each."""
    mirror = mirror_of("jq", "bat")
    mirror.sync()
    mirror.clock.sleep(HOUR)
    mirror.offer("curl", contents={TAG: "curl"})
    mirror.sync()
    return mirror


class TestCommits:
    def test_are_told_from_the_first_to_the_last(self, mirror: Mirror) -> None:
        told = list(mirror.process().inspect.commits())
        assert [recorded.commit.seq for recorded in told] == [0, 1, 2, 3, 4, 5]

    def test_one_is_told_by_its_number(self, mirror: Mirror) -> None:
        recorded = mirror.process().inspect.commit(5)
        assert isinstance(recorded.commit.events[0], SyncCompleted)

    @pytest.mark.parametrize("seq", [6, 1000, -1])
    def test_one_that_is_not_there_is_not_found(self, mirror: Mirror, seq: int) -> None:
        with pytest.raises(NotFoundError, match="the log's last commit is 5"):
            mirror.process().inspect.commit(seq)

    def test_a_store_without_a_ledger_has_none(self) -> None:
        inspect = Mirror().process().inspect
        with pytest.raises(NotOurStoreError):
            list(inspect.commits())
        with pytest.raises(NotOurStoreError):
            inspect.commit(0)
        with pytest.raises(NotOurStoreError):
            inspect.at(0)

    def test_damage_is_told(self, mirror: Mirror) -> None:
        mirror.damage(commit_key(3))
        with pytest.raises(LedgerDamagedError):
            list(mirror.process().inspect.commits())

    def test_nothing_is_written(self, mirror: Mirror) -> None:
        process = mirror.process()
        list(process.inspect.commits())
        process.inspect.at(2)
        assert not any(map(is_write, process.watch.calls))


class TestEarlierState:
    @pytest.mark.parametrize("seq", range(6))
    def test_after_a_commit(self, mirror: Mirror, seq: int) -> None:
        then = mirror.process().inspect.at(seq)
        assert then == replay(mirror.commits()[: seq + 1])

    @pytest.mark.parametrize(
        ("moment", "seq"),
        [
            (NOON, 2),
            (NOON + timedelta(seconds=HOUR - 1), 2),
            (NOON + timedelta(seconds=HOUR), 5),
            (NOON + timedelta(days=1), 5),
        ],
    )
    def test_at_a_moment(self, mirror: Mirror, moment: datetime, seq: int) -> None:
        assert mirror.process().inspect.at(moment).position.seq == seq

    def test_before_the_first_commit_there_is_none(self, mirror: Mirror) -> None:
        before = NOON - timedelta(seconds=1)
        with pytest.raises(NotFoundError, match="there is no commit by then"):
            mirror.process().inspect.at(before)

    def test_nor_is_there_one_after_the_last(self, mirror: Mirror) -> None:
        with pytest.raises(NotFoundError, match="the log's last commit is 5"):
            mirror.process().inspect.at(6)

    def test_clocks_that_differ_leave_no_gap(self, mirror: Mirror) -> None:
        journal = mirror.process().journal()
        # Another machine's clock is an hour ahead.
        mirror.clock.sleep(HOUR)
        journal.record([mirrored(make_bottle("ahead"))])
        behind = mirror.process().journal()
        behind._clock = type(mirror.clock)(NOON + timedelta(seconds=HOUR))  # noqa: SLF001
        behind.record([mirrored(make_bottle("behind"))])
        moment = NOON + timedelta(seconds=HOUR + 1)
        assert mirror.process().inspect.at(moment).position.seq == 5
        assert mirror.process().inspect.at(moment + timedelta(days=1)).position.seq == 7


class TestRebuilding:
    def test_publishes_what_the_log_gives(self, mirror: Mirror) -> None:
        mirror.damage(HASH_FILE, b"{}")
        assert mirror.process().rebuild() == mirror.ledger()
        mirror.check()

    def test_never_publishes_less_than_was_published(self, mirror: Mirror) -> None:
        mirror.damage(commit_key(5))
        before = mirror.hash_file()
        for command in (mirror.sync, mirror.process().rebuild):
            with pytest.raises(LedgerDamagedError, match="head behind a pin"):
                command()
        assert mirror.hash_file() == before

    def test_says_that_the_log_is_right_where_the_hash_file_was_moved_away(
        self, mirror: Mirror
    ) -> None:
        mirror.damage(commit_key(5))
        mirror.damage(HASH_FILE)
        mirror.process().rebuild()
        assert mirror.hash_file() == encode_hash_file(mirror.ledger())
        assert mirror.sync().outcome == "complete"
        mirror.check()

    def test_a_damaged_log_leaves_the_hash_file_alone(self, mirror: Mirror) -> None:
        mirror.damage(commit_key(3))
        before = mirror.hash_file()
        with pytest.raises(LedgerDamagedError):
            mirror.process().rebuild()
        assert mirror.hash_file() == before

    def test_there_must_be_a_ledger(self) -> None:
        mirror = Mirror()
        with pytest.raises(NotOurStoreError):
            mirror.process().rebuild()
        assert list(mirror.disk.list("")) == []

    def test_of_a_ledger_without_a_commit_nothing_is_published(self) -> None:
        mirror = Mirror()
        mirror.process().journal()
        with pytest.raises(NotFoundError, match="no commit in it yet"):
            mirror.process().rebuild()
        assert mirror.process().open().notes == ()

    def test_what_another_publishes_meanwhile_is_not_set_back(
        self, mirror: Mirror
    ) -> None:
        process = mirror.process()
        others = iter([mirror.process()])

        def sync(call: Call) -> None:
            if call.what == "get":
                for other in others:
                    other.sync()

        for key in (HASH_FILE, commit_key(5)):
            others = iter([mirror.process()])
            process = mirror.process()
            process.watch.after = lambda call, key=key: (  # type: ignore[misc]
                sync(call) if call.key == key else None
            )
            process.rebuild()
            mirror.check()


def test_the_commits_are_listed_without_what_they_say() -> None:
    mirror = mirror_of("bat", "curl", "jq")
    mirror.sync()
    mirror.offer("wget")
    mirror.sync()
    inspect = mirror.process().inspect
    listed = inspect.newest(None)
    assert not [each for each in held_by(listed) if isinstance(each, BottleMirrored)]
    assert [each.seq for each in listed] == [*range(len(mirror.commits()))][::-1]
    assert sum(each.events.get("BottleMirrored", 0) for each in listed) == 4
    assert inspect.newest(2) == listed[:2]


def held_by(*things: object) -> list[object]:
    """Return all that lives because ``things`` do, but for what they are made by."""
    held: dict[int, object] = {}
    left = list(things)
    while left:
        thing = left.pop()
        if id(thing) not in held and not isinstance(thing, type | ModuleType):
            held[id(thing)] = thing
            left += gc.get_referents(thing)
    return list(held.values())
