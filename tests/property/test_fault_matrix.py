"""Whatever comes of whichever call: the process says so, and the next run mends it."""

from __future__ import annotations

from functools import cache

import pytest

from adapters.ledger.layout import HASH_FILE
from domain.errors import MirrorError
from tests.support.matrix import MEANT, TABLE, Asked, Cell, Outcome, Says
from tests.support.matrix_happenings import BOTH, Scene
from tests.support.mirror import Process
from tests.support.stricken_mirror import StrickenMirror
from tests.support.watched import Killed, is_write


@cache
def before_a_sync() -> StrickenMirror:
    """Return a mirror whose hash file is behind, and whose offers have changed."""
    mirror = StrickenMirror()
    for name in ("bat", "curl", "gone"):
        mirror.offer(name)
    mirror.sync(BOTH)
    published = mirror.hash_file()
    mirror.offer("bat", "1.1")
    mirror.sync(BOTH)
    mirror.damage(HASH_FILE, published)
    mirror.offer("bat", "1.2")
    mirror.offer("curl", contents={"arm64_sonoma": "replaced", "sonoma": "new"})
    mirror.offer("jq", contents={"arm64_sonoma": "same", "sonoma": "same"})
    mirror.withdraw("gone")
    return mirror


@cache
def before_a_repair() -> StrickenMirror:
    """Return a mirror of which somebody has harmed two bottles."""
    mirror = before_a_sync().branch()
    mirror.sync(BOTH)
    for key in ("bat-1.2-arm64_sonoma", "jq-1.0-sonoma"):
        mirror.damage(mirror.entry(key).object_key, b"harmed")
    return mirror


def run(process: Process, asked: Asked) -> tuple[Says, str]:
    """Run, and return how it ended and what was said."""
    try:
        if asked is Asked.DELETE:
            tally = process.verify(repair=True).tally
            assert tally is not None
            says = tally.outcome
        else:
            says = process.sync(BOTH).outcome
    except (MirrorError, Killed) as error:
        return type(error), str(error)
    return says, "\n".join(process.progress.notes)


def test_the_table_has_84_cells() -> None:
    assert [len(column) for column in TABLE.values()] == [len(Outcome)] * len(Asked)
    assert len(Asked) * len(Outcome) == 84


@pytest.mark.parametrize(
    ("asked", "cell"),
    [
        pytest.param(asked, cell, id=f"{asked.value}-{outcome.value}")
        for asked, column in TABLE.items()
        for outcome, cell in column.items()
    ],
)
def test_it_is_said_and_the_next_run_mends_it(asked: Asked, cell: Cell) -> None:
    before = before_a_repair() if asked is Asked.DELETE else before_a_sync()
    mirror = before.branch()
    process = mirror.process()
    acknowledged = mirror.acknowledged_to(process)
    scene = Scene(mirror, process, [])
    meant = cell.meant or MEANT[asked]
    scene.strike(cell.happening, meant, cell.at, lasting=cell.lasting)

    says, words = run(process, asked)

    mirror.disk.relieve()
    assert all(blow.met for blow in scene.blows), "it did not come to it"
    assert says == cell.says, words
    assert cell.mentions in words
    struck = scene.blows[0].met[0]
    assert process.watch.calls.count(struck) == cell.tries or not is_write(struck)
    left = mirror.log_bytes()
    assert acknowledged.items() <= left.items(), "an acknowledged commit is lost"

    assert mirror.sync(BOTH).outcome == "complete"
    assert left.items() <= mirror.log_bytes().items(), "the log was rewritten"
    assert not mirror.disk.is_under_way
    mirror.check_whole(BOTH)
