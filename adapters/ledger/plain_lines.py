"""Lines of commits that are beyond doubt, read in one step.

The schemas say what a line is, but going through them costs some 40 microseconds,
which a million events turn into minutes. Nearly all lines are headers or of a few types
of events: of these, what is spelt as this program spells it is decoded straight into
typed fields (docs/adr/0014). Whatever is not, the schema decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from adapters.ledger import fields as wire
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.events import (
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    Event,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import BottleEvicted, IndexMirrored, KeptIndex
from domain.state_digest import StateDigest
from domain.tags import Tag
from domain.words import How, Outcome, Route, RunKind

_is_uuid: Final = wire.UUID.fullmatch
_TO_ZERO: Final = bytes.maketrans(b"123456789abcdef", b"0" * 15)
_NO_UUID: Final = b"00000000-0000-0000-0000-000000000000"
_NO_DIGEST: Final = b"0" * 64
# What is no JSON, or no such line; not UTF-8, half of a surrogate pair, or a number of
# more digits than Python reads; no bottle, no day; nested too deep.
_IN_DOUBT: Final = (msgspec.DecodeError, ValueError, RecursionError)

Count: TypeAlias = Annotated[int, Meta(ge=0)]
Sha256: TypeAlias = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


# A field that is not known has to be read to be ignored, which is the schema's part.
class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One line; numbers are integers, and nothing is null.

    What is typed as a value of the domain is looked at when the event is made.
    """


class _Header(_Line):
    """The first line of a commit."""

    at: str
    body: Sha256
    id: str
    ledger: str
    n: Count
    prev: Sha256
    run: str
    seq: Count
    v: Literal[1]
    w: str
    wseq: Annotated[int, Meta(ge=1)]


class _Mirrored(_Line, tag_field="t", tag="BottleMirrored"):
    """A line of BottleMirrored 1."""

    how: How
    id: str
    key: str
    name: str
    object_key: ObjectKey
    pkg_version: str
    rebuild: int
    sha256: Digest
    size: Count
    tag: Tag
    v: Literal[1]

    def event(self, _: list[str]) -> BottleMirrored:
        bottle = Bottle(
            self.name, self.pkg_version, self.rebuild, self.tag, self.sha256
        )
        if bottle.key != self.key:
            raise ValueError(self.key)
        return BottleMirrored(bottle, self.size, self.object_key, self.how)


class _Superseded(_Line, tag_field="t", tag="BottleSuperseded"):
    """A line of BottleSuperseded 1."""

    id: str
    key: BottleKey
    on: str
    sha256: Digest
    v: Literal[1]

    def event(self, digests: list[str]) -> BottleSuperseded:
        on = day(self.on)
        digests.append(self.sha256)
        return BottleSuperseded(self.key, self.sha256, on)


class _Lost(_Line, tag_field="t", tag="BottleLost"):
    """A line of BottleLost 1."""

    found: str
    id: str
    key: BottleKey
    object_key: ObjectKey
    sha256: Digest
    v: Literal[1]

    def event(self, digests: list[str]) -> BottleLost:
        digests.append(self.sha256)
        return BottleLost(self.key, self.sha256, self.object_key, self.found)


class _Evicted(_Line, tag_field="t", tag="BottleEvicted"):
    """A line of BottleEvicted 1."""

    id: str
    key: BottleKey
    object_key: ObjectKey
    sha256: Digest
    v: Literal[1]

    def event(self, digests: list[str]) -> BottleEvicted:
        digests.append(self.sha256)
        return BottleEvicted(self.key, self.sha256, self.object_key)


class _Index(_Line, tag_field="t", tag="IndexMirrored"):
    """A line of IndexMirrored 1."""

    bottles: dict[Tag, Digest]
    id: str
    name: str
    sha256: Digest
    size: Count
    tagref: str
    v: Literal[1]

    def event(self, digests: list[str]) -> IndexMirrored:
        digests.append(self.sha256)
        digests.extend(self.bottles.values())
        return IndexMirrored(
            KeptIndex(self.name, self.tagref, self.sha256, self.size, self.bottles)
        )


class _Started(_Line, tag_field="t", tag="SyncStarted"):
    """A line of SyncStarted 1."""

    bottles: Count
    bytes: Count
    day: str
    id: str
    kind: RunKind
    plan: Sha256
    route: Route
    run: str
    selection: Sha256
    shards: Count
    v: Literal[1]
    catalog: Sha256 | UnsetType = UNSET
    skipped: Count | UnsetType = UNSET

    def event(self, _: list[str]) -> SyncStarted:
        return SyncStarted(
            run=self.run,
            kind=self.kind,
            plan=self.plan,
            selection=self.selection,
            day=day(self.day),
            shards=self.shards,
            route=self.route,
            bottles=self.bottles,
            bytes=self.bytes,
            skipped=None if isinstance(self.skipped, UnsetType) else self.skipped,
            catalog=None if isinstance(self.catalog, UnsetType) else self.catalog,
        )


class _State(_Line):
    """The state digest in such a line."""

    bottles: Count
    bytes: Count
    sum: Sha256


class _Completed(_Line, tag_field="t", tag="SyncCompleted"):
    """A line of SyncCompleted 1."""

    counts: dict[str, Count]
    id: str
    outcome: Outcome
    run: str
    state: _State
    v: Literal[1]
    catalog: Sha256 | UnsetType = UNSET

    def event(self, _: list[str]) -> SyncCompleted:
        state = self.state
        catalog = None if isinstance(self.catalog, UnsetType) else self.catalog
        digest = StateDigest(state.bottles, state.bytes, int(state.sum, 16))
        return SyncCompleted(self.run, self.outcome, catalog, self.counts, digest)


_Known: TypeAlias = (
    _Mirrored | _Superseded | _Lost | _Evicted | _Index | _Started | _Completed
)
_HEADER: Final = msgspec.json.Decoder(_Header)
_EVENT: Final = msgspec.json.Decoder(_Known)


def plain_header(line: bytes) -> dict[str, Any] | None:
    """Return what a header says, as its schema would, None when that is in doubt."""
    try:
        said = _HEADER.decode(line)
        at = wire.read_time(said.at)
    except _IN_DOUBT:
        return None
    if not (_is_uuid(said.id) and _is_uuid(said.ledger)):
        return None
    return {**msgspec.structs.asdict(said), "at": at}


def plain_events(lines: Sequence[bytes]) -> list[Event | None]:
    """Return the event that each line is, None for those that are in doubt."""
    events: list[Event | None] = []
    ids: list[str] = []
    digests: list[str] = []
    decode = _EVENT.decode
    for line in lines:
        try:
            said: _Known = decode(line)
            event: Event | None = said.event(digests)
        except _IN_DOUBT:
            event = None
        else:
            ids.append(said.id)
        events.append(event)
    # All at once: that takes a quarter of the time of as many regular expressions.
    if _are_like(ids, _NO_UUID) and _are_like(digests, _NO_DIGEST):
        return events
    return [None for _ in lines]


def _are_like(texts: Sequence[str], zeros: bytes) -> bool:
    """Return whether texts are as this one is, but for what their hex digits are."""
    # Of what is not ASCII no byte is a zero or a hyphen.
    found = "\n".join(texts).encode().translate(_TO_ZERO)
    return found == b"\n".join([zeros] * len(texts))


@lru_cache(maxsize=4096)  # a run has one day, and a hash file has those of its runs
def day(text: str) -> date:
    """Return the day that ``text`` is.

    Raises:
        ValueError: It is none, or not spelt in the one way.
    """
    meant = date.fromisoformat(text)
    if meant.isoformat() != text:
        raise ValueError(text)
    return meant
