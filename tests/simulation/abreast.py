"""Threads of the simulation: what would run in a pool, as processes of the world."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from tests.simulation.world import World

P = ParamSpec("P")
T = TypeVar("T")


class Awaited(Future[T]):
    """A future for whose result a process of the world waits."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def result(self, timeout: float | None = None) -> T:
        if not self.done():
            wake = self._world.pause()
            self.add_done_callback(lambda _: wake())
            self._world.wait()
        return super().result(timeout)


class Abreast(Executor):
    """A pool that does as many things at a time as a pool of threads would."""

    def __init__(self, world: World, workers: int) -> None:
        self._world = world
        self._idle = workers
        self._waiting: deque[Callable[[], None]] = deque()

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        future = Awaited[T](self._world)

        def work() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 - handed on, as a pool does
                future.set_exception(error)
            self._idle += 1
            self._begin()

        self._waiting.append(work)
        self._begin()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as it was given
        del wait
        if cancel_futures:
            self._waiting.clear()

    def _begin(self) -> None:
        if self._idle and self._waiting:
            self._idle -= 1
            work = self._waiting.popleft()
            self._world.after(0.0, lambda: self._world.spawn(work))
