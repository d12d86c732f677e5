import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standin.catalog import bottles_of, plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
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
    """Yield an upstream of seven bottles of 2 MB, and one of 20 MB."""
    catalog = plain_catalog(8)
    (large,) = (bottle["sha256"] for _, bottle in bottles_of(catalog[-1]))

    def size_of(original: str) -> int:
        return 20_000_000 if original == large else 2_000_000

    with Upstream(catalog, sizes=size_of) as upstream:
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
    """Let the large one take minutes, with all the others there in seconds."""
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
    upstream.faults.add(Fault("slow", on="signed_get", rate=20))
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
    upstream.faults.add(Fault("slow", on="signed_get", rate=20))
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
    upstream.faults.add(Fault("slow", on="catalog", rate=20))
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
    reading, writing = os.pipe()
    os.close(reading)
    process = start("completion", "bash", stdout=writing)
    os.close(writing)

    _, err = process.communicate()
    assert process.returncode == 141
    assert err == ""
