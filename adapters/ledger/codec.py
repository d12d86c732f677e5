"""Commits as bytes, and back: JSON Lines, a header and then a line for each event.

What the bytes are is written in ``docs/ledger-format.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, TypeGuard

from marshmallow import ValidationError

from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.event_lines import NewerVersionError, event_of, line_of
from adapters.ledger.plain_lines import plain_events, plain_header
from adapters.ledger.plain_writing import header_line, plain_line
from adapters.ledger.schemas import FORMAT, HeaderSchema, explained
from domain.errors import InvalidValueError, LedgerDamagedError
from domain.events import Commit, Event

_HEADER = HeaderSchema()


def encode_commit(commit: Commit) -> bytes:
    """Return the bytes of ``commit``; equal commits have equal bytes.

    Raises:
        InvalidValueError: It could not be read again, and may not enter a log
            that is kept for ever.
    """
    lines = [
        plain_line(event, commit.run) or written(line_of(event, commit.run))
        for event in commit.events
    ]
    events = "".join(f"{line}\n" for line in lines).encode()
    header = header_line(commit, hashlib.sha256(events).hexdigest())
    body = f"{header}\n".encode() + events
    _check_readable(commit, body)
    return body


def decode_commit(body: bytes, seq: int) -> Commit:
    """Return the commit that ``body``, which was found at ``seq``, is.

    Raises:
        LedgerDamagedError: It is not a commit, or not that commit, or was made by
            a newer version of this program.
    """
    head, end, rest = body.partition(b"\n")
    if not end:
        raise LedgerDamagedError(seq, "it is cut short in its first line")
    header = plain_header(head) or _header(head, seq)
    if header["seq"] != seq:
        raise LedgerDamagedError(seq, f"it says that it is commit {header['seq']}")
    lines = rest.split(b"\n")
    if lines.pop() or len(lines) != header["n"]:
        raise LedgerDamagedError(
            seq,
            f"it has {len(lines)} whole lines of events, and its header says"
            f" {header['n']}",
        )
    if hashlib.sha256(rest).hexdigest() != header["body"]:
        raise LedgerDamagedError(
            seq, "its events are not those it was written with (body differs)"
        )
    plain = plain_events(lines)
    events = plain if _are_events(plain) else _events(plain, lines, seq)
    return Commit(
        id=header["id"],
        ledger=header["ledger"],
        seq=seq,
        prev=header["prev"],
        at=header["at"],
        run=header["run"],
        writer=header["w"],
        wseq=header["wseq"],
        events=tuple(events),
    )


def _check_readable(commit: Commit, body: bytes) -> None:
    what = f"commit {commit.seq}"
    try:
        again = decode_commit(body, commit.seq)
    except LedgerDamagedError as error:
        raise InvalidValueError(
            what, commit.id, f"one that could be read again: {error.damage}"
        ) from error
    if again != commit:
        raise InvalidValueError(what, commit.id, "the same when it is read again")


def _header(line: bytes, seq: int) -> dict[str, Any]:
    said = _object(line, seq, 1)
    if isinstance(said, dict):
        version = said.get("v")
        if type(version) is int and version > FORMAT:
            raise LedgerDamagedError(
                seq,
                f"format {version} was made by a newer version of this program:"
                " update it",
            )
    try:
        header: dict[str, Any] = _HEADER.load(said)  # type: ignore[arg-type]
    except ValidationError as error:
        raise LedgerDamagedError(seq, f"line 1: {explained(error)}") from error
    return header


def _are_events(plain: list[Event | None]) -> TypeGuard[list[Event]]:
    return all(plain)


def _events(
    plain: Sequence[Event | None], lines: Sequence[bytes], seq: int
) -> list[Event]:
    """Return the events of a commit, by the schema those that are in doubt."""
    return [
        event or _event(line, seq, number)
        for number, (event, line) in enumerate(zip(plain, lines, strict=True), start=2)
    ]


def _event(line: bytes, seq: int, number: int) -> Event:
    said = _object(line, seq, number)
    try:
        return event_of(said)
    except ValidationError as error:
        raise LedgerDamagedError(seq, f"line {number}: {explained(error)}") from error
    except NewerVersionError as error:
        raise LedgerDamagedError(seq, f"line {number}: {error}") from error


def _object(line: bytes, seq: int, number: int) -> object:
    try:
        return parsed(line.decode())
    except UnicodeDecodeError as error:
        raise LedgerDamagedError(seq, f"line {number}: not UTF-8 ({error})") from error
    except NotJsonError as error:
        raise LedgerDamagedError(seq, f"line {number}: {error}") from error
