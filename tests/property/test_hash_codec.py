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

from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.event_lines import NewerVersionError, event_of, line_of
from adapters.ledger.hash_codec import (
    decode_hash_file,
    encode_hash_file,
    ledger_by_schema,
    ledger_of,
)
from adapters.ledger.hash_schemas import StateSchema
from adapters.ledger.hash_state import state_rows
from adapters.ledger.plain_state import plain_state
from adapters.ledger.plain_tables import plain_tables
from domain.bottle import BottleKey, Digest
from domain.errors import InvalidValueError, LedgerDamagedError
from domain.events import (
    BottleFailed,
    BottleSuperseded,
    CatalogRead,
    Event,
    HashFileImported,
    LedgerRepaired,
    NotificationSent,
    RecordedCommit,
    ShardCompleted,
    ShardStarted,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import (
    GenerationPublished,
    GenerationShown,
    IndexMirrored,
    KeptIndex,
)
from domain.ledger import Ledger, replay
from domain.records import Elsewhere, Repair
from domain.state_digest import StateDigest
from domain.tags import Tag
from ports.errors import MalformedError
from tests.support import strategies as some
from tests.support.log_writing import AT, commit_after, mirrored

BAT = BottleKey("bat-1-all")
ELSEWHERE = Elsewhere(Digest("e" * 64), 5, AT.date())


def outcome(read: Callable[[bytes], Ledger], body: bytes) -> object:
    """Return the ledger, or what is said against it."""
    try:
        return read(body)
    except ValidationError as error:
        return error.messages
    except (NotJsonError, UnicodeDecodeError) as error:
        return str(error)


def by_schema(body: bytes) -> Ledger:
    """Return the ledger in the way that defines it."""
    return ledger_by_schema(parsed(body.decode()))


def assert_agree(said: object, message: object = None) -> None:
    """Check that both ways take or refuse the same, however it is spelt."""
    for body in (
        json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n",
        json.dumps(said).encode(),
    ):
        assert outcome(ledger_of, body) == outcome(by_schema, body), message


def content(ledger: Ledger) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(encode_hash_file(ledger))


def shared_out(run: str) -> tuple[Event, ...]:
    """Return how a run with a worker begins."""
    digest = "a" * 64
    return (
        SyncStarted(
            *(run, "local", digest, digest, AT.date(), 2, "lambda", 2, 3),
            skipped=1,
            catalog=digest,
        ),
        ShardStarted(run, 0, 1, "lambda"),
        ShardCompleted(run, 1, "failed", {"mirrored": 1}),
        NotificationSent(run, "started", 0),
    )


def full_events() -> tuple[Event, ...]:
    """Return events that leave no table of the ledger empty."""
    old, new = mirrored(1), mirrored(2)
    return (
        *shared_out("run-0"),
        SyncCompleted("run-0", "complete", "a" * 64, {}, StateDigest()),
        *shared_out("run-2"),
        LedgerRepaired(Repair(0, 1, "gap", "a copy")),
        CatalogRead("x", {"x": "c" * 64}, "etag", None, 1),
        SyncStarted("run-1", "local", "a" * 64, "b" * 64, AT.date(), 1, "none", 2, 3),
        old,
        BottleSuperseded(old.bottle.key, old.bottle.digest, AT.date()),
        new,
        BottleFailed(old.bottle, "refused", "", 1),
        HashFileImported("s3://other", "d" * 64, 1, None, {BAT: ELSEWHERE}),
        GenerationPublished(1, {"x": "c" * 64}, "e" * 64, 1, 2, {"flat": 1}),
        GenerationShown(1),
        IndexMirrored(
            KeptIndex(
                "ant", "1.0", new.bottle.digest, 3, {Tag("all"): Digest("f" * 64)}
            )
        ),
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


@given(some.ledgers)
def test_the_bytes_are_canonical(ledger: Ledger) -> None:
    for each in (ledger, decode_hash_file(encode_hash_file(ledger))):
        body = encode_hash_file(each)
        said = json.loads(body)
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        assert body == f"{text}\n".encode()


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
    line = data.draw(some.nearly(line_of(event, "run-1")))
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
    assert_agree(said)


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
                assert_agree(said, row)
            del table[name]
            for other in ("", "x", "\ud800", "2026-11-22/\u00e9"):
                table[other] = row
                assert_agree(said, other)
                del table[other]
            table[name] = row
    remembered, run = state["ended"][0], state["runs"]["run-2"]
    for whole, name in (
        *((state["ended"], 0), (remembered, "account"), (run, "sharing")),
        *((run["sharing"]["shards"], "0"), (state, "catalog"), (said, "ledger")),
        *((state, "last_complete"), (state["repairs"], 0), (state, "digest")),
        *((remembered["account"], "told"), (run["sharing"]["shards"], "1")),
    ):
        row = whole[name]
        for nearly in some.near_misses(row):
            whole[name] = nearly
            assert_agree(said, row)
        whole[name] = row
    for part, near_misses in (
        ("all", some.near_misses(said)),
        ("state", ({**said, "state": nearly} for nearly in some.near_misses(state))),
    ):
        for nearly in near_misses:
            assert_agree(nearly, part)


@given(some.ledgers)
def test_both_ways_read_back_what_was_written(ledger: Ledger) -> None:
    body = encode_hash_file(ledger)
    assert ledger_of(body) == ledger
    assert by_schema(body) == ledger


@given(some.ledgers)
def test_the_short_way_writes_what_the_schema_writes(ledger: Ledger) -> None:
    said = {field.name: getattr(ledger, field.name) for field in fields(Ledger)}
    said |= {"digest": ledger.state, "ended": list(ledger.ended.values())}
    said |= {"generations": list(ledger.generations.values())}
    by_schema = StateSchema(exclude=["superseded"]).dump(said)
    # Of these nothing is said where there are none.
    for name in ("undeclared", "generations", "indexes"):
        if not by_schema[name]:
            del by_schema[name]
    assert written(state_rows(ledger)) == written(by_schema)


@given(some.ledgers)
def test_what_is_published_is_read_in_the_short_way(ledger: Ledger) -> None:
    body = encode_hash_file(ledger)
    read = plain_tables(body)
    # Half of a surrogate pair is left to the schema.
    has_half_a_pair = rb"\ud" in body
    assert read is not None or has_half_a_pair
    if read is None:
        return
    tables, rest = read
    assert tables.held == ledger.held
    assert tables.elsewhere == ledger.elsewhere
    assert tables.superseded == ledger.superseded
    if not has_half_a_pair:
        state = plain_state(rest)
        assert state is not None
        assert state.runs == ledger.runs
        assert state.ended == ledger.ended


ODD_SPELLINGS = (
    *(
        (b"{", b"{ "),
        (b":{", b": {"),
        (b",", b", "),
        (b"}\n", b"}"),
        (b"}\n", b"}\n\n"),
    ),
    *(
        (b'{"', b'{"bottles":{},"'),
        (b'{"', b'{"bottles":"\xff","'),
        (b'{"', b'{"":1,"'),
    ),
    *((b'{"', b'{"bottles":%s,"' % (b"[" * 5_000 + b"]" * 5_000)),),
    *((b'"bottles"', rb'"\u0062ottles"'), (b'"state":{', b'"state":{"superseded":{},')),
    *((b'"state":{', b'"state":{"runs":NaN,'), (b'"state":{', b'"state":{"runs":{},')),
    *((b'"superseded":{', b'"superseded":{"x":1,'), (b'"size":', b'"size":1,"size":')),
    *((b'"file_size":', b'"file_size":0'), (b'"file_size":', b'"file_size":-')),
    *(
        (b'"shards":{"0"', b'"shards":{"-1"'),
        (b'"shards":{"0"', b'"shards":{"00"'),
        (b'"last_updated":"', b'"last_updated":"","":"'),
        (b'"file_size":', b'"file_size":%s' % (b"9" * 5_000)),
        (b'"tag":', b'"more":1,"tag":'),
    ),
    *((b'"rebuild":', b'"rebuild":null,"more":'), (b'"rebuild":', b'"rebuilt":')),
    *(
        (b'"object_key":"', b'"object_key":null,"more":"'),
        (b'"object_key"', b'"object"'),
    ),
    *((b'"object_key":"', rb'"object_key":"\u00e9'), (b'"seq":', b'"seq":1.0,"s":')),
    *((b':00Z"', b':00+00:00"'), (b':00Z"', b':00+01:00"'), (b':00Z"', b':00.5Z"')),
    *(
        (b':00Z"', b':00"'),
        (b':00Z"', b':00z"'),
        (b'"source":"', b'"source":null,"":"'),
    ),
    *((b'"name":"jq"', rb'"name":"\u006aq"'), (b'"name":"jq"', b'"name":"\xc3\xa9"')),
)
"""Changes to the bytes of a hash file that decoders may see in different ways."""


@pytest.mark.parametrize(("old", "new"), ODD_SPELLINGS)
def test_both_ways_read_the_same_however_it_is_spelt(old: bytes, new: bytes) -> None:
    ledger = Ledger()
    commit = commit_after(ledger.position, *full_events())
    ledger.apply(RecordedCommit(commit, "a" * 64))
    body = encode_hash_file(ledger)
    last = new.join(body.rsplit(old, 1))
    for changed in (body.replace(old, new), body.replace(old, new, 1), last):
        assert changed != body
        assert outcome(ledger_of, changed) == outcome(by_schema, changed)


def test_refuses_to_publish_what_is_not_what_its_digest_says() -> None:
    ledger = Ledger()
    commit = commit_after(ledger.position, mirrored(1))
    ledger.apply(RecordedCommit(commit, "a" * 64))
    ledger.held.clear()
    with pytest.raises(InvalidValueError, match="the state digest of the bottles"):
        encode_hash_file(ledger)


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
