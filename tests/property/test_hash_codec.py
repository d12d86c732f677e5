"""The laws of the hash file's written form."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from adapters.ledger.event_lines import (
    NewerVersionError,
    event_of,
    line_by_schema,
)
from adapters.ledger.hash_codec import (
    decode_hash_file,
    encode_hash_file,
    ledger_by_schema,
    ledger_of,
)
from domain.errors import LedgerDamagedError
from domain.events import (
    BottleFailed,
    BottleSuperseded,
    CatalogRead,
    Event,
    RecordedCommit,
    SyncStarted,
)
from domain.ledger import Ledger, replay
from ports.errors import MalformedError
from tests.support import strategies as some
from tests.support.log_writing import AT, commit_after, mirrored


def outcome(read: Callable[[object], Ledger], said: object) -> object:
    """Return the ledger, or what is said against it."""
    try:
        return read(said)
    except ValidationError as error:
        return error.messages


def content(ledger: Ledger) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(encode_hash_file(ledger))


def full_events() -> tuple[Event, ...]:
    """Return events that leave no table of the ledger empty."""
    old, new = mirrored(1), mirrored(2)
    return (
        CatalogRead("x", {"x": "c" * 64}, "etag", None, 1),
        SyncStarted("run-1", "local", "a" * 64, "b" * 64, AT.date(), 1, "none", 2, 3),
        old,
        BottleSuperseded(old.bottle.key, old.bottle.digest, AT.date()),
        new,
        BottleFailed(old.bottle, "refused", "", 1),
    )


@st.composite
def changed_contents(draw: st.DrawFn) -> object:
    said = content(draw(some.ledgers))
    # Much of a hash file is long names and few rows: begin near the rows.
    state = said["state"]
    place = draw(st.sampled_from(["all", "state", "bottles", "superseded"]))
    match place:
        case "all":
            return draw(some.nearly(said))
        case "state" | "bottles":
            said[place] = draw(some.nearly(said[place]))
        case _:
            state[place] = draw(some.nearly(state[place]))
    return said


@given(some.ledgers)
def test_a_ledger_comes_back_from_its_hash_file(ledger: Ledger) -> None:
    assert decode_hash_file(encode_hash_file(ledger)) == ledger


@given(some.histories(), st.data())
def test_one_log_gives_one_hash_file_wherever_its_replay_began(
    history: tuple[RecordedCommit, ...], data: st.DataObject
) -> None:
    published = replay(history[: data.draw(st.integers(0, len(history)))])
    start = decode_hash_file(encode_hash_file(published))
    ledger = replay(history[published.position.seq + 1 :], start)
    assert encode_hash_file(ledger) == encode_hash_file(replay(history))


@given(some.ledgers, st.randoms(use_true_random=False))
def test_the_order_in_which_things_were_learnt_leaves_no_trace(
    ledger: Ledger, chance: Random
) -> None:
    shuffled = ledger.fork()
    for field in fields(Ledger):
        table = getattr(shuffled, field.name)
        if isinstance(table, dict):
            rows = list(table.items())
            chance.shuffle(rows)
            setattr(shuffled, field.name, dict(rows))
    assert encode_hash_file(shuffled) == encode_hash_file(ledger)


@given(st.data())
def test_whatever_the_log_can_say_can_be_published(data: st.DataObject) -> None:
    event = data.draw(some.events)
    line = data.draw(some.nearly(line_by_schema(event, "run-1")))
    ledger = Ledger()
    try:
        told = event_of(line)
    except (ValidationError, NewerVersionError):
        told = event
    commit = commit_after(ledger.position, *full_events(), told)
    with suppress(LedgerDamagedError):
        ledger.apply(RecordedCommit(commit, "a" * 64))
    assert decode_hash_file(encode_hash_file(ledger)) == ledger


@given(some.ledgers)
def test_the_names_of_the_original_format_are_there(ledger: Ledger) -> None:
    said = content(ledger)
    assert said["bottles"].keys() == ledger.held.keys() | ledger.elsewhere.keys()
    facts = {
        **{k: (e.digest, e.size, e.download_date) for k, e in ledger.elsewhere.items()},
        **{
            k: (e.bottle.digest, e.size, e.download_date)
            for k, e in ledger.held.items()
        },
    }
    for key, row in said["bottles"].items():
        said_of_it = (row["sha256"], row["file_size"], row["download_date"])
        digest, size, day = facts[key]
        assert said_of_it == (digest, size, str(day))


@given(changed_contents() | some.json_values)
def test_both_ways_take_and_refuse_the_same(said: object) -> None:
    assert outcome(ledger_of, said) == outcome(ledger_by_schema, said)


def test_both_ways_take_and_refuse_every_near_miss() -> None:
    ledger = Ledger()
    commit = commit_after(ledger.position, *full_events())
    ledger.apply(RecordedCommit(commit, "a" * 64))
    said = content(ledger)
    state = said["state"]
    for table in (said["bottles"], state["superseded"], state["runs"]):
        for name, row in list(table.items()):
            for nearly in some.near_misses(row):
                table[name] = nearly
                assert outcome(ledger_of, said) == outcome(ledger_by_schema, said), row
            del table[name]
            for other in ("", "x", "\ud800", "2026-11-22/\u00e9"):
                table[other] = row
                assert outcome(ledger_of, said) == outcome(ledger_by_schema, said), (
                    other
                )
                del table[other]
            table[name] = row
    for part, near_misses in (
        ("all", some.near_misses(said)),
        ("state", ({**said, "state": nearly} for nearly in some.near_misses(state))),
    ):
        for nearly in near_misses:
            assert outcome(ledger_of, nearly) == outcome(ledger_by_schema, nearly), part


@given(some.ledgers)
def test_both_ways_read_back_what_was_written(ledger: Ledger) -> None:
    assert ledger_of(content(ledger)) == ledger
    assert ledger_by_schema(content(ledger)) == ledger


@given(some.ledgers, st.data())
def test_no_hash_file_that_was_damaged_is_read(
    ledger: Ledger, data: st.DataObject
) -> None:
    body = bytearray(encode_hash_file(ledger))
    place = data.draw(st.integers(0, len(body) - 1))
    match data.draw(st.sampled_from(["flip", "cut", "repeat"])):
        case "flip":
            body[place] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del body[place:]
        case "repeat":
            body[place:] += body[place:]
    with pytest.raises(MalformedError):
        decode_hash_file(bytes(body))


@given(st.binary() | some.json_values.map(lambda said: json.dumps(said).encode()))
@example(b"")
@example(b"{}\n")
@example(b"[" * 100_000)
def test_whatever_the_bytes_are_they_are_a_hash_file_or_malformed(body: bytes) -> None:
    with pytest.raises(
        MalformedError, match=r"^Invalid hash file format: bottles_hash\.json: "
    ):
        decode_hash_file(body)
