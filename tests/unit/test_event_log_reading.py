"""Reading the log: every damage is told with its place, and nothing is skipped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from threading import Lock, Thread, get_ident
from threading import enumerate as threads

import pytest

from adapters.ledger.codec import encode_commit
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.layout import COMMITS, IDENTITY, commit_key
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from domain.bottle import ObjectKey
from domain.errors import LedgerDamagedError
from domain.events import GENESIS, Position, RecordedCommit
from ports.errors import NotOurStoreError, UnavailableError
from ports.store import ObjectInfo, Store, StoredObject
from tests.support.flaky_store import Fault, FlakyStore
from tests.support.log_writing import commit_after, fill, mirrored
from tests.support.strategies import LEDGER

FOREIGN = LEDGER.replace("5", "6")


def log_over(store: Store) -> StoredEventLog:
    return StoredEventLog(store, ManualClock(), ONCE, chance=lambda: 0.5)


@pytest.fixture
def store() -> MemoryStore:
    """Return a store with a log of six commits."""
    store = MemoryStore()
    log = log_over(store)
    log.found(LEDGER)
    fill(log, 6)
    return store


def body_at(store: Store, seq: int) -> bytes:
    return store.get(commit_key(seq)).body


def body_events(body: bytes) -> bytes:
    return body.partition(b"\n")[2]


def overwrite(store: Store, key: ObjectKey, body: bytes) -> None:
    store.delete(key)
    store.create(key, body)


def change(store: Store, seq: int, edit: Callable[[bytes], bytes]) -> None:
    overwrite(store, commit_key(seq), edit(body_at(store, seq)))


def swap(store: Store, one: int, other: int) -> None:
    first, second = body_at(store, one), body_at(store, other)
    overwrite(store, commit_key(one), second)
    overwrite(store, commit_key(other), first)


def read(store: Store, after: Position = GENESIS) -> list[RecordedCommit]:
    return list(log_over(store).read(after))


def read_until_damage(store: Store) -> tuple[int, LedgerDamagedError]:
    """Return how many commits were read, and what ended it."""
    commits: list[RecordedCommit] = []
    with pytest.raises(LedgerDamagedError) as raised:
        commits.extend(log_over(store).read(GENESIS))
    return len(commits), raised.value


DAMAGES: dict[str, tuple[int, str, Callable[[MemoryStore], None]]] = {
    "gap": (2, "missing", lambda s: s.delete(commit_key(2))),
    "no beginning": (0, "missing", lambda s: s.delete(commit_key(0))),
    "bit flip in an event": (
        2,
        "body differs",
        lambda s: change(s, 2, lambda b: b[:-20] + bytes([b[-20] ^ 1]) + b[-19:]),
    ),
    "cut short": (2, "lines of events", lambda s: change(s, 2, lambda b: b[:-9])),
    "cut in its header": (2, "first line", lambda s: change(s, 2, lambda b: b[:99])),
    "empty": (2, "first line", lambda s: change(s, 2, lambda _: b"")),
    "not JSON": (2, "not JSON", lambda s: change(s, 2, lambda b: b[1:])),
    "not UTF-8": (2, "not UTF-8", lambda s: change(s, 2, lambda b: b"\xff" + b)),
    "header of another shape": (
        2,
        "required",
        lambda s: change(s, 2, lambda _: b"{}\n"),
    ),
    "event left out": (
        2,
        "lines of events",
        lambda s: change(s, 2, lambda b: b.partition(b"\n")[0] + b"\n"),
    ),
    "event added": (
        2,
        "lines of events",
        lambda s: change(s, 2, lambda b: b + b.partition(b"\n")[2]),
    ),
    "reordered": (2, "says that it is commit 3", lambda s: swap(s, 2, 3)),
    "duplicated": (
        3,
        "says that it is commit 2",
        lambda s: overwrite(s, commit_key(3), body_at(s, 2)),
    ),
    "duplicated at the end": (
        6,
        "says that it is commit 5",
        lambda s: s.create(commit_key(6), body_at(s, 5)),
    ),
    "header rewritten": (
        3,
        "prev differs",
        lambda s: change(s, 2, lambda b: b.replace(b'"wseq":3', b'"wseq":4')),
    ),
    "commit rewritten": (
        3,
        "prev differs",
        lambda s: overwrite(
            s,
            commit_key(2),
            encode_commit(commit_after(read(s)[1].position, mirrored(99), number=99)),
        ),
    ),
    "of another ledger": (
        6,
        "belongs to ledger",
        lambda s: s.create(
            commit_key(6),
            encode_commit(commit_after(read(s)[5].position, ledger=FOREIGN)),
        ),
    ),
    "not a commit's name": (
        6,
        "readme.txt",
        lambda s: s.create(ObjectKey(f"{COMMITS}readme.txt"), b"hello"),
    ),
    "a name with too few digits": (
        0,
        "0000.jsonl",
        lambda s: s.create(ObjectKey(f"{COMMITS}0000.jsonl"), b""),
    ),
    "far behind": (
        6,
        "missing",
        lambda s: s.create(ObjectKey(f"{COMMITS}{'9' * 20}.jsonl"), b""),
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_reads_up_to_a_damage_and_names_its_place(
    store: MemoryStore, name: str
) -> None:
    seq, words, do_damage = DAMAGES[name]
    do_damage(store)
    count, damage = read_until_damage(store)
    assert (count, damage.seq) == (seq, seq)
    assert words in damage.damage


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"t":"BottleMirrored"', b'"t":"BottleTaught"'),
        (b'"tag":"arm64_tahoe","v":1', b'"tag":"arm64_tahoe","v":2'),
        (b'"seq":0,"v":1', b'"seq":0,"v":2'),
    ],
    ids=["type", "version", "format"],
)
def test_stops_at_what_a_newer_version_wrote(
    store: MemoryStore, old: bytes, new: bytes
) -> None:
    body = body_at(store, 0)
    header, _, events = body.replace(old, new).partition(b"\n")
    was, now = (hashlib.sha256(e).hexdigest() for e in (body_events(body), events))
    header = header.replace(was.encode(), now.encode())
    overwrite(store, commit_key(0), header + b"\n" + events)
    count, damage = read_until_damage(store)
    assert (count, damage.seq) == (0, 0)
    assert "made by a newer version of this program: update it" in damage.damage


class TestReading:
    def test_goes_on_from_any_position(self, store: MemoryStore) -> None:
        history = read(store)
        assert [recorded.commit.seq for recorded in history] == list(range(6))
        for place, recorded in enumerate(history):
            assert read(store, recorded.position) == history[place + 1 :]

    def test_refuses_to_go_on_from_another_commit(self, store: MemoryStore) -> None:
        with pytest.raises(LedgerDamagedError, match=r"commit 3: .*prev differs"):
            read(store, Position(2, "0" * 64))

    def test_asks_for_a_commit_that_a_listing_missed(self, store: MemoryStore) -> None:
        class Scanning(FlakyStore):
            """Lists what was created while it looked, and not what came before."""

            def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
                for found in super().list(prefix, after):
                    if found.key != commit_key(3):
                        yield found

        assert read(Scanning(store, {})) == read(store)

    def test_tells_that_the_store_gives_no_answer(self, store: MemoryStore) -> None:
        line = FlakyStore(store, {"get": [Fault.UNAVAILABLE]})
        with pytest.raises(UnavailableError):
            read(line)

    def test_of_an_empty_log_is_empty(self) -> None:
        assert read(MemoryStore()) == []


class Watched(FlakyStore):
    """Counts the commits that were fetched, and by how many threads."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, {})
        self._watch = Lock()
        self.fetched = 0
        self.threads: set[int] = set()

    def get(self, key: ObjectKey) -> StoredObject:
        if key != IDENTITY:
            with self._watch:
                self.fetched += 1
                self.threads.add(get_ident())
        return super().get(key)


def reading_ahead() -> set[Thread]:
    """Return the threads that read ahead; others may end at any time."""
    return {each for each in threads() if each.name.startswith("read-ahead")}


class TestReadingAhead:
    @pytest.fixture
    def many(self) -> Watched:
        store = MemoryStore()
        log = log_over(store)
        log.found(LEDGER)
        fill(log, 100)
        return Watched(store)

    def test_keeps_the_order(self, many: Watched) -> None:
        assert [recorded.commit.seq for recorded in read(many)] == list(range(100))
        assert many.fetched == 100

    def test_is_bounded(self, many: Watched) -> None:
        commits = log_over(many).read(GENESIS)
        next(commits)
        assert many.fetched <= 33
        next(commits)
        assert many.fetched <= 34

    def test_ends_when_nobody_reads_on(self, many: Watched) -> None:
        before = reading_ahead()
        commits = log_over(many).read(GENESIS)
        assert len(list(islice(commits, 3))) == 3
        commits.close()  # type: ignore[attr-defined]
        assert reading_ahead() <= before
        assert many.fetched < 100

    def test_ends_with_the_damage_that_is_told(self, many: Watched) -> None:
        before = reading_ahead()
        many.delete(commit_key(50))
        many.create(commit_key(50), b"not a commit")
        with pytest.raises(LedgerDamagedError) as raised:
            list(log_over(many).read(GENESIS))
        # Also while somebody looks at the error, and at all that led to it.
        assert raised.value.seq == 50
        assert reading_ahead() <= before

    def test_is_not_worth_a_thread_for_few(self, many: Watched) -> None:
        last = read(many)[97].position
        many.threads.clear()
        assert len(read(many, last)) == 2
        assert many.threads == {get_ident()}


class TestIdentity:
    def test_of_an_empty_store_is_none(self) -> None:
        assert log_over(MemoryStore()).identity() is None

    @pytest.mark.parametrize(
        "key",
        [
            "bottles_hash.json",
            "2026-11-22/jq.tar.gz",
            "v2/homebrew/core/jq",
            "ledger/x",
        ],
    )
    def test_of_a_mirror_without_a_ledger_is_none(self, key: str) -> None:
        store = MemoryStore()
        store.create(ObjectKey("a file of yours"), b"")
        store.create(ObjectKey(key), b"")
        assert log_over(store).identity() is None

    def test_is_asked_for_once(self, store: MemoryStore) -> None:
        line = FlakyStore(store, {})
        log = log_over(line)
        assert {log.identity() for _ in range(3)} == {LEDGER}
        assert line.calls == [("get", IDENTITY)]

    @pytest.mark.parametrize("key", ["photo.jpg", "2026-11-22.txt", "v2.txt", "ledger"])
    def test_of_a_store_of_something_else_is_refused(self, key: str) -> None:
        store = MemoryStore()
        store.create(ObjectKey(key), b"")
        with pytest.raises(NotOurStoreError, match="no mirror made"):
            log_over(store).identity()
        with pytest.raises(NotOurStoreError):
            log_over(store).found(LEDGER)

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b'{"format":2}', "newer version"),
            (b"", "not JSON"),
            (b"\xff", "utf-8"),
            (b"[]", "Invalid input"),
            (b'{"created":"2026-11-22T04:11:00Z","format":1,"ledger":"x"}', "UUID"),
        ],
    )
    def test_that_cannot_be_read_is_refused(self, body: bytes, words: str) -> None:
        store = MemoryStore()
        store.create(IDENTITY, body)
        with pytest.raises(NotOurStoreError, match=words):
            log_over(store).identity()

    def test_that_is_missing_beside_commits_is_damage(self, store: MemoryStore) -> None:
        store.delete(IDENTITY)
        with pytest.raises(
            LedgerDamagedError, match=r"ledger\.json: there is none.* ledger repair"
        ):
            log_over(store).identity()

    @pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"format":1}'])
    def test_that_cannot_be_read_beside_commits_is_damage(
        self, store: MemoryStore, body: bytes
    ) -> None:
        store.delete(IDENTITY)
        store.create(IDENTITY, body)
        with pytest.raises(
            LedgerDamagedError, match=r"ledger\.json: it cannot .* ledger repair"
        ):
            log_over(store).identity()

    def test_of_a_newer_version_beside_commits_is_no_damage(
        self, store: MemoryStore
    ) -> None:
        store.delete(IDENTITY)
        store.create(IDENTITY, b'{"format":2}')
        with pytest.raises(NotOurStoreError, match="newer version"):
            log_over(store).identity()

    def test_that_appears_while_it_is_looked_for_is_found(
        self, store: MemoryStore
    ) -> None:
        identity = store.get(IDENTITY).body
        store.delete(IDENTITY)

        class Founding(FlakyStore):
            """Another founds the ledger, and appends, after the first look."""

            def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
                store.create(IDENTITY, identity)
                return super().list(prefix, after)

        assert log_over(Founding(store, {})).identity() == LEDGER


class TestTheDigestAtAPosition:
    def test_is_that_of_the_bytes(self, store: MemoryStore) -> None:
        for recorded in read(store):
            found = log_over(store).sha256_at(recorded.commit.seq)
            assert found == recorded.sha256

    def test_is_had_with_one_request_where_the_store_keeps_none(
        self, store: MemoryStore
    ) -> None:
        class Forgetful(FlakyStore):
            """A store that keeps no digests."""

            def info(self, key: ObjectKey) -> ObjectInfo | None:
                found = super().info(key)
                return replace(found, sha256=None) if found else None

        line = Forgetful(store, {})
        assert log_over(line).sha256_at(3) == log_over(store).sha256_at(3)
        assert len(line.calls) == 1
        assert log_over(line).sha256_at(6) is None

    def test_is_none_behind_the_head(self, store: MemoryStore) -> None:
        assert log_over(store).sha256_at(6) is None
