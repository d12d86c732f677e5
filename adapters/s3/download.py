"""An object's bytes, taken up again where a broken connection left them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from adapters.aws.failures import FAILURES
from ports.errors import ConflictError, MalformedError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_Ask: TypeAlias = "Callable[[Mapping[str, Any]], GetObjectOutputTypeDef]"

_PIECE = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of one version of an object: one at least, from ``start`` to ``stop``."""

    version: str
    start: int
    stop: int


class Download:
    """One version of one object, or a part of it, from the first byte to the last.

    Attributes:
        version: The ETag of what is being read.
        encoding: How its bytes are encoded, as whoever put it has said.
    """

    def __init__(
        self, what: str, ask: _Ask, attempts: int, part: Part | None = None
    ) -> None:
        """Ask for the object.

        Args:
            what: What is asked for, and of whom.
            ask: Sends one GET with the arguments that it is given.
            attempts: How many connections may break in a row without a byte.
            part: What is wanted; all of the newest version if None.

        Raises:
            ConflictError: The version of ``part`` is not the newest.
        """
        self._what = what
        self._ask = ask
        self._attempts = attempts
        self._start = part.start if part else 0
        self._last = str(part.stop - 1) if part else ""
        self.version: str
        if part:
            self.version = part.version
            self._answer = self._from(0)
        else:
            self._answer = ask({})
            self.version = self._answer["ETag"]
        self.encoding: str = self._answer.get("ContentEncoding", "")

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes, in pieces of about a MiB; once.

        Raises:
            MalformedError: The store does not give the rest that it was asked for.
            UnavailableError: The connection broke too often, or the object changed.
        """
        came, broken = 0, 0
        while True:
            try:
                with closing(self._answer["Body"]) as body:
                    while piece := body.read(_PIECE):
                        came, broken = came + len(piece), 0
                        yield piece
                return
            except FAILURES as error:
                broken += 1
                if broken == self._attempts:
                    raise UnavailableError(
                        self._what, f"broken off after {came} bytes: {error}", broken
                    ) from error
            self._resume(came)

    def close(self) -> None:
        """Let go of the connection, whether or not all bytes have come."""
        self._answer["Body"].close()

    def _resume(self, came: int) -> None:
        try:
            self._answer = self._from(came)
        except ConflictError as error:
            raise UnavailableError(
                self._what, "it was changed while it was read"
            ) from error

    def _from(self, came: int) -> GetObjectOutputTypeDef:
        start = self._start + came
        answer = self._ask(
            {"Range": f"bytes={start}-{self._last}", "IfMatch": self.version}
        )
        if not answer.get("ContentRange", "").startswith(f"bytes {start}-"):
            answer["Body"].close()
            raise MalformedError(self._what, f"no rest from byte {start} on was given")
        return answer
