"""A sync is cut at each of its calls to the store; the next one makes it right."""

from __future__ import annotations

from contextlib import suppress
from enum import Enum

import pytest

from ports.errors import (
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    UnavailableError,
)
from tests.support.mirror import Process
from tests.support.steps import BOTH, PLAIN, SHOWN, Size, before_the_sync
from tests.support.stricken import Act, Blow, Carry
from tests.support.watched import Call, Killed

DAY = 24 * 60 * 60  # seconds
_LEAVE_DOUBT = {"create", "replace", "put"}


class Manner(Enum):
    """How a step is cut."""

    FAIL = "nothing was done, and nobody can tell"
    FAIL_BUT_PERSIST = "it was done, and nobody can tell"
    KILL_BEFORE = "the process dies before it asks"
    KILL_AFTER = "the process dies before it hears the answer"

    @property
    def kills(self) -> bool:
        """Whether the process is dead then."""
        return self in {Manner.KILL_BEFORE, Manner.KILL_AFTER}

    def act(self, process: Process) -> Act:
        """Return what becomes of a call of the process."""
        carried_out = self in {Manner.FAIL_BUT_PERSIST, Manner.KILL_AFTER}

        def act(call: Call, carry: Carry) -> None:
            if carried_out:
                # That it is turned away, or finds nothing, is an answer, and is not
                # heard either.
                with suppress(ConflictError, NotFoundError):
                    carry()
            if self.kills:
                process.watch.kill()
            unclear = call.what in _LEAVE_DOUBT
            kind = OutcomeUnknownError if unclear else UnavailableError
            raise kind(f"{call.what} {call.key}", "connection reset")

        return act


def calls_of_the_sync(size: Size) -> int:
    """Return how many calls to the store the sync takes when nothing happens."""
    mirror = before_the_sync(size).branch()
    assert mirror.sync(BOTH).outcome == "complete"
    return mirror.disk.calls


STEPS = calls_of_the_sync(PLAIN)
STEPS_WITH_VIEWS = calls_of_the_sync(SHOWN)
_MANNERS = pytest.mark.parametrize(
    "manner", Manner, ids=lambda manner: manner.name.lower()
)


def test_the_syncs_are_long_ones() -> None:
    assert STEPS >= 200
    assert STEPS_WITH_VIEWS >= 200


# Which step it was is in the test's name: it can be run again by that.
@pytest.mark.parametrize("step", range(1, STEPS + 1))
@_MANNERS
def test_the_next_sync_makes_it_right(manner: Manner, step: int) -> None:
    cut_and_sync_again(PLAIN, manner, step)


@pytest.mark.parametrize("step", range(1, STEPS_WITH_VIEWS + 1))
@_MANNERS
def test_the_next_sync_makes_it_right_with_views(manner: Manner, step: int) -> None:
    cut_and_sync_again(SHOWN, manner, step)


def cut_and_sync_again(size: Size, manner: Manner, step: int) -> None:
    """Cut the sync at a step, sync again, and check that all is as it should be."""
    mirror = before_the_sync(size).branch()
    process = mirror.process()
    acknowledged = mirror.acknowledged_to(process)
    blow = Blow(manner.act(process), first=step)
    mirror.disk.strike(blow)
    with suppress(Killed, UnavailableError):
        process.sync(BOTH)
        assert not manner.kills, "it lives"
    assert blow.met, "the sync ended before"
    mirror.disk.relieve()
    left = mirror.log_bytes()
    assert acknowledged.items() <= left.items(), "an acknowledged commit is lost"

    # On the same day what was stored and not recorded is found; now and then it is
    # the next one, and it is fetched again, and lies there twice until it is removed.
    mirror.clock.sleep(DAY * (step % 8 == 0))
    assert mirror.sync(BOTH).outcome == "complete"
    assert left.items() <= mirror.log_bytes().items(), "the log was rewritten"
    mirror.check_whole(BOTH)
