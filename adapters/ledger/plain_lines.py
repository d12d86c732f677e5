"""Lines of commits that are beyond doubt, read and written in one step.

The schemas say what a line is, but going through them costs some 40 microseconds,
which a million events turn into minutes. Nearly all lines are headers or of three types
of events: of these, what is spelt as this program spells it is decoded straight into
typed fields (docs/adr/0014). Whatever is not, the schema decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Final, Literal

import msgspec

from adapters.ledger import fields as wire
from adapters.ledger.event_lines import NAMESPACE
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.errors import InvalidValueError
from domain.events import BottleLost, BottleMirrored, BottleSuperseded, Event
from domain.tags import Tag
from domain.words import How

_is_uuid: Final = wire.UUID.fullmatch
_is_sha256: Final = wire.SHA256.fullmatch
_TO_ZERO: Final = bytes.maketrans(b"123456789abcdef", b"0" * 15)
_ZEROS: Final = b"00000000-0000-0000-0000-000000000000"
# What is no JSON, or no such line; not UTF-8, or a number of more digits than Python
# reads; nested too deep.
_IN_DOUBT: Final = (msgspec.DecodeError, ValueError, RecursionError)
_NAMESPACE: Final = NAMESPACE.bytes
# In a UUID the four bits before the 62 last ones say only how it is laid out.
_LAYOUT: Final = {f"{digit:x}": f"{digit & 3 | 8:x}" for digit in range(16)}


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


_HEADER: Final = msgspec.json.Decoder(_Header)
_EVENT: Final = msgspec.json.Decoder(_Mirrored | _Superseded | _Lost)


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
            said: _Mirrored | _Superseded | _Lost = decode(line)
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


def plain_line(event: Event, run: str) -> str | None:
    """Return an event's written form, None when it is left to the schema.

    Args:
        run: The run of the commit that it is in.
    """
    match event:
        case BottleMirrored(bottle=bottle):
            # What has no quotes: a bottle's parts were checked when it was made.
            told = _told_id("BottleMirrored", run, bottle.key, bottle.digest)
            return (
                f'{{"how":{quoted(event.how)},"id":"{told}","key":"{bottle.key}"'
                f',"name":"{bottle.name}","object_key":{quoted(event.object_key)}'
                f',"pkg_version":"{bottle.pkg_version}","rebuild":{bottle.rebuild}'
                f',"sha256":"{bottle.digest}","size":{event.size}'
                f',"t":"BottleMirrored","tag":"{bottle.tag}","v":1}}'
            )
        case BottleSuperseded():
            told = _told_id("BottleSuperseded", run, event.key, event.sha256)
            return (
                f'{{"id":"{told}","key":{quoted(event.key)}'
                f',"on":"{event.on.isoformat()}","sha256":{quoted(event.sha256)}'
                ',"t":"BottleSuperseded","v":1}'
            )
        case _:
            return None


def _told_id(kind: str, run: str, key: str, sha256: str) -> str:
    """Return the UUID, of version 5, of a fact by its run and what it is told of."""
    name = f'["{kind}",{quoted(run)},{quoted(key)},{quoted(sha256)},""]'
    digest = hashlib.sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    return (
        f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}"
        f"-{_LAYOUT[digest[16]]}{digest[17:20]}-{digest[20:32]}"
    )


@lru_cache(maxsize=4096)  # a run has one day, and a hash file has those of its runs
def day(text: str) -> date | None:
    """Return the day that ``text`` is, None unless it is spelt in the one way."""
    try:
        meant = date.fromisoformat(text)
    except ValueError:
        return None
    return meant if meant.isoformat() == text else None
