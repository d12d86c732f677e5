"""Lines of commits that are beyond doubt, read in one step.

The schemas say what a line is, but going through them costs some 40 microseconds,
which a million events turn into minutes. Nearly all lines are headers or of a few types
of events: of these, what is spelt as this program spells it is decoded straight into
typed fields (docs/adr/0014). Whatever is not, the schema decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

import msgspec

from adapters.ledger import fields as wire
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.errors import InvalidValueError
from domain.events import (
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    Event,
    SyncCompleted,
    SyncStarted,
)
from domain.state_digest import StateDigest
from domain.tags import Tag
from domain.words import How, Outcome, Route, RunKind

_is_uuid: Final = wire.UUID.fullmatch
_is_sha256: Final = wire.SHA256.fullmatch
_TO_ZERO: Final = bytes.maketrans(b"123456789abcdef", b"0" * 15)
_ZEROS: Final = b"00000000-0000-0000-0000-000000000000"
# What is no JSON, or no such line; not UTF-8, or a number of more digits than Python
# reads; nested too deep.
_IN_DOUBT: Final = (msgspec.DecodeError, ValueError, RecursionError)


# A field that is not known has to be read to be ignored, which is the schema's part.
class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One line; numbers are integers, and nothing is null."""


class _Header(_Line):
    """The first line of a commit."""

    at: str
    body: str
    id: str
    ledger: str
    n: int
    prev: str
    run: str
    seq: int
    v: Literal[1]
    w: str
    wseq: int


class _Mirrored(_Line, tag_field="t", tag="BottleMirrored"):
    """A line of BottleMirrored 1."""

    how: How
    id: str
    key: str
    name: str
    object_key: str
    pkg_version: str
    rebuild: int
    sha256: str
    size: int
    tag: str
    v: Literal[1]

    def event(self) -> BottleMirrored | None:
        """Return the event, None when it is in doubt; its id is not looked at."""
        if self.size < 0 or not self.object_key.isascii():
            return None
        try:
            bottle = Bottle(
                self.name,
                self.pkg_version,
                self.rebuild,
                Tag(self.tag),
                Digest(self.sha256),
            )
        except InvalidValueError:
            return None
        if bottle.key != self.key:
            return None
        return BottleMirrored(bottle, self.size, ObjectKey(self.object_key), self.how)


class _Superseded(_Line, tag_field="t", tag="BottleSuperseded"):
    """A line of BottleSuperseded 1."""

    id: str
    key: str
    on: str
    sha256: str
    v: Literal[1]

    def event(self) -> BottleSuperseded | None:
        """Return the event, None when it is in doubt; its id is not looked at."""
        on = day(self.on)
        if on is None or not _is_sha256(self.sha256):
            return None
        return BottleSuperseded(BottleKey(self.key), Digest(self.sha256), on)


class _Lost(_Line, tag_field="t", tag="BottleLost"):
    """A line of BottleLost 1."""

    found: str
    id: str
    key: str
    object_key: str
    sha256: str
    v: Literal[1]

    def event(self) -> BottleLost | None:
        """Return the event, None when it is in doubt; its id is not looked at."""
        if not (_is_sha256(self.sha256) and self.object_key.isascii()):
            return None
        return BottleLost(
            BottleKey(self.key),
            Digest(self.sha256),
            ObjectKey(self.object_key),
            self.found,
        )


class _Started(_Line, tag_field="t", tag="SyncStarted"):
    """A line of SyncStarted 1."""

    bottles: int
    bytes: int
    day: str
    id: str
    kind: RunKind
    plan: str
    route: Route
    run: str
    selection: str
    shards: int
    v: Literal[1]
    catalog: str | msgspec.UnsetType = msgspec.UNSET
    skipped: int | msgspec.UnsetType = msgspec.UNSET

    def event(self) -> SyncStarted | None:
        """Return the event, None when it is in doubt; its id is not looked at."""
        on, catalog = day(self.day), _or_none(self.catalog)
        skipped = None if isinstance(self.skipped, msgspec.UnsetType) else self.skipped
        if on is None or min(self.bottles, self.bytes, self.shards, skipped or 0) < 0:
            return None
        if not (_is_sha256(self.plan) and _is_sha256(self.selection)):
            return None
        if not (catalog is None or _is_sha256(catalog)):
            return None
        return SyncStarted(
            run=self.run,
            kind=self.kind,
            plan=self.plan,
            selection=self.selection,
            day=on,
            shards=self.shards,
            route=self.route,
            bottles=self.bottles,
            bytes=self.bytes,
            skipped=skipped,
            catalog=catalog,
        )


class _State(_Line):
    """The state digest in such a line."""

    bottles: int
    bytes: int
    sum: str


class _Completed(_Line, tag_field="t", tag="SyncCompleted"):
    """A line of SyncCompleted 1."""

    counts: dict[str, int]
    id: str
    outcome: Outcome
    run: str
    state: _State
    v: Literal[1]
    catalog: str | msgspec.UnsetType = msgspec.UNSET

    def event(self) -> SyncCompleted | None:
        """Return the event, None when it is in doubt; its id is not looked at."""
        state = self.state
        catalog = _or_none(self.catalog)
        if min(state.bottles, state.bytes, *self.counts.values()) < 0:
            return None
        if not (_is_sha256(state.sum) and (catalog is None or _is_sha256(catalog))):
            return None
        digest = StateDigest(state.bottles, state.bytes, int(state.sum, 16))
        return SyncCompleted(self.run, self.outcome, catalog, self.counts, digest)


_Known: TypeAlias = _Mirrored | _Superseded | _Lost | _Started | _Completed
_HEADER: Final = msgspec.json.Decoder(_Header)
_EVENT: Final = msgspec.json.Decoder(_Known)


def plain_header(line: bytes) -> dict[str, Any] | None:
    """Return what a header says, as its schema would, None when that is in doubt."""
    try:
        said = _HEADER.decode(line)
        at = datetime.fromisoformat(said.at)
    except _IN_DOUBT:
        return None
    if not (
        wire.written_time(at) == said.at
        and _is_uuid(said.id)
        and _is_uuid(said.ledger)
        and _is_sha256(said.body)
        and _is_sha256(said.prev)
        and said.n >= 0
        and said.seq >= 0
        and said.wseq >= 1
    ):
        return None
    return {**msgspec.structs.asdict(said), "at": at}


def plain_events(lines: Sequence[bytes]) -> list[Event | None]:
    """Return the event that each line is, None for those that are in doubt."""
    events: list[Event | None] = []
    ids: list[str] = []
    decode = _EVENT.decode
    for line in lines:
        try:
            said: _Known = decode(line)
        except _IN_DOUBT:
            events.append(None)
        else:
            events.append(said.event())
            ids.append(said.id)
    return events if _are_uuids(ids) else [None for _ in lines]


def _are_uuids(texts: Sequence[str]) -> bool:
    # All at once: that takes a quarter of the time of as many regular expressions.
    return "\n".join(texts).encode().translate(_TO_ZERO) == b"\n".join(
        [_ZEROS] * len(texts)
    )


def _or_none(said: str | msgspec.UnsetType) -> str | None:
    return None if isinstance(said, msgspec.UnsetType) else said


@lru_cache(maxsize=4096)  # a run has one day, and a hash file has those of its runs
def day(text: str) -> date | None:
    """Return the day that ``text`` is, None unless it is spelt in the one way."""
    try:
        meant = date.fromisoformat(text)
    except ValueError:
        return None
    return meant if meant.isoformat() == text else None
