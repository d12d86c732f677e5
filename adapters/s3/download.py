"""An object's bytes, taken up again where a broken connection left them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeAlias

from adapters.aws.failures import FAILURES
from ports.errors import ConflictError, MalformedError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_Ask: TypeAlias = "Callable[[Mapping[str, Any]], GetObjectOutputTypeDef]"

_PIECE = 1024 * 1024  # bytes


class Download:
    """One version of one object, from the first byte to the last.

    Attributes:
        version: The ETag of what is being read.
        encoding: How its bytes are encoded, as whoever put it has said.
    """

    def __init__(self, what: str, ask: _Ask, attempts: int) -> None:
        """Ask for the object.

        Args:
            what: What is asked for, and of whom.
            ask: Sends one GET with the arguments that it is given.
            attempts: How many connections may break in a row without a byte.
        """
        self._what = what
        self._ask = ask
        self._attempts = attempts
        self._answer = ask({})
        self.version: str = self._answer["ETag"]
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

    def _resume(self, came: int) -> None:
        rest = {"Range": f"bytes={came}-", "IfMatch": self.version}
        try:
            self._answer = self._ask(rest)
        except ConflictError as error:
            raise UnavailableError(
                self._what, "it was changed while it was read"
            ) from error
        if not self._answer.get("ContentRange", "").startswith(f"bytes {came}-"):
            self._answer["Body"].close()
            raise MalformedError(self._what, f"no rest from byte {came} on was given")
