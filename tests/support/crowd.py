"""Many threads that do one thing at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

CROWD = 16


def all_at_once(act: Callable[[int], None]) -> list[BaseException | None]:
    """Call ``act`` with 0 to 15 in a thread each, and return what each raised."""
    barrier = Barrier(CROWD)

    def run(number: int) -> None:
        barrier.wait()
        act(number)

    with ThreadPoolExecutor(CROWD) as threads:
        futures = [threads.submit(run, number) for number in range(CROWD)]
        return [future.exception() for future in futures]
