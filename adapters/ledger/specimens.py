"""What the bytes in the place of one commit are, looked at alone."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from adapters.ledger.canonical_json import NotJsonError, parsed
from adapters.ledger.schemas import FORMAT, HeaderSchema
from domain.damage import Flaw, Specimen
from domain.errors import LedgerDamagedError
from domain.events import Commit

_HEADER: Final = HeaderSchema()
_ENOUGH: Final = 4096  # bytes of a header; of more, single flips are not looked for


def specimen_of(seq: int, sha256: str, commit: Commit, ledger: str | None) -> Specimen:
    """Return what a commit is that can be read, found at ``seq``.

    Args:
        ledger: The ledger that the log is of; None when that is not known.
    """
    flaw = None
    if ledger is not None and commit.ledger != ledger:
        flaw = _of_another(commit.ledger, ledger)
    return Specimen(seq, sha256, commit.prev, commit.seq, flaw)


def damaged_specimen(
    seq: int, body: bytes, error: LedgerDamagedError, ledger: str | None
) -> Specimen:
    """Return what bytes are that cannot be read as the commit at ``seq``."""
    sha256 = hashlib.sha256(body).hexdigest()
    line, ends, rest = body.partition(b"\n")
    header = _header(line)
    if header is None:
        return Specimen(seq, sha256, flaw=_in_the_header(line, ends, error))
    whole = hashlib.sha256(rest).hexdigest() == header["body"]
    lines = rest.count(b"\n")
    if whole and lines == header["n"]:
        # The bytes are as they were written: it is the place that is wrong, or one
        # field of the header.
        if header["seq"] == seq:
            return Specimen(
                seq, sha256, header["prev"], seq, Flaw("newer format", error.damage)
            )
        flaw = None
        if ledger is not None and header["ledger"] != ledger:
            flaw = _of_another(header["ledger"], ledger)
        return Specimen(seq, sha256, header["prev"], header["seq"], flaw)
    if not whole and _is_cut(rest, header["n"]):
        return Specimen(
            seq,
            sha256,
            flaw=Flaw(
                "truncated",
                f"it ends after {lines} of {header['n']} lines of events",
            ),
        )
    return Specimen(seq, sha256, flaw=Flaw("bit-flipped", error.damage))


def may_be_turned(said: str, meant: str) -> bool:
    """Return whether a text is another, or is once one bit of it is turned."""
    if len(said) != len(meant):
        return False
    differing = (ord(a) ^ ord(b) for a, b in zip(said, meant, strict=True))
    return sum(map(int.bit_count, differing)) <= 1


def flipped_bit(body: bytes, expected: str) -> int | None:
    """Return which bit of a commit's header must be turned to get ``expected``.

    Returns:
        The bit, counted from the first byte's lowest; None when no single one does.
    """
    header, _, rest = body.partition(b"\n")
    said = _header(header)
    if len(header) > _ENOUGH or (
        said is not None
        and not may_be_turned(said["body"], hashlib.sha256(rest).hexdigest())
    ):
        return None
    turned = bytearray(body)
    for bit in range(8 * len(header)):
        turned[bit // 8] ^= 1 << bit % 8
        if hashlib.sha256(turned).hexdigest() == expected:
            return bit
        turned[bit // 8] ^= 1 << bit % 8
    return None


def _header(line: bytes) -> dict[str, Any] | None:
    try:
        said = parsed(line.decode())
    except (UnicodeDecodeError, NotJsonError):
        return None
    if not isinstance(said, dict) or _HEADER.validate(said):
        return None
    header: dict[str, Any] = said
    return header


def _in_the_header(line: bytes, ends: bytes, error: LedgerDamagedError) -> Flaw:
    if not ends and not _ends_in_rubbish(line):
        return Flaw("truncated", error.damage)
    try:
        said = parsed(line.decode())
    except (UnicodeDecodeError, NotJsonError):
        said = None
    version = said.get("v") if isinstance(said, dict) else None
    if type(version) is int and version == FORMAT + 1:
        return Flaw("newer format", error.damage)
    return Flaw("bit-flipped", error.damage)


def _is_cut(rest: bytes, announced: int) -> bool:
    """Return whether lines of events look as if their end had been cut off."""
    *lines, last = rest.split(b"\n")
    if len(lines) >= announced:
        return False
    return not any(_is_rubbish(line) for line in lines) and not _ends_in_rubbish(last)


def _is_rubbish(line: bytes) -> bool:
    try:
        parsed(line.decode())
    except (UnicodeDecodeError, NotJsonError):
        return True
    return False


def _ends_in_rubbish(last: bytes) -> bool:
    """Return whether a line that has no end holds more than the beginning of JSON."""
    try:
        text = last.decode()
    except UnicodeDecodeError as error:
        # A character may have been cut in its middle.
        return error.reason != "unexpected end of data"
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        # What was cut off is missed at the end, or where the last string began.
        return error.pos < len(text) and not error.msg.startswith("Unterminated")
    return end < len(text)


def _of_another(found: str, ledger: str) -> Flaw:
    differing = sum(one != other for one, other in zip(found, ledger, strict=True))
    if differing == 1:
        return Flaw(
            "bit-flipped", f"it says that it belongs to ledger {found}, not {ledger}"
        )
    return Flaw("foreign ledger", f"it belongs to ledger {found}, not {ledger}")
