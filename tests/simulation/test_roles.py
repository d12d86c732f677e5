from collections.abc import Callable
from typing import cast

import pytest

from ports.errors import NotFoundError
from tests.fake_s3.bucket import Bucket
from tests.simulation import roles
from tests.simulation.judge import Judge
from tests.simulation.model import WrittenCommit
from tests.simulation.process import Process
from tests.simulation.world import World

FIRST = WrittenCommit(b"", "", {}, ())


class Rebuilding:
    """A process that finds no commit, whatever there is by then."""

    founded = True

    def __init__(self, meanwhile: Callable[[Judge], None]) -> None:
        self.world = World(1)
        self.judge = Judge(self.world, Bucket(versioning=False))
        self._meanwhile = meanwhile

    def rebuild(self) -> None:
        self._meanwhile(self.judge)
        raise NotFoundError("the log", "there is no commit in it yet")


def rebuild(process: Rebuilding) -> None:
    """Play the role in a world of one."""
    process.world.spawn(lambda: roles.rebuild(cast("Process", process)))
    process.world.run(10)


def test_the_first_commit_may_land_while_a_rebuild_hears_that_there_is_none() -> None:
    process = Rebuilding(lambda judge: judge.commits.append(FIRST))
    with pytest.raises(NotFoundError):
        rebuild(process)
    # Once when it landed, which is right, and once more, which is not.
    assert len(process.judge.commits) == 2


def test_a_rebuild_may_not_miss_a_commit_that_was_there_when_it_began() -> None:
    process = Rebuilding(lambda _: None)
    process.judge.commits.append(FIRST)
    with pytest.raises(NotFoundError):
        rebuild(process)
