import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.command import (
    Bottles,
    finished,
    line_with,
    start,
    until,
    write_config,
)
from tests.support.shells import at_a_terminal, put_on_path


@pytest.fixture
def upstream(folder: Path) -> Iterator[Upstream]:
    """Yield an upstream of eight bottles, of 2 MB each."""
    with Upstream(plain_catalog(8), sizes=fixed(2_000_000)) as upstream:
        write_config(folder, upstream, target_tags="arm64_sonoma")
        yield upstream


@pytest.fixture(params=["2", "8"], ids=["threads", "processes"])
def jobs(request: pytest.FixtureRequest) -> str:
    """Return how many transfers there are at a time, by threads and by processes."""
    jobs: str = request.param
    return jobs


def hands_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that transfer for ``process``."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(child) for child in children.read_text().split()]


def slow_down_one(upstream: Upstream) -> None:
    name = upstream.formulae[-1]["name"]
    slow = Fault("slow", path=f"core/{name}&", on="signed_get", rate=100_000)
    upstream.faults.add(slow)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_fetched_before_an_interrupt_is_recorded(
    bottles: Bottles, upstream: Upstream, number: signal.Signals, jobs: str
) -> None:
    slow_down_one(upstream)
    process = start("sync", "--jobs", jobs, "-v", "--json")
    for _ in range(7):
        line_with(process, "mirrored ")

    process.send_signal(number)
    ended = finished(process)

    assert ended.status == 130
    assert "stopping: what has been fetched is recorded first" in ended.err
    assert ended.answer["outcome"] == "interrupted"
    assert ended.answer["mirrored"]["bottles"] == 7
    upstream.faults.clear()
    upstream.reset_requests()
    again = bottles.json("sync")
    assert (again["skipped"], again["mirrored"]["bottles"]) == (7, 1)
    assert upstream.requests.count("signed_get") == 1
    assert bottles("verify", "--deep").status == 0


def test_a_second_interrupt_kills_at_once(
    bottles: Bottles, upstream: Upstream, jobs: str
) -> None:
    upstream.faults.add(Fault("stall", on="signed_get", after=1_000))
    process = start("sync", "--jobs", jobs, "-v")
    line_with(process, "to mirror: 8 bottles")
    until(lambda: upstream.requests.count("signed_get") >= 2)

    process.send_signal(signal.SIGINT)
    line_with(process, "stopping: ")
    process.send_signal(signal.SIGINT)
    ended = finished(process)

    assert ended.status == -signal.SIGINT
    upstream.faults.clear()
    assert bottles.json("sync")["mirrored"]["bottles"] == 8


def test_who_is_killed_at_a_terminal_leaves_its_cursor(
    folder: Path, upstream: Upstream, jobs: str
) -> None:
    upstream.faults.add(Fault("stall", on="signed_get", after=1_000))
    put_on_path(folder)

    with at_a_terminal("bottles", "sync", "--jobs", jobs, folder=folder) as (
        seen,
        sync,
    ):
        assert seen.sees("to mirror: 8 bottles")
        until(lambda: upstream.requests.count("signed_get") >= 2)
        sync.send_signal(signal.SIGINT)
        assert seen.sees("stopping: ")
        sync.send_signal(signal.SIGINT)

        assert sync.wait() == -signal.SIGINT
        assert seen.raw.rindex("\x1b[?25h") > seen.raw.rindex("\x1b[?25l")


def test_an_interrupt_before_anything_is_fetched_ends_at_once(
    bottles: Bottles, upstream: Upstream
) -> None:
    upstream.faults.add(Fault("stall", on="catalog", after=100))
    process = start("sync")
    until(lambda: upstream.requests.count("catalog") == 1)

    process.send_signal(signal.SIGINT)
    ended = finished(process)

    assert ended.status == 130
    assert ended.err.strip() == "bottles: interrupted; nothing had been fetched yet"
    assert not Path("mirror").exists()
    assert bottles("ledger", "log").status == 2


def test_a_process_that_was_killed_costs_at_most_a_repeated_fetch(
    bottles: Bottles, upstream: Upstream, jobs: str
) -> None:
    slow_down_one(upstream)
    process = start("sync", "--jobs", jobs, "-v")
    for _ in range(7):
        line_with(process, "mirrored ")
    hands = hands_of(process)
    process.kill()
    process.communicate()
    until(lambda: not any(Path(f"/proc/{hand}").exists() for hand in hands))

    upstream.faults.clear()
    again = bottles.json("sync")

    assert again["outcome"] == "complete"
    assert again["mirrored"]["bottles"] == 8
    assert bottles("verify", "--deep").status == 0


def test_a_transferring_process_that_was_killed_ends_the_run_with_what_it_has(
    bottles: Bottles, upstream: Upstream
) -> None:
    slow_down_one(upstream)
    process = start("sync", "--jobs", "8", "-v", "--json")
    for _ in range(7):
        line_with(process, "mirrored ")
    hands = hands_of(process)
    if not hands:
        process.kill()
        process.communicate()
        pytest.skip("one processor: nothing is transferred by other processes")

    for hand in hands:
        os.kill(hand, signal.SIGKILL)
    ended = finished(process)

    assert ended.status == 4
    assert ended.answer["outcome"] == "failed"
    assert ended.answer["mirrored"]["bottles"] == 7
    assert "it was killed by signal 9 with" in ended.err
    upstream.faults.clear()
    upstream.reset_requests()
    again = bottles.json("sync")
    assert (again["skipped"], again["mirrored"]["bottles"]) == (7, 1)
    assert upstream.requests.count("signed_get") == 1
    assert bottles("verify", "--deep").status == 0


def test_who_stops_reading_is_not_told_of_it(bottles: Bottles) -> None:
    assert bottles("completion", "bash").status == 0
    process = start("completion", "bash")
    assert isinstance(process, subprocess.Popen)
    assert process.stdout is not None
    process.stdout.close()

    assert process.wait(60) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
