"""Good copies of what is damaged: where they are, and how they are put back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final

from adapters.ledger.canonical_json import NotJsonError, parsed
from adapters.ledger.layout import commit_key
from adapters.ledger.specimens import flipped_bit
from domain.bottle import ObjectKey
from domain.damage import DamageClass, Specimen
from ports.errors import RefusedError
from ports.object_history import ObjectHistory
from ports.store import Store

if TYPE_CHECKING:
    from adapters.ledger.custody import LogCopy

VERSION: Final = "version "
PLACE: Final = "the place of commit "


@dataclass(frozen=True, slots=True)
class Candidate:
    """Bytes that may be those that were written, and where they are from.

    Attributes:
        put_back: Puts them where they belong. What lies elsewhere is read again for
            it, so that nobody need hold the bytes of many commits.
    """

    body: bytes
    sha256: str
    source: str
    put_back: Callable[[], None]


class GoodCopies:
    """Looks for copies in older versions, in places that were named, in the log."""

    def __init__(
        self, store: Store, history: ObjectHistory, copies: Sequence[LogCopy]
    ) -> None:
        self._store = store
        self._history = history
        self._copies = tuple(copies)

    def of(self, key: ObjectKey) -> Iterator[Candidate]:
        """Yield what there is of an object elsewhere, good or not."""
        return chain(self._versions(key), self._in_copies(key))

    def with_digest(self, key: ObjectKey, sha256: str) -> Candidate | None:
        """Return a copy of an object that has a digest, if there is one."""
        return next((one for one in self.of(key) if one.sha256 == sha256), None)

    def of_commit(
        self,
        seq: int,
        expected: str,
        kind: DamageClass,
        specimens: Mapping[int, Specimen],
    ) -> Candidate | None:
        """Return the commit that has a digest, if it is anywhere."""
        own = self._turned(seq, expected) if kind == "bit-flipped" else ()
        elsewhere = self._in_the_log(seq, expected, specimens)
        found = chain(self.of(commit_key(seq)), elsewhere, own)
        return next((one for one in found if one.sha256 == expected), None)

    def put(self, key: ObjectKey, body: bytes) -> None:
        """Put bytes where an object belongs, whatever is there now."""
        if self._store.info(key) is None:
            # Should a writer come first, its commit is not to be lost.
            self._store.create(key, body)
        else:
            self._history.restore(key, body)

    def _versions(self, key: ObjectKey) -> Iterator[Candidate]:
        markers: list[str] = []
        is_on_top = True
        for version in self._history.versions(key):
            if version.key != key:
                continue
            if version.marker:
                markers += [version.version] if is_on_top else []
                continue
            read = partial(self._history.read_version, key, version.version)
            found = self._candidate(key, f"{VERSION}{version.version}", read, read())
            if is_on_top and markers:
                # What lies right below the markers is there again without them.
                unmark = partial(self._unmark, key, tuple(markers))
                found = replace(found, put_back=unmark)
            is_on_top = False
            yield found

    def _in_copies(self, key: ObjectKey) -> Iterator[Candidate]:
        for copy in self._copies:
            body = copy.get(key)
            if body is not None:
                yield self._candidate(key, copy.name, partial(copy.get, key), body)

    def _in_the_log(
        self, seq: int, expected: str, specimens: Mapping[int, Specimen]
    ) -> Iterator[Candidate]:
        """Yield what the log itself has, in another place."""
        for other in specimens.values():
            if other.sha256 == expected and other.seq != seq:
                body = self._store.get(commit_key(other.seq)).body
                # That place may be the next to be put right: these bytes are held.
                yield self._held(seq, body, f"{PLACE}{other.seq}")

    def _turned(self, seq: int, expected: str) -> Iterator[Candidate]:
        """Yield what is there, with the one bit turned back that was turned."""
        body = self._store.get(commit_key(seq)).body
        bit = flipped_bit(body, expected)
        if bit is not None:
            turned = bytearray(body)
            turned[bit // 8] ^= 1 << bit % 8
            source = "its own bytes, one bit turned back"
            yield self._held(seq, bytes(turned), source)

    def _held(self, seq: int, body: bytes, source: str) -> Candidate:
        put_back = partial(self.put, commit_key(seq), body)
        return Candidate(body, _digest(body), source, put_back)

    def _candidate(
        self,
        key: ObjectKey,
        source: str,
        read: Callable[[], bytes | None],
        body: bytes,
    ) -> Candidate:
        sha256 = _digest(body)
        put_back = partial(self._put_again, key, source, read, sha256)
        return Candidate(body, sha256, source, put_back)

    def _put_again(
        self,
        key: ObjectKey,
        source: str,
        read: Callable[[], bytes | None],
        sha256: str,
    ) -> None:
        body = read()
        if body is None or _digest(body) != sha256:
            detail = "it is not what it was a moment ago; run the repair again"
            raise RefusedError(f"the copy of {key} from {source}", detail)
        self.put(key, body)

    def _unmark(self, key: ObjectKey, markers: Iterable[str]) -> None:
        for marker in markers:
            self._history.remove_marker(key, marker)


def prev_of(body: bytes, ledger: str | None) -> str | None:
    """Return which commit one names as the one before it, if it is of a ledger."""
    try:
        said = parsed(body.partition(b"\n")[0].decode())
    except (UnicodeDecodeError, NotJsonError):
        return None
    if not isinstance(said, dict) or ledger not in {None, said.get("ledger")}:
        return None
    prev = said.get("prev")
    return prev if isinstance(prev, str) else None


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
