"""The laws of the log's written form."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.event_lines import NewerVersionError, event_of, line_of
from adapters.ledger.plain_lines import plain_events, plain_header
from adapters.ledger.plain_writing import header_line, plain_line
from adapters.ledger.schemas import FORMAT, HeaderSchema
from domain.bottle import Bottle, Digest, ObjectKey
from domain.errors import LedgerDamagedError
from domain.events import (
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    Commit,
    Event,
    Position,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import BottleEvicted, IndexMirrored, KeptIndex
from domain.state_digest import StateDigest
from domain.tags import Tag
from tests.support import strategies as some
from tests.support.log_writing import commit_after, mirrored

JQ = Bottle("jq", "1.8.1", 0, Tag("arm64_tahoe"), Digest("a" * 64))
COMMON = (
    BottleMirrored(JQ, 1, ObjectKey("2026-11-22/jq.tar.gz"), "fetched"),
    BottleSuperseded(JQ.key, JQ.digest, date(2026, 11, 22)),
    BottleLost(JQ.key, JQ.digest, ObjectKey("2026-11-22/jq.tar.gz"), "nothing \u00e9"),
    BottleEvicted(JQ.key, JQ.digest, ObjectKey("2026-11-22/jq.tar.gz")),
    IndexMirrored(KeptIndex("jq", "1.8.1", Digest("d" * 64), 1, {JQ.tag: JQ.digest})),
    SyncStarted("r", "local", "b" * 64, "c" * 64, date(2026, 11, 22), 1, "none", 1, 1),
    SyncCompleted("r", "complete", "b" * 64, {"mirrored": 1}, StateDigest(1, 2, 3)),
)
"""What nearly all lines of a log say."""


ODD_VALUES = (
    *(b"NaN", b"-Infinity", b"-0", b"00", b"01", b"1.0", b"1e0", b"1E400", b"+1"),
    *(b"0x1", b"9" * 25, b"9" * 5_000, b"true", b"null", b"[]", b"{}", b'"1"'),
    *(rb'"\ud800"', rb'"\ud83d\ude00"', rb'"\ude00\ud83d"', rb'"\q"', rb'"\u12"'),
    *(b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\xc3\xa9"', b'"\x00"', b'"\x7f"'),
    *(b'"\t"', rb'"\t"', b"'1'", b'"', b"", b"[" * 5_000 + b"]" * 5_000),
)
"""What a decoder may take for a value, and where decoders differ."""


def event_by_schema(line: bytes) -> Event | None:
    """Return the event, None when the defining way refuses the line."""
    try:
        return event_of(parsed(line.decode()))
    except (ValidationError, NewerVersionError, NotJsonError, UnicodeDecodeError):
        return None


def header_by_schema(line: bytes) -> object:
    """Return what a header says, None when the defining way refuses it."""
    try:
        return HeaderSchema().load(parsed(line.decode()))  # type: ignore[arg-type]
    except (ValidationError, NotJsonError, UnicodeDecodeError):
        return None


def assert_agree(line: bytes) -> None:
    """Check that the short ways say what the defining ones do, or nothing."""
    (event,) = plain_events([line])
    assert event in (None, event_by_schema(line))
    assert type(event) in {type(None), type(event_by_schema(line))}
    assert plain_header(line) in (None, header_by_schema(line))


@st.composite
def respelt(draw: st.DrawFn, said: dict[str, Any]) -> bytes:
    """Draw an object as somebody else might write it, rightly or not."""
    fields = [
        (written(name).encode(), written(value).encode())
        for name, value in said.items()
    ]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(fields) - 1))
        name, value = fields[place]
        match draw(st.sampled_from(["odd", "again", "more", "escape", "bytes"])):
            case "odd":
                fields[place] = name, draw(st.sampled_from(ODD_VALUES))
            case "again":
                other = draw(st.sampled_from([value, *ODD_VALUES]))
                fields.insert(draw(st.integers(0, len(fields))), (name, other))
            case "more":
                fields.append((b'"more"', draw(st.sampled_from(ODD_VALUES))))
            case "escape":
                spelt = b"".join(b"\\u%04x" % each for each in name[1:-1])
                fields[place] = b'"%s"' % spelt, value
            case "bytes":
                flipped = bytearray(value)
                flipped[draw(st.integers(0, len(value) - 1))] ^= 1 << draw(
                    st.integers(0, 7)
                )
                fields[place] = name, bytes(flipped)
    space = st.sampled_from([b"", b"", b"", b" ", b"\t", b"\r", b"\x0b", b"\xc2\xa0"])
    if draw(st.booleans()):
        fields = draw(st.permutations(fields))
    inner = (draw(space) + b",").join(
        name + b":" + draw(space) + value for name, value in fields
    )
    end = draw(st.sampled_from([b"", b"", b"", b",", b"{}", b"\0", b"\xef\xbb\xbf"]))
    return draw(space) + b"{" + inner + b"}" + draw(space) + end


@st.composite
def changed_lines(draw: st.DrawFn) -> object:
    event = draw(some.events)
    return draw(some.nearly(line_of(event, draw(some.runs))))


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
    assert plain_line(event, run) in {None, written(line_of(event, run))}


@given(some.commits)
def test_the_short_way_writes_the_header_that_the_schema_writes(commit: Commit) -> None:
    header, body = header_line(commit, "b" * 64), "b" * 64
    said = {name: getattr(commit, name) for name in ("at", "id", "ledger", "prev")}
    said |= {"body": body, "n": len(commit.events), "run": commit.run, "v": FORMAT}
    said |= {"seq": commit.seq, "w": commit.writer, "wseq": commit.wseq}
    assert header == written(HeaderSchema().dump(said))


@given(some.events, some.runs)
def test_both_ways_read_back_what_was_written(event: Event, run: str) -> None:
    line = written(line_of(event, run)).encode()
    assert event_by_schema(line) == event
    assert plain_events([line]) in ([None], [event])


@given(changed_lines() | some.json_values)
@example({"t": "BottleMirrored"})
@example({"t": ["BottleMirrored"]})
@example({"t": "BottleSuperseded", "v": 2})
def test_both_ways_take_and_refuse_the_same(line: object) -> None:
    assert_agree(json.dumps(line).encode())


@given(st.data())
def test_both_ways_read_the_same_however_it_is_spelt(data: st.DataObject) -> None:
    event = data.draw(some.events)
    assert_agree(data.draw(respelt(line_of(event, "run-1"))))


@given(some.commits, st.data())
def test_both_ways_read_the_same_header_however_it_is_spelt(
    commit: Commit, data: st.DataObject
) -> None:
    header = json.loads(encode_commit(commit).partition(b"\n")[0])
    assert_agree(written(header).encode())
    assert_agree(data.draw(respelt(header)))


@pytest.mark.parametrize("value", ODD_VALUES)
def test_both_ways_take_and_refuse_every_odd_value(value: bytes) -> None:
    commit = commit_after(Position(0, "a" * 64), *COMMON, number=1)
    for line in encode_commit(commit).splitlines():
        for name in json.loads(line):
            head, _, tail = line.partition(b'"%s":' % name.encode())
            _, comma, rest = tail.partition(b",")
            assert_agree(b'%s"%s":%s%s%s' % (head, name.encode(), value, comma, rest))
            assert_agree(b'{"%s":%s,%s' % (name.encode(), value, line[1:]))
        assert_agree(b'{"more":%s,%s' % (value, line[1:]))


def test_what_a_log_is_made_of_is_read_in_the_short_way() -> None:
    body = encode_commit(commit_after(Position(0, "a" * 64), *COMMON, number=1))
    head, *lines = body.splitlines()
    assert plain_header(head) == header_by_schema(head)
    assert plain_events(lines) == list(COMMON)


def test_an_id_that_is_none_leaves_its_commit_to_the_schema() -> None:
    line = written(line_of(COMMON[0], "run-1"))
    for said in ("", "x", some.LEDGER.upper(), some.LEDGER + r"\n", some.LEDGER[:-1]):
        other = line.replace(line.split('"id":"')[1][:36], said)
        assert event_by_schema(other.encode()) is None
        assert plain_events([line.encode(), other.encode()]) == [None, None]


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
        for line in some.near_misses(line_of(event, "run-1")):
            assert_is_spelt_right(line)
    line = json.loads(json.dumps(line_of(completed, "run-1")))
    for state in some.near_misses(line["state"]):
        assert_is_spelt_right({**line, "state": state})


def assert_is_spelt_right(line: object) -> None:
    """Check that a line, if it is taken, says what would be written."""
    try:
        event = event_of(line)
    except (ValidationError, NewerVersionError):
        return
    said = line_of(event, "run-1")
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
        *COMMON,
        BottleLost(JQ.key, JQ.digest, ObjectKey("2026-11-22/jq.tar.gz"), "\ud800"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_both_ways_take_and_refuse_every_near_miss(event: Event) -> None:
    for line in some.near_misses(line_of(event, "run-1")):
        assert_agree(json.dumps(line).encode())


@given(some.events, some.runs, some.texts, some.json_values)
def test_fields_that_are_not_known_are_ignored(
    event: Event, run: str, name: str, value: object
) -> None:
    line = {f"{name}?": value, **line_of(event, run)}
    assert event_of(line) == event
    assert plain_events([json.dumps(line).encode()]) == [None]


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
