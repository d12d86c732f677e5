"""The golden log: what earlier versions wrote is read for ever, and means the same.

A file in ``tests/golden`` is never changed. Each version of each event is in it; one
that is new goes into a commit behind the last.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.documents import StoredDocuments, read_import
from adapters.ledger.event_forms import EVENTS
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.identity import encode_identity
from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key, document_key
from adapters.ledger.listing_codec import decode_listing, encode_listing
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.events import (
    GENESIS,
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Event,
    HashFileImported,
    LedgerRepaired,
    NotificationSent,
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
    ReleaseKey,
)
from domain.ledger import replay
from domain.listing import Listing
from domain.records import Elsewhere, Repair
from domain.state_digest import StateDigest
from domain.tags import Tag
from domain.work import Load, Work
from ports.store import ObjectInfo

TESTS = Path(__file__).resolve().parent.parent
GOLDEN = TESTS / "golden"
FORMAT = TESTS.parent / "docs" / "ledger-format.md"

LEDGER = "0d9b3a52-6a5e-4b7f-8f0e-2f5c7a1d9e30"
BEGUN = datetime(2026, 11, 22, 4, 11, tzinfo=UTC)
FIRST_DAY, SECOND_DAY = date(2026, 11, 22), date(2026, 11, 29)
THIRD_DAY = date(2026, 12, 6)
CATALOG, SELECTION = "c" * 64, "e" * 64

JQ = Bottle("jq", "1.8.1", 0, Tag("arm64_tahoe"), Digest("1" * 64))
OPENSSL = Bottle("openssl@3", "3.6.0", 1, Tag("arm64_sonoma"), Digest("2" * 64))
CERTIFICATES = Bottle("ca-certificates", "2026-11-04", 0, Tag("all"), Digest("3" * 64))
GTK = Bottle("gtk+3", "3.24.51_1", 0, Tag("x86_64_linux"), Digest("4" * 64))
JQ_REBUILT = Bottle("jq", "1.8.1", 1, Tag("arm64_tahoe"), Digest("5" * 64))

WORK = Work(
    loads=(
        Load(OPENSSL.digest, 3_500_000, (OPENSSL,)),
        Load(JQ.digest, 500_000, (JQ,)),
        Load(CERTIFICATES.digest, 150_000, (CERTIFICATES,)),
        Load(GTK.digest, None, (GTK,)),
    ),
)
REBUILD = Work(
    loads=(
        Load(JQ_REBUILT.digest, 510_000, (JQ_REBUILT,)),
        Load(GTK.digest, None, (GTK,), ObjectKey("2026-11-01/gtk.tar.gz")),
    ),
    superseded=((JQ.key, JQ.digest),),
)
REPAIR = Work(loads=(Load(CERTIFICATES.digest, 150_000, (CERTIFICATES,)),))

FIRST = "7d0f3c52-13b4-4d0a-9a3e-6f1f6b1c0a01"
SECOND = "7d0f3c52-13b4-4d0a-9a3e-6f1f6b1c0a02"
THIRD = "7d0f3c52-13b4-4d0a-9a3e-6f1f6b1c0a03"
FOURTH = "7d0f3c52-13b4-4d0a-9a3e-6f1f6b1c0a04"
FIFTH = "7d0f3c52-13b4-4d0a-9a3e-6f1f6b1c0a05"
SIXTH = "7d0f3c52-13b4-4d0a-9a3e-6f1f6b1c0a06"
SEVENTH = "7d0f3c52-13b4-4d0a-9a3e-6f1f6b1c0a07"

ENTRIES = {
    BottleKey("curl-8.0.0-arm64_sonoma"): Elsewhere(
        Digest("6" * 64), 1_048_576, date(2025, 7, 21)
    ),
    BottleKey("wget-1.21.4-arm64_sonoma"): Elsewhere(
        Digest("7" * 64), 0, date(2025, 7, 22)
    ),
}
FOUND = (ObjectInfo(JQ_REBUILT.object_key(SECOND_DAY), 510_000, JQ_REBUILT.digest),)

LISTING = Listing(
    {BottleKey("jq-1.8.1-1-arm64_tahoe"): Digest("5" * 64)},
    {
        ReleaseKey("jq-1.8.1-1"): KeptIndex(
            "jq",
            "1.8.1-1",
            Digest("a2" * 32),
            7_001,
            {Tag("arm64_tahoe"): Digest("5" * 64)},
        )
    },
)
COMMITS: tuple[tuple[str, tuple[Event, ...]], ...] = (
    (
        FIRST,
        (
            CatalogRead(
                source="https://formulae.brew.sh/api/formula.jws.json",
                documents={"formula.jws.json": CATALOG},
                etag='W/"6920f1d3-1c5a3e2"',
                last_modified="Sun, 22 Nov 2026 04:02:11 GMT",
                formulae=8560,
            ),
            SyncStarted(
                run=FIRST,
                kind="local",
                plan="257f5990b27552d3abce7aabae7464f31760930ca8ec5d704f694b85d7c676a7",
                selection=SELECTION,
                day=FIRST_DAY,
                shards=1,
                route="lambda",
                bottles=4,
                bytes=4_150_000,
            ),
        ),
    ),
    (
        FIRST,
        (
            BottleMirrored(
                OPENSSL, 3_500_000, OPENSSL.object_key(FIRST_DAY), "fetched"
            ),
            BottleMirrored(JQ, 500_000, JQ.object_key(FIRST_DAY), "fetched"),
            BottleMirrored(
                CERTIFICATES, 150_000, CERTIFICATES.object_key(FIRST_DAY), "found"
            ),
        ),
    ),
    (
        FIRST,
        (
            BottleFailed(
                GTK,
                cause="not_found",
                detail="ghcr.io/homebrew/core/gtkx3: “no such blob”",
                attempts=1,
            ),
        ),
    ),
    (
        FIRST,
        (
            BottleLost(
                CERTIFICATES.key,
                CERTIFICATES.digest,
                CERTIFICATES.object_key(FIRST_DAY),
                found="nothing",
            ),
        ),
    ),
    (
        FIRST,
        (
            SyncCompleted(
                run=FIRST,
                outcome="degraded",
                catalog=None,
                counts={
                    "bytes": 4_000_000,
                    "copied": 0,
                    "failed": 1,
                    "mirrored": 3,
                    "skipped": 0,
                },
                state=StateDigest(
                    2,
                    4_000_000,
                    0xCDC421B3250EBB79B6E673789576D9451530A5D0CE61ACBD865871391338073F,
                ),
            ),
        ),
    ),
    (
        SECOND,
        (
            CatalogRead(
                source="./formula-2026-11-29.json.gz",
                documents={"formula.json": "d" * 64},
                etag=None,
                last_modified=None,
                formulae=8571,
            ),
            SyncStarted(
                run=SECOND,
                kind="cloud",
                plan="6b94fe88b43a8905e992a1de499c16873af90f210af6dd0fe7d799f83f0fd3ca",
                selection=SELECTION,
                day=SECOND_DAY,
                shards=1,
                route="ecs",
                bottles=2,
                bytes=510_000,
            ),
            BottleSuperseded(JQ.key, JQ.digest, SECOND_DAY),
        ),
    ),
    (
        SECOND,
        (
            BottleMirrored(
                JQ_REBUILT, 510_000, JQ_REBUILT.object_key(SECOND_DAY), "fetched"
            ),
            BottleMirrored(
                GTK, 9_000_000, GTK.beside(GTK.object_key(SECOND_DAY)), "copied"
            ),
        ),
    ),
    (
        SECOND,
        (
            SyncCompleted(
                run=SECOND,
                outcome="complete",
                catalog="d" * 64,
                counts={"bytes": 510_000, "copied": 1, "failed": 0, "mirrored": 2},
                state=StateDigest(
                    4,
                    13_510_000,
                    0xB7BD4E475F72D2B91C64140352037845215B48A781954379D9FCF5A66C40590E,
                ),
            ),
        ),
    ),
    (
        THIRD,
        (
            SyncStarted(
                run=THIRD,
                kind="local",
                plan="c7eb0e867ef172a092b8f2d7c42ca36cfaee3b5c5bc8e29a7f4f7a5321100d15",
                selection=SELECTION,
                day=SECOND_DAY,
                shards=1,
                route="lambda",
                bottles=1,
                bytes=150_000,
            ),
            BottleFailed(
                CERTIFICATES,
                cause="unavailable",
                detail="GET https://ghcr.io/v2/homebrew/core/ca-certificates: 503",
                attempts=5,
            ),
        ),
    ),
    (
        FOURTH,
        (
            HashFileImported(
                source="s3://old-mirror/bottles_hash.json",
                document="45f3bbbad7e0d9a2eff057ffe0e9f00cf190e06a197519e7dd798bdf1e6a2c1c",
                count=2,
                etag='"9bb58f26192e4ba00f01e2e7b136bbd8"',
                entries=ENTRIES,
            ),
        ),
    ),
    (
        FIFTH,
        (
            LedgerRepaired(Repair(3, 4, "bit-flipped", "version 3HL4kqtJlcpXrof3")),
            StoreReconciled(
                "3df55559e319d62cf2654ed589f295dbce0a91b377b7bad9eb24659a896fd47c"
            ),
        ),
    ),
    (
        SIXTH,
        (
            SyncStarted(
                run=SIXTH,
                kind="cloud",
                plan="c7eb0e867ef172a092b8f2d7c42ca36cfaee3b5c5bc8e29a7f4f7a5321100d15",
                selection=SELECTION,
                day=THIRD_DAY,
                shards=2,
                route="lambda",
                bottles=1,
                bytes=150_000,
                skipped=4,
                catalog="d" * 64,
            ),
            NotificationSent(SIXTH, "started", 0),
        ),
    ),
    (
        SIXTH,
        (
            ShardStarted(SIXTH, 0, 1, "lambda"),
            ShardPaused(SIXTH, 0, 1, {"bytes": 0, "seconds": 840}),
            ShardStarted(SIXTH, 0, 2, "ecs"),
        ),
    ),
    (
        SIXTH,
        (
            ShardCompleted(SIXTH, 0, "complete", {"bytes": 150_000, "seconds": 12}),
            ShardCompleted(SIXTH, 1, "failed", {}),
            SyncCompleted(
                run=SIXTH,
                outcome="degraded",
                catalog=None,
                counts={"bytes": 0, "failed": 0, "mirrored": 0, "skipped": 4},
                state=StateDigest(
                    4,
                    13_510_000,
                    0xB7BD4E475F72D2B91C64140352037845215B48A781954379D9FCF5A66C40590E,
                ),
            ),
            NotificationSent(SIXTH, "ended", 0),
        ),
    ),
    (
        SEVENTH,
        (
            SyncStarted(
                run=SEVENTH,
                kind="cloud",
                plan="c7eb0e867ef172a092b8f2d7c42ca36cfaee3b5c5bc8e29a7f4f7a5321100d15",
                selection=SELECTION,
                day=THIRD_DAY,
                shards=1,
                route="ecs",
                bottles=1,
                bytes=150_000,
                skipped=4,
            ),
            ShardStarted(SEVENTH, 0, 1, "ecs"),
            NotificationSent(SEVENTH, "progress", 30),
        ),
    ),
    (
        SEVENTH,
        (
            IndexMirrored(
                KeptIndex(
                    "openssl@3",
                    "3.6.0-1",
                    Digest("a1" * 32),
                    14_321,
                    {Tag("arm64_sonoma"): Digest("2" * 64)},
                )
            ),
            BottleEvicted(
                BottleKey("jq-1.8.1-arm64_tahoe"),
                Digest("1" * 64),
                ObjectKey("2026-11-22/jq-1.8.1.arm64_tahoe.bottle.tar.gz"),
            ),
        ),
    ),
    (
        SEVENTH,
        (
            GenerationPublished(
                1, {"formula.jws.json": "c" * 64}, "b1" * 32, 3, 1, {"registry": 3}
            ),
            GenerationPublished(
                2, {"formula.jws.json": "d" * 64}, "b2" * 32, 3, 0, {"registry": 3}
            ),
            GenerationRolledBack(1),
        ),
    ),
    (
        SEVENTH,
        (
            GenerationPublished(
                3,
                {"formula.jws.json": "d" * 64, "internal/executables.txt": "e" * 64},
                "94793f848ef01be01fd9e28a818505a202eb61f7ec00e74bda5a0ce244fd2bb7",
                3,
                0,
                {"flat": 3, "registry": 3},
            ),
            GenerationShown(3),
            GenerationDropped(1),
            IndexMirrored(
                KeptIndex(
                    "jq",
                    "1.8.1-1",
                    Digest("a2" * 32),
                    7_001,
                    {Tag("arm64_tahoe"): Digest("5" * 64)},
                )
            ),
        ),
    ),
    (
        SEVENTH,
        (
            BottleSuperseded(
                BottleKey("jq-1.8.1-1-arm64_tahoe"), Digest("5" * 64), date(2026, 12, 6)
            ),
            GraceRenewed(
                BottleKey("jq-1.8.1-1-arm64_tahoe"),
                Digest("5" * 64),
                ObjectKey("2026-11-29/jq-1.8.1.arm64_tahoe.bottle.1.tar.gz"),
                date(2026, 12, 13),
            ),
        ),
    ),
)
"""What the golden log says: for each commit, the run, and what it recorded."""


@pytest.fixture(scope="module")
def golden() -> MemoryStore:
    """Return a store with the tree of ``tests/golden``."""
    store = MemoryStore()
    for path in GOLDEN.rglob("*"):
        if path.is_file():
            key = ObjectKey(path.relative_to(GOLDEN).as_posix())
            store.create(key, path.read_bytes())
    return store


@pytest.fixture
def log(golden: MemoryStore) -> StoredEventLog:
    return StoredEventLog(golden, ManualClock(), ONCE, chance=lambda: 0.5)


def test_the_golden_log_says_what_it_said(log: StoredEventLog) -> None:
    commits = [recorded.commit for recorded in log.read(GENESIS)]
    assert tuple((commit.run, commit.events) for commit in commits) == COMMITS
    assert {commit.ledger for commit in commits} == {LEDGER}
    assert commits[0].at == BEGUN


def test_it_is_written_as_it_was_written(golden: MemoryStore) -> None:
    assert golden.get(IDENTITY).body == encode_identity(LEDGER, BEGUN)
    for seq in range(len(COMMITS)):
        body = golden.get(commit_key(seq)).body
        assert encode_commit(decode_commit(body, seq)) == body


def test_every_version_of_every_event_is_in_it(golden: MemoryStore) -> None:
    written = {
        (line["t"], line["v"])
        for seq in range(len(COMMITS))
        for line in map(json.loads, golden.get(commit_key(seq)).body.splitlines()[1:])
    }
    assert written == EVENTS.keys()


def test_it_gives_the_golden_hash_file(
    golden: MemoryStore, log: StoredEventLog
) -> None:
    ledger = replay(log.read(GENESIS))
    body = golden.get(HASH_FILE).body
    assert encode_hash_file(ledger) == body
    assert decode_hash_file(body) == ledger


def test_it_keeps_the_work_of_its_plans(golden: MemoryStore) -> None:
    documents = StoredDocuments(golden, ManualClock(), ONCE, chance=lambda: 0.5)
    plans = [
        event.plan
        for _, events in COMMITS
        for event in events
        if isinstance(event, SyncStarted)
    ]
    kept = [WORK, REBUILD, REPAIR, REPAIR, REPAIR]
    assert [documents.load_work(plan) for plan in plans] == kept
    assert [documents.sha256_of(work) for work in kept] == plans
    assert sorted(documents.works(), key=documents.sha256_of) == sorted(
        (WORK, REBUILD, REPAIR), key=documents.sha256_of
    )


def test_it_keeps_what_was_imported_and_what_was_found(golden: MemoryStore) -> None:
    kept = MemoryStore()
    documents = StoredDocuments(kept, ManualClock(), ONCE, chance=lambda: 0.5)
    for name in (documents.save_import(ENTRIES), documents.save_findings(FOUND)):
        key = document_key(name)
        assert golden.get(key).body == kept.get(key).body
    (imported,) = (
        event
        for _, events in COMMITS
        for event in events
        if isinstance(event, HashFileImported)
    )
    assert read_import(golden, imported.document) == ENTRIES


def test_it_keeps_the_list_of_a_generation(golden: MemoryStore) -> None:
    body = golden.get(ObjectKey("generations/3/listing.json")).body
    (published,) = (
        event
        for _, events in COMMITS
        for event in events
        if isinstance(event, GenerationPublished) and event.generation == 3
    )
    assert _sha256(body) == published.listing
    assert encode_listing(LISTING) == body
    assert decode_listing("listing", body) == LISTING


def test_the_document_shows_it_word_for_word() -> None:
    files = [path.read_text() for path in GOLDEN.rglob("*") if path.is_file()]
    lines = _blocks("jsonl")
    assert len(lines) > len(EVENTS)
    for example in lines:
        assert any(example in text for text in files), example
    contents = [json.loads(text) for text in files if text.count("\n") == 1]
    for example in _blocks("json"):
        assert json.loads(example) in contents, example


def test_the_document_is_enough_to_read_it() -> None:
    # Nothing of this project is used here but what its document says.
    identity = json.loads((GOLDEN / "ledger/v1/ledger.json").read_bytes())
    published = (GOLDEN / "bottles_hash.json").read_bytes()
    held: dict[str, tuple[str, str, int]] = {}
    elsewhere: dict[str, dict[str, Any]] = {}
    prev = "0" * 64
    commits = sorted((GOLDEN / "ledger/v1/commits").iterdir())
    for seq, path in enumerate(commits):
        body = path.read_bytes()
        head, rest = body.split(b"\n", 1)
        header = json.loads(head)
        assert path.name == f"{seq:020}.jsonl"
        assert (header["seq"], header["prev"], header["v"]) == (seq, prev, 1)
        assert header["ledger"] == identity["ledger"]
        assert header["body"] == _sha256(rest)
        events = [json.loads(line) for line in rest.splitlines()]
        assert header["n"] == len(events)
        before = _state_digest(held)
        for event in events:
            assert event["id"] == _event_id(event, header["run"])
            match event["t"]:
                case "BottleMirrored":
                    place = (event["sha256"], event["object_key"], event["size"])
                    held[event["key"]] = place
                case "BottleLost" if held[event["key"]][1] == event["object_key"]:
                    del held[event["key"]]
                case "BottleEvicted":
                    assert held.pop(event["key"])[1] == event["object_key"]
                case "SyncCompleted":
                    assert event["state"] == before
                case "HashFileImported":
                    name = f"ledger/v1/documents/{event['document']}.json"
                    document = (GOLDEN / name).read_bytes()
                    assert _sha256(document) == event["document"]
                    rows = json.loads(document)["bottles"]
                    elsewhere |= {k: row for k, row in rows.items() if k not in held}
        prev = _sha256(body)
    said = json.loads(published)
    assert said["ledger"]["sha256"] == prev
    assert said["state"]["digest"] == _state_digest(held)
    assert said["sum"] == _sha256(published[:-75])
    assert held == {
        key: (row["sha256"], row["object_key"], row["file_size"])
        for key, row in said["bottles"].items()
        if "object_key" in row
    }
    assert elsewhere == {
        key: row for key, row in said["bottles"].items() if "object_key" not in row
    }


def _blocks(language: str) -> list[str]:
    fence = rf"^```{language}\n(.*?)^```"
    return re.findall(fence, FORMAT.read_text(), re.MULTILINE | re.DOTALL)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _state_digest(held: dict[str, tuple[str, str, int]]) -> dict[str, object]:
    facts = [f"{key}\0{row[0]}\0{row[1]}" for key, row in held.items()]
    total = sum(int(_sha256(fact.encode()), 16) for fact in facts) % 2**256
    size = sum(row[2] for row in held.values())
    return {"bottles": len(held), "bytes": size, "sum": f"{total:064x}"}


def _event_id(event: dict[str, Any], run: str) -> str:
    sha256 = event.get("sha256", "")
    key = event.get("key", event.get("source", ""))
    if event["t"] == "CatalogRead":
        sha256 = ",".join(digest for _, digest in sorted(event["documents"].items()))
    if event["t"] == "LedgerRepaired":
        key = f"{event['first']}-{event['last']}"
    if event["t"].startswith("Shard"):
        key = str(event["shard"])
    if event["t"] == "NotificationSent":
        key = event["about"]
    if event["t"].startswith("Generation"):
        key = str(event.get("generation", event.get("to")))
    if event["t"] == "GraceRenewed":
        event = {**event, "attempt": event["on"]}
    if event["t"] == "IndexMirrored":
        key = f"{event['name']}-{event['tagref']}"
    named = (event.get(n, "") for n in ("plan", "catalog", "document", "listing"))
    attempt = next(
        (event[n] for n in ("attempts", "attempt", "percent") if n in event), ""
    )
    parts = [
        event["t"],
        event.get("run", run),
        key,
        sha256 or next(filter(None, named), ""),
        str(attempt),
    ]
    namespace = UUID("b2fa8c0c-8844-42d7-9a1c-4c2e130fccff")
    return str(uuid5(namespace, json.dumps(parts, separators=(",", ":"))))
