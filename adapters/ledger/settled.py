"""Writes whose outcome is always found out.

A store may fail to answer a write that has landed, or that will land yet. So an
object is written again, with the same bytes and the same condition, until it is
seen who holds the place: a write of ours that comes late can then do no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.retry import Backoff
from domain.bottle import ObjectKey
from ports.clock import Clock
from ports.errors import (
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    UnavailableError,
)
from ports.store import Store


@dataclass(frozen=True, slots=True)
class SettledWrites:
    """Small objects, written under a condition, with a certain outcome.

    Attributes:
        chance: Gives numbers in [0, 1), so that writers who failed together do
            not come back together.
    """

    store: Store
    clock: Clock
    backoff: Backoff
    chance: Callable[[], float]

    def create(self, key: ObjectKey, body: bytes) -> bytes:
        """Write ``body`` unless there is an object already.

        Returns:
            The bytes that the object has now, whoever wrote them.

        Raises:
            UnavailableError: It could not be found out whether it was written.
        """

        def attempt() -> bytes:
            try:
                self.store.create(key, body)
            except ConflictError as error:
                # Whoever wrote it: it may have been an earlier attempt of ours.
                standing = self._content(key)
                if standing is None:
                    raise OutcomeUnknownError(
                        key, "the store refuses to create it and does not have it"
                    ) from error
                return standing
            return body

        return self._until_settled(key, attempt)

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        """Write ``body`` over ``version`` of an object.

        Raises:
            ConflictError: Another has changed or removed the object.
            UnavailableError: It could not be found out whether it was written.
        """

        def attempt() -> bytes:
            try:
                self.store.replace(key, body, version)
            except ConflictError:
                if self._content(key) != body:
                    raise
            return body

        self._until_settled(key, attempt)

    def _content(self, key: ObjectKey) -> bytes | None:
        try:
            return self.store.get(key).body
        except NotFoundError:
            return None

    def _until_settled(self, key: ObjectKey, attempt: Callable[[], bytes]) -> bytes:
        in_doubt, number = False, 1
        while True:
            failure: PortError
            try:
                return attempt()
            except OutcomeUnknownError as error:
                in_doubt, failure = True, error
            except UnavailableError as error:
                failure = error
            except RefusedError as error:
                # What came before may have landed, and cannot be looked at any more.
                if not in_doubt:
                    raise
                raise _given_up(key, error, number, in_doubt=True) from error
            if number >= self.backoff.attempts:
                raise _given_up(key, failure, number, in_doubt=in_doubt) from failure
            told = (
                failure.retry_after if isinstance(failure, UnavailableError) else None
            )
            self.clock.sleep(self.backoff.wait(number, told, self.chance()))
            number += 1


def _given_up(
    key: ObjectKey, error: PortError, attempts: int, *, in_doubt: bool
) -> UnavailableError:
    so = "it is not known whether it was written" if in_doubt else "it was not written"
    return UnavailableError(key, f"{so}: {error}", attempts)
