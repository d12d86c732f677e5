"""The program without its threads: a schedule is to be all there is to chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from types import ModuleType
from typing import Any, Final, ParamSpec, TypeVar

import pytest

import adapters.ledger.codec
import adapters.ledger.event_log
import adapters.ledger.hash_file
import adapters.ledger.identity
import application.thread_crew
import application.verify_mirror

P = ParamSpec("P")
T = TypeVar("T")

_LOG: Final = adapters.ledger.event_log
_READ_ONCE: Final[dict[str, tuple[ModuleType, ...]]] = {
    "decode_commit": (adapters.ledger.codec, _LOG),
    "decode_identity": (adapters.ledger.identity, _LOG),
}


class Done(Future[T]):
    """A future whose place in a set is no matter of where it lies in memory."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class AtOnce(Executor):
    """An executor without threads: what it is given is done when it returns."""

    def __init__(self, _: int) -> None:
        """Take the number of threads that there would be."""
        self._numbers = count()

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        done: Done[T] = Done(next(self._numbers))
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - handed on, as an executor does
            done.set_exception(error)
        return done


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Have the use cases do one thing after the other, in the thread that calls.

    And have nothing decoded twice: what bytes mean depends on nothing else, and most
    of the time would go into finding it out again for every process.
    """
    with pytest.MonkeyPatch.context() as patch:
        for room in (application.thread_crew, application.verify_mirror):
            patch.setattr(room, "ThreadPoolExecutor", AtOnce)
        for name, rooms in _READ_ONCE.items():
            # A mutant may have changed what one of them reads with.
            once = {getattr(r, name): lru_cache(None)(getattr(r, name)) for r in rooms}
            for room in rooms:
                patch.setattr(room, name, once[getattr(room, name)])
        hash_file: Any = adapters.ledger.hash_file
        decode = lru_cache(None)(hash_file.decode_hash_file)
        # A ledger changes in place: each reader has to have its own.
        patch.setattr(hash_file, "decode_hash_file", lambda body: decode(body).fork())
        yield
