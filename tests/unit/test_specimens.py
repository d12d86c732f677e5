from __future__ import annotations

import json
from hashlib import sha256

import pytest

from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.specimens import (
    damaged_specimen,
    flipped_bit,
    may_be_turned,
    specimen_of,
)
from domain.damage import Specimen
from domain.errors import LedgerDamagedError
from domain.events import Position
from tests.support.corruption_bytes import flipped
from tests.support.log_writing import commit_after, mirrored
from tests.support.strategies import LEDGER

OTHER = "11111111-2222-4333-8444-555555555555"
COMMIT = commit_after(Position(4, "ab" * 32), mirrored(1), mirrored(2))
BODY = encode_commit(COMMIT)
SHA256 = sha256(BODY).hexdigest()


def look(body: bytes, seq: int = 5, ledger: str | None = LEDGER) -> Specimen:
    """Return what bytes that cannot be read at ``seq`` are."""
    with pytest.raises(LedgerDamagedError) as caught:
        decode_commit(body, seq)
    return damaged_specimen(seq, body, caught.value, ledger)


def kind_of(body: bytes) -> str:
    """Return what damaged bytes are called."""
    flaw = look(body).flaw
    assert flaw is not None
    return flaw.kind


def header_with(**changes: object) -> bytes:
    """Return the commit with something else in its header."""
    head, _, rest = BODY.partition(b"\n")
    said = json.loads(head) | changes
    written = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return written.encode() + b"\n" + rest


def test_a_sound_commit_has_no_flaw() -> None:
    specimen = specimen_of(5, SHA256, COMMIT, LEDGER)
    assert specimen == Specimen(5, SHA256, "ab" * 32, 5)
    assert specimen_of(5, SHA256, COMMIT, None) == specimen


def test_another_ledger_s_commit_is_foreign_wherever_it_lies() -> None:
    flaw = specimen_of(5, SHA256, COMMIT, OTHER).flaw
    assert flaw is not None
    assert flaw.kind == "foreign ledger"
    assert OTHER in flaw.detail
    misplaced = look(BODY, seq=6, ledger=OTHER).flaw
    assert misplaced is not None
    assert misplaced.kind == "foreign ledger"


def test_a_ledger_s_name_that_differs_in_one_digit_is_damage_of_the_commit() -> None:
    almost = LEDGER.replace(LEDGER[0], "4", 1)
    flaw = specimen_of(5, SHA256, COMMIT, almost).flaw
    assert flaw is not None
    assert flaw.kind == "bit-flipped"


def test_a_whole_commit_in_another_place_keeps_its_own_number() -> None:
    specimen = look(BODY, seq=6)
    assert (specimen.own_seq, specimen.flaw) == (5, None)


def test_a_later_format_is_not_damage_of_the_bytes() -> None:
    assert kind_of(header_with(v=2)) == "newer format"


def test_an_event_of_a_later_version_is_not_damage_of_the_bytes() -> None:
    head, *lines = BODY.splitlines()
    lines[0] = lines[0].replace(b'"v":1', b'"v":99')
    events = b"".join(line + b"\n" for line in lines)
    said = json.loads(head) | {"body": sha256(events).hexdigest()}
    written = json.dumps(said, sort_keys=True, separators=(",", ":"))
    assert kind_of(written.encode() + b"\n" + events) == "newer format"


def test_a_format_that_one_bit_made_is_damage_of_the_bytes() -> None:
    assert kind_of(header_with(v=9)) == "bit-flipped"


@pytest.mark.parametrize("end", [0, 1, 200, BODY.index(b"\n"), len(BODY) - 1])
def test_bytes_that_end_too_early_are_truncated(end: int) -> None:
    assert kind_of(BODY[:end]) == "truncated"


def test_a_character_that_was_cut_in_its_middle_is_truncated() -> None:
    event = BODY[:-2].replace(b"1.2", "1.2é".encode())
    end = event.rindex("é".encode()) + 1
    assert kind_of(event[:end]) == "truncated"


def test_a_last_byte_that_is_no_character_is_not_truncated() -> None:
    assert kind_of(flipped(BODY, 8 * (len(BODY) - 1) + 7)) == "bit-flipped"


@pytest.mark.parametrize(
    "body", [BODY + b"x", BODY * 2, BODY.replace(b"\n", b"\r\n"), b"\xff" * 100]
)
def test_bytes_that_are_more_or_others_are_not_truncated(body: bytes) -> None:
    assert kind_of(body) == "bit-flipped"


@pytest.mark.parametrize("byte", [10, 60, 150, BODY.index(b"\n") - 3])
def test_the_bit_of_a_header_that_was_turned_is_found(byte: int) -> None:
    for bit in range(8 * byte, 8 * byte + 8):
        assert flipped_bit(flipped(BODY, bit), SHA256) == bit


def test_what_takes_more_than_one_bit_of_the_header_is_not_found() -> None:
    assert flipped_bit(BODY, "00" * 32) is None
    assert flipped_bit(flipped(flipped(BODY, 90), 99), SHA256) is None
    assert flipped_bit(flipped(BODY, 8 * (len(BODY) - 3)), SHA256) is None
    assert flipped_bit(b"", SHA256) is None
    assert flipped_bit(b"x" * 5000, SHA256) is None


def test_a_text_may_be_another_once_a_bit_is_turned() -> None:
    assert may_be_turned("12", "12")
    assert may_be_turned("12", "16")
    assert not may_be_turned("12", "21")
    assert not may_be_turned("17", "18")
    assert not may_be_turned("1", "12")
