"""The body of a put: bytes as they come, and why they stopped."""

from __future__ import annotations

from collections.abc import Iterator


class BodyFailedError(Exception):
    """The bytes to be sent did not come; ``StreamedBody.failure`` says why.

    urllib3 takes many errors for the connection's, and some of those it forgives. This
    one it does not know: it closes the connection, so that the store is left with a
    body that is not whole.
    """


class StreamedBody:
    """The pieces of one object, to be sent once.

    botocore's connection throws away what it is told to send once the store has said
    its last word (412, 403) to "Expect: 100-continue", but it does ask for it all: a
    whole bottle would be fetched for nothing. So the first block that is read from
    here is one that http.client in its turn reads block by block, and only when it
    really sends.

    Attributes:
        failure: What the pieces raised, if they did.
        sent: Bytes handed over so far.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.failure: BaseException | None = None
        self.sent = 0
        self._pieces = pieces
        self._piece = memoryview(b"")
        self._begun = False

    def read(self, amount: int = -1) -> bytes | _Blocks:
        """Return what there is to send: all of it the first time, then nothing."""
        if self._begun:
            return b""
        self._begun = True
        # Without an amount the whole is wanted; only a double of S3 asks so.
        return _Blocks(self) if amount >= 0 else b"".join(iter(self._next_piece, b""))

    def seek(self, offset: int) -> None:
        """Go back to the start, which is possible until a byte has been read.

        botocore does, when the first answer is that the bucket is in another region.
        """
        if offset or self.sent or self.failure:
            raise OSError("the bytes are gone: they come only once")
        self._begun = False

    def pieces(self) -> Iterator[bytes]:
        """Yield the pieces, for whoever sends them as they are."""
        while piece := self._next_piece():
            yield piece

    def next_block(self, amount: int) -> memoryview:
        """Return the next bytes, at most ``amount``; none when all were returned."""
        if not self._piece:
            self._piece = memoryview(self._next_piece())
        block, self._piece = self._piece[:amount], self._piece[amount:]
        return block

    def _next_piece(self) -> bytes:
        try:
            piece = next(self._pieces, b"")
        # All of them: S3Store.put raises what this was.
        except BaseException as error:
            self.failure = error
            raise BodyFailedError from error
        self.sent += len(piece)
        return piece


class _Blocks:
    """What http.client reads a body from."""

    def __init__(self, body: StreamedBody) -> None:
        self._body = body

    def read(self, amount: int) -> memoryview:
        """Return the next block to go out."""
        return self._body.next_block(amount)
