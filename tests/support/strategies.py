"""Values of the domain for Hypothesis.

Alphabets are small, so that the same bottle, digest and run turn up again: what goes
wrong in a ledger goes wrong when two things meet.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date
from typing import Any, get_args

from hypothesis import reject
from hypothesis import strategies as st

from adapters.ledger.codec import encode_commit
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.errors import InvalidValueError
from domain.events import (
    GENESIS,
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Commit,
    Event,
    HashFileImported,
    LedgerRepaired,
    NotificationSent,
    RecordedCommit,
    ShardCompleted,
    ShardPaused,
    ShardStarted,
    StoreReconciled,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import (
    BottleEvicted,
    GenerationDropped,
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
    GraceRenewed,
    IndexMirrored,
    KeptIndex,
)
from domain.ledger import Ledger, replay
from domain.records import Elsewhere, Repair
from domain.state_digest import StateDigest
from domain.tags import Tag
from domain.words import About, How, Outcome, RunKind
from domain.work import Load, Work

LEDGER = "5f0c9a3e-7b1d-4c8e-9a55-0d2f6f0f7a11"
"""The ledger that every history is of."""

names = st.sampled_from(
    ["jq", "gtk+3", "libsigc++@2", "ntfs-3g", "x264-r3222", "llama.cpp"]
)
versions = st.sampled_from(["1", "1-1", "1_2", "r3222", "2026-01-02", "3.6~rc1,2:b+c"])
tags = st.sampled_from(
    [Tag("arm64_tahoe"), Tag("arm64_sonoma"), Tag("x86_64_linux"), Tag("all")]
)
digests = st.sampled_from(
    [Digest(hashlib.sha256(str(number).encode()).hexdigest()) for number in range(5)]
)
runs = st.sampled_from(["run-1", "run-2", "run-3"])
sizes = st.integers(0, 3) | st.integers(0, 2**63)
days = st.sampled_from([date(2026, 11, 21), date(2026, 11, 22)]) | st.dates()
times = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
uuids = st.uuids().map(str)
texts = st.text(st.characters(exclude_categories=()), max_size=8)
"""Any text that Python can hold: lone surrogates too, as a bad file name gives them."""

bottles = st.builds(Bottle, names, versions, st.integers(0, 2), tags, digests)
"""Bottles that meet again, with names and versions as odd as real ones."""


@st.composite
def wild_bottles(draw: st.DrawFn) -> Bottle:
    """Draw a bottle of any name and version that there could be."""
    letter, others = st.sampled_from("aB0"), st.text("aB0@+._-", max_size=4)
    version = draw(letter) + draw(st.text("aB0@+._~,:-", max_size=4))
    rebuild = draw(st.integers(0, 12))
    try:
        return Bottle(
            draw(letter) + draw(others), version, rebuild, draw(tags), draw(digests)
        )
    except InvalidValueError:
        reject()


@st.composite
def mirrored_bottles(
    draw: st.DrawFn, chosen: st.SearchStrategy[Bottle] = bottles
) -> BottleMirrored:
    """Draw the event of a bottle at one of the places where it may lie."""
    bottle = draw(chosen)
    object_key = bottle.object_key(draw(days))
    if draw(st.booleans()):
        object_key = bottle.beside(object_key)
    return BottleMirrored(
        bottle, draw(sizes), object_key, draw(st.sampled_from(get_args(How)))
    )


@st.composite
def lost_bottles(draw: st.DrawFn) -> BottleLost:
    """Draw the event of a bottle that is not where it was said to be."""
    bottle = draw(bottles)
    return BottleLost(
        bottle.key, bottle.digest, bottle.object_key(draw(days)), draw(texts)
    )


failed_bottles = st.builds(
    BottleFailed, bottles, st.sampled_from(["not_found", "refused"]), texts, sizes
)
superseded_bottles = st.builds(
    lambda bottle, day: BottleSuperseded(bottle.key, bottle.digest, day), bottles, days
)
catalogs_read = st.builds(
    CatalogRead,
    source=st.sampled_from(["https://formulae.brew.sh/api", "./formula.json.gz"]),
    documents=st.dictionaries(st.sampled_from(["formula.jws.json"]) | texts, digests),
    etag=st.none() | texts,
    last_modified=st.none() | texts,
    formulae=sizes,
)
syncs_started = st.builds(
    SyncStarted,
    run=runs,
    kind=st.sampled_from(get_args(RunKind)),
    plan=digests,
    selection=digests,
    day=days,
    shards=st.integers(0, 4),
    route=st.sampled_from(["none", "lambda", "ecs"]),
    bottles=sizes,
    bytes=sizes,
    skipped=st.none() | sizes,
    catalog=st.none() | digests,
)
shards = st.integers(0, 4)
counted = st.dictionaries(texts, sizes, max_size=3)
shard_events = st.one_of(
    st.builds(
        ShardStarted,
        run=runs,
        shard=shards,
        attempt=st.integers(1, 3),
        route=st.sampled_from(["lambda", "ecs"]),
    ),
    st.builds(ShardPaused, runs, shards, st.integers(1, 3), counted),
    st.builds(
        ShardCompleted, runs, shards, st.sampled_from(get_args(Outcome)), counted
    ),
    st.builds(
        NotificationSent, runs, st.sampled_from(get_args(About)), st.integers(0, 100)
    ),
)
"""What the workers of a run tell, more than there could ever be."""
state_digests = st.builds(StateDigest, sizes, sizes, st.integers(0, 2**256 - 1))
syncs_completed = st.builds(
    SyncCompleted,
    run=runs,
    outcome=st.sampled_from(get_args(Outcome)),
    catalog=st.none() | digests,
    counts=st.dictionaries(st.sampled_from(["mirrored", "bytes"]) | texts, sizes),
    state=state_digests,
)
elsewhere = st.builds(Elsewhere, digests, sizes, days)
hash_files_imported = st.builds(
    HashFileImported,
    source=st.sampled_from(["https://mirror.test/bottles_hash.json", "./old.json"]),
    document=digests,
    count=sizes,
    etag=st.none() | texts,
    entries=st.dictionaries(bottles.map(lambda bottle: bottle.key), elsewhere),
)


def _given_up(repair: Repair) -> Repair:
    return replace(repair, source=None)


repairs = st.builds(
    Repair,
    first=st.integers(0, 2),
    last=st.integers(2, 4),
    cause=st.sampled_from(["gap", "bit-flipped"]),
    source=st.just("version 1") | texts,
)
indexes_mirrored = st.builds(
    IndexMirrored,
    st.builds(
        KeptIndex,
        st.sampled_from(["jq", "openssl@3"]),
        st.sampled_from(["1.0", "1.0-1"]),
        digests,
        sizes,
        st.dictionaries(st.sampled_from([Tag("all"), Tag("arm64_tahoe")]), digests),
    ),
)
numbers = st.integers(1, 4)
generation_events = st.one_of(
    indexes_mirrored,
    lost_bottles().map(
        lambda lost: BottleEvicted(lost.key, lost.sha256, lost.object_key)
    ),
    st.builds(
        GenerationPublished,
        numbers,
        st.dictionaries(texts, digests, max_size=2),
        digests,
        sizes,
        sizes,
        st.dictionaries(st.sampled_from(["flat", "registry"]), sizes),
    ),
    st.builds(GenerationRolledBack, numbers),
    st.builds(
        lambda lost, day: GraceRenewed(lost.key, lost.sha256, lost.object_key, day),
        lost_bottles(),
        days,
    ),
    st.builds(GenerationShown, numbers),
    st.builds(GenerationDropped, numbers),
)
"""What is said of what clients see."""
events: st.SearchStrategy[Event] = st.one_of(
    generation_events,
    mirrored_bottles(),
    mirrored_bottles(wild_bottles()),
    superseded_bottles,
    lost_bottles(),
    failed_bottles,
    catalogs_read,
    syncs_started,
    syncs_completed,
    shard_events,
    hash_files_imported,
    st.builds(LedgerRepaired, repairs | repairs.map(_given_up)),
    st.builds(StoreReconciled, digests),
)

commits = st.builds(
    Commit,
    id=uuids,
    ledger=uuids,
    seq=st.integers(0, 3) | st.integers(0, 10**20 - 1),
    prev=digests,
    at=times,
    run=runs | texts,
    writer=st.sampled_from(["run-1/0/a"]) | texts,
    wseq=st.integers(1, 3),
    events=st.lists(events, max_size=4).map(tuple),
)
"""Commits of every kind, each for itself; chained ones are in ``histories``."""


@st.composite
def histories(draw: st.DrawFn, longest: int = 6) -> tuple[RecordedCommit, ...]:
    """Draw the beginning of a log: every commit follows the one before it.

    Runs open, overlap and end, deliveries are repeated, and every state that is
    asserted is the right one.
    """
    history: list[RecordedCommit] = []
    ledger = Ledger()
    counts: dict[str, int] = {}
    for seq in range(draw(st.integers(0, longest))):
        run = draw(runs)
        writer = f"{run}/{draw(st.integers(0, 1))}/process"
        # A writer that was not told of its success says the same again.
        repeated = bool(counts.get(writer)) and draw(st.booleans())
        counts[writer] = counts.get(writer, 0) + (not repeated)
        commit = Commit(
            id=draw(uuids),
            ledger=LEDGER,
            seq=seq,
            prev=history[-1].sha256 if history else GENESIS.sha256,
            at=draw(times),
            run=run,
            writer=writer,
            wseq=counts[writer],
            events=tuple(draw(st.lists(_events_on(ledger), max_size=4))),
        )
        recorded = RecordedCommit(
            commit, hashlib.sha256(encode_commit(commit)).hexdigest()
        )
        ledger.apply(recorded)
        history.append(recorded)
    return tuple(history)


def _events_on(ledger: Ledger) -> st.SearchStrategy[Event]:
    """Return events, many of which are about what ``ledger`` holds."""
    drawn: list[st.SearchStrategy[Event]] = [
        mirrored_bottles(),
        mirrored_bottles(),
        superseded_bottles,
        failed_bottles,
        catalogs_read,
        syncs_started,
        shard_events,
        hash_files_imported,
        st.builds(LedgerRepaired, repairs),
        st.builds(StoreReconciled, digests),
        syncs_completed.map(lambda event: replace(event, state=ledger.state)),
    ]
    if ledger.held:
        held = st.sampled_from(sorted(ledger.held))
        drawn += [
            held.map(lambda key: _lost(ledger, key)),
            st.builds(lambda key, day: _dropped(ledger, key, day), held, days),
        ]
    return st.one_of(drawn)


def _lost(ledger: Ledger, key: BottleKey) -> BottleLost:
    entry = ledger.held[key]
    return BottleLost(key, entry.bottle.digest, entry.object_key, "nothing")


def _dropped(ledger: Ledger, key: BottleKey, day: date) -> BottleSuperseded:
    return BottleSuperseded(key, ledger.held[key].bottle.digest, day)


ledgers: st.SearchStrategy[Ledger] = histories().map(replay)


@st.composite
def loads(draw: st.DrawFn) -> Load:
    """Draw a load: one digest, and one bottle or several."""
    digest = draw(digests)
    same = {
        b.key: replace(b, digest=digest) for b in draw(st.lists(bottles, min_size=1))
    }
    source = draw(st.none() | st.just(ObjectKey("2026-11-21/source.tar.gz")))
    together = tuple(bottle for _, bottle in sorted(same.items()))
    size = draw(st.none() | sizes)
    estimate = draw(st.none() | sizes) if size is None else None
    return Load(digest, size, together, source, estimate)


works = st.builds(
    Work,
    loads=st.lists(loads(), max_size=3).map(tuple),
    superseded=st.lists(
        bottles.map(lambda bottle: (bottle.key, bottle.digest)), max_size=3
    ).map(tuple),
)

NEAR_MISSES: tuple[object, ...] = (
    *(None, True, False, -1, 0, 1, 2, 10**400, 0.0, 1.0, float("inf")),
    *("", "0", "1", "true", "\ud800", "x", "../x", "fetched", "BottleMirrored"),
    *("2026-11-22", "20261122", "2026-W47-7", "2026-11-31", "2026-11-22\n"),
    *("2026-11-22T04:11:00Z", "2026-11-22T04:11:00", "2026-11-22T24:00:00Z"),
    *("2026-11-22T04:11:00.5Z", "2026-11-22T04:11:00+00:00"),
    *("a" * 64, "A" * 64, "a" * 63, "a" * 64 + "\n", "+" + "a" * 63),
    *(LEDGER, LEDGER.upper(), LEDGER.replace("-", ""), LEDGER + "\n"),
    *([], ["fetched"], {}, {"v": 1}),
)
"""Values that a careless reader would take for something."""


def near_misses(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an object of JSON with each field left out, and nearly right."""
    for name in value:
        yield {other: said for other, said in value.items() if other != name}
        for near_miss in NEAR_MISSES:
            yield {**value, name: near_miss}


_scalars = st.sampled_from(NEAR_MISSES) | digests | texts
json_values: st.SearchStrategy[Any] = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=6,
)
"""Anything that JSON can say, near misses first."""


@st.composite
def nearly(draw: st.DrawFn, value: object) -> Any:  # noqa: ANN401 - any JSON
    """Draw ``value``, of JSON, with something in it changed, left out or added."""
    changed = json.loads(json.dumps(value))
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(changed))
        if not places:
            return draw(json_values)
        holder, name = draw(st.sampled_from(places))
        match draw(st.sampled_from(["change", "swap", "leave out", "add"])):
            case "change":
                holder[name] = draw(json_values)
            case "swap":
                other_holder, other_name = draw(st.sampled_from(places))
                holder[name] = deepcopy(other_holder[other_name])
            case "leave out":
                del holder[name]
            case "add" if isinstance(holder, dict):
                holder[draw(texts)] = draw(json_values)
    return changed


def _places(value: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return []
    return [(value, name) for name, _ in inner] + [
        place for _, item in inner for place in _places(item)
    ]
