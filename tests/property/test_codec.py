"""The laws of the log's written form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.event_lines import (
    NewerVersionError,
    event_by_schema,
    event_of,
    line_by_schema,
    line_of,
)
from domain.bottle import Bottle, Digest, ObjectKey
from domain.errors import LedgerDamagedError
from domain.events import (
    BottleMirrored,
    BottleSuperseded,
    Commit,
    Event,
    Position,
    SyncCompleted,
    SyncStarted,
)
from domain.state_digest import StateDigest
from domain.tags import Tag
from tests.support import strategies as some
from tests.support.log_writing import commit_after, mirrored

JQ = Bottle("jq", "1.8.1", 0, Tag("arm64_tahoe"), Digest("a" * 64))


def outcome(read: Callable[[object], Event], line: object) -> object:
    """Return the event, or the error and what it says."""
    try:
        return read(line)
    except (ValidationError, NewerVersionError) as error:
        return type(error), str(error)


@st.composite
def changed_lines(draw: st.DrawFn) -> object:
    event = draw(some.events)
    return draw(some.nearly(line_by_schema(event, draw(some.runs))))


@given(some.commits)
def test_a_commit_comes_back_from_its_bytes(commit: Commit) -> None:
    assert decode_commit(encode_commit(commit), commit.seq) == commit


@given(some.commits)
def test_the_bytes_are_canonical(commit: Commit) -> None:
    body = encode_commit(commit)
    lines = body.decode("ascii").splitlines()
    assert body.endswith(b"\n")
    assert len(lines) == 1 + len(commit.events)
    for line in lines:
        said = json.loads(line)
        assert line == json.dumps(said, sort_keys=True, separators=(",", ":"))
        assert not any(isinstance(value, float) for value in said.values())


@given(some.events, some.runs | some.texts)
def test_the_short_way_writes_what_the_schema_writes(event: Event, run: str) -> None:
    assert line_of(event, run) == line_by_schema(event, run)


@given(some.events, some.runs)
def test_both_ways_read_back_what_was_written(event: Event, run: str) -> None:
    line = json.loads(json.dumps(line_of(event, run)))
    assert event_of(line) == event
    assert event_by_schema(line) == event


@given(changed_lines() | some.json_values)
@example({"t": "BottleMirrored"})
@example({"t": ["BottleMirrored"]})
@example({"t": "BottleSuperseded", "v": 2})
def test_both_ways_take_and_refuse_the_same(line: object) -> None:
    assert outcome(event_of, line) == outcome(event_by_schema, line)


@given(changed_lines())
def test_what_a_line_says_has_one_spelling(line: object) -> None:
    assert_is_spelt_right(line)


def test_no_near_miss_is_another_spelling() -> None:
    day, digest = date(2026, 11, 22), "b" * 64
    completed = SyncCompleted(
        "run-1", "complete", digest, {"mirrored": 1}, StateDigest(1, 2, 3)
    )
    for event in (
        BottleSuperseded(JQ.key, JQ.digest, day),
        SyncStarted("run-1", "local", digest, digest, day, 1, "none", 1, 1),
        completed,
    ):
        for line in some.near_misses(line_by_schema(event, "run-1")):
            assert_is_spelt_right(line)
    line = json.loads(json.dumps(line_by_schema(completed, "run-1")))
    for state in some.near_misses(line["state"]):
        assert_is_spelt_right({**line, "state": state})


def assert_is_spelt_right(line: object) -> None:
    """Check that a line, if it is taken, says what would be written."""
    try:
        event = event_by_schema(line)
    except (ValidationError, NewerVersionError):
        return
    said = line_by_schema(event, "run-1")
    # Any UUID will do, and what is not known is ignored.
    del said["id"]
    assert agrees(line, said)


def agrees(found: Any, said: object) -> bool:  # noqa: ANN401 - any JSON
    """Return whether ``found`` has all that is said, to the letter."""
    if isinstance(said, dict):
        return all(agrees(found[name], inner) for name, inner in said.items())
    return json.dumps(found) == json.dumps(said)


def test_what_a_header_says_has_one_spelling() -> None:
    commit = commit_after(Position(0, "a" * 64), mirrored(1), number=1)
    head, _, events = encode_commit(commit).partition(b"\n")
    taken = 0
    for header in some.near_misses(json.loads(head)):
        line = json.dumps(header, sort_keys=True, separators=(",", ":"))
        body = line.encode() + b"\n" + events
        with suppress(LedgerDamagedError):
            said = json.loads(encode_commit(decode_commit(body, 1)).split(b"\n")[0])
            # The run is in the ids of its events.
            del said["body"]
            assert agrees(header, said)
            taken += 1
    assert taken > 0


@pytest.mark.parametrize(
    "event",
    [
        BottleMirrored(JQ, 1, ObjectKey("2026-11-22/jq.tar.gz"), "fetched"),
        BottleSuperseded(JQ.key, JQ.digest, date(2026, 11, 22)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_both_ways_take_and_refuse_every_near_miss(event: Event) -> None:
    for line in some.near_misses(line_by_schema(event, "run-1")):
        assert outcome(event_of, line) == outcome(event_by_schema, line), line


@given(some.events, some.runs, some.texts, some.json_values)
def test_fields_that_are_not_known_are_ignored(
    event: Event, run: str, name: str, value: object
) -> None:
    line = line_of(event, run)
    assert event_of({f"{name}?": value, **line}) == event


@given(some.events, some.runs)
def test_a_fact_that_is_told_again_has_the_same_id(event: Event, run: str) -> None:
    assert line_of(event, run)["id"] == line_of(event, run)["id"]


@given(some.commits, st.data())
def test_no_events_but_those_it_was_written_with_are_read(
    commit: Commit, data: st.DataObject
) -> None:
    body = bytearray(encode_commit(commit))
    first = body.index(b"\n")
    place = data.draw(st.integers(first, len(body) - 1))
    match data.draw(st.sampled_from(["flip", "cut", "repeat"])):
        case "flip":
            body[place] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del body[place:]
        case "repeat":
            body[place:] += body[place:]
    with pytest.raises(LedgerDamagedError) as raised:
        decode_commit(bytes(body), commit.seq)
    assert raised.value.seq == commit.seq


@given(some.commits, st.data())
def test_a_header_that_was_changed_is_refused_or_has_another_digest(
    commit: Commit, data: st.DataObject
) -> None:
    written = encode_commit(commit)
    body = bytearray(written)
    place = data.draw(st.integers(0, body.index(b"\n")))
    body[place] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(LedgerDamagedError):
        assert decode_commit(bytes(body), commit.seq).events == commit.events
    # What is read is chained by the digest of its bytes, which is never the same.
    assert hashlib.sha256(body).digest() != hashlib.sha256(written).digest()


@given(st.binary() | some.json_values.map(lambda said: json.dumps(said).encode()))
@example(b"")
@example(b"[" * 100_000 + b"\n")
@example(b'{"v":' + b"9" * 5_000 + b"}\n")
@example(b'{"v":2}\n')
@example(b'{"v":NaN}\n')
def test_whatever_the_bytes_are_they_are_a_commit_or_damage(body: bytes) -> None:
    with pytest.raises(LedgerDamagedError, match="at commit 7: "):
        decode_commit(body, 7)
