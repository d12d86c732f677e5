"""A mirror whose log was damaged, its repair, and what it is like afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cache

from adapters.ledger.custody import LogCopy, StoredCustody
from adapters.ledger.documents import StoredDocuments
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.hash_file import StoredHashFile
from adapters.ledger.layout import DOCUMENTS, commit_key, document_sha256
from adapters.memory.history import MemoryHistory
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from application.inspect_ledger import InspectLedger, RebuildHashFile
from application.reconcile import Reconcile
from application.repair_ledger import RepairLedger, RepairReport
from domain.bottle import ObjectKey
from domain.events import SyncStarted
from domain.ledger import Ledger
from ports.custody import Examination
from tests.fake_s3.store import FakeStore
from tests.support.damaged_log import DamagedLog, no_chance
from tests.support.damaged_log_growth import GrownLog
from tests.support.fake_history import FakeHistory, WatchedHistory
from tests.support.mirror import Mirror, mirror_of
from tests.support.watched import Watch, WatchedStore


@cache
def _synced() -> Mirror:
    """Return a mirror of several syncs: only to take copies of."""
    mirror = mirror_of("jq", "bat", "gtk+3")
    mirror.sync()
    mirror.offer("jq", "1.1")
    mirror.sync()
    mirror.offer("bat", "1.2")
    mirror.offer("zlib", "1.3")
    mirror.sync()
    mirror.withdraw("gtk+3")
    mirror.offer("wget", "1.25")
    mirror.sync()
    return mirror


@cache
def grown_mirror() -> GrownLog:
    """Return all that the mirror's store holds, its bottles too."""
    mirror = _synced()
    objects = {
        info.key: mirror.disk.get(info.key).body for info in mirror.disk.list("")
    }
    recorded = mirror.commits()
    kept = {document_sha256(info.key) for info in mirror.disk.list(DOCUMENTS)}
    documents = {
        event.plan: one.commit.seq
        for one in recorded
        for event in one.commit.events
        if isinstance(event, SyncStarted) and event.plan in kept
    }
    return GrownLog(
        ledger=mirror.ledger().id,
        objects=objects,
        commits=tuple(objects[commit_key(one.commit.seq)] for one in recorded),
        published=recorded[-1].commit.seq,
        documents=documents,
    )


def _replica(key: ObjectKey) -> bytes | None:
    return grown_mirror().objects.get(key)


REPLICA = LogCopy("replica", _replica)


class DamagedMirror(DamagedLog):
    """A mirror whose log may be damaged, and that may be repaired."""

    def __init__(self, *, keeps_versions: bool = False) -> None:
        super().__init__(grown_mirror())
        self.bucket.versioning = keeps_versions
        self._mirror = copy(_synced())

    def repair(
        self,
        copies: Sequence[LogCopy] = (),
        *,
        declare_gaps: bool = False,
        watch: Watch | None = None,
    ) -> RepairReport:
        """Repair the ledger, in a process of its own.

        Args:
            watch: Told of every call to the store.
        """
        watch = watch or Watch()
        store = WatchedStore(FakeStore(self.bucket), watch)
        history = WatchedHistory(FakeHistory(self.bucket), watch)
        clock, new_id = self._mirror.clock, self._mirror.new_id
        log = StoredEventLog(store, clock, ONCE, no_chance, readers=1)
        published = StoredHashFile(store, clock, ONCE, no_chance)
        documents = StoredDocuments(store, clock, ONCE, no_chance)
        repair_ledger = RepairLedger(
            custody=StoredCustody(store, history, log, copies, readers=1),
            log=log,
            hash_file=published,
            reconcile=Reconcile(store, documents),
            rebuild=RebuildHashFile(InspectLedger(log), published),
            clock=clock,
            new_id=new_id,
        )
        return repair_ledger(self.pins, declare_gaps=declare_gaps)

    @staticmethod
    def examined(mirror: Mirror) -> Examination:
        """Look for damage in a mirror, with no pin but its own hash file."""
        history = MemoryHistory(mirror.disk)
        log = StoredEventLog(mirror.disk, mirror.clock, ONCE, no_chance, readers=1)
        custody = StoredCustody(mirror.disk, history, log, readers=1)
        return custody.examine((), read=True)

    def stored(self) -> dict[ObjectKey, bytes]:
        """Return every object that is there now."""
        return {
            ObjectKey(found.key): found.body
            for found in self.bucket.versions()
            if found.latest and not found.marker
        }

    def log_bytes(self) -> dict[int, bytes]:
        """Return the commits that are there up to the old head, by number."""
        stored = self.stored()
        keys = {seq: commit_key(seq) for seq in range(self.head + 1)}
        return {seq: stored[key] for seq, key in keys.items() if key in stored}

    def is_as_it_was(self) -> bool:
        """Return whether every commit up to the old head has its bytes again."""
        return self.log_bytes() == dict(enumerate(self.grown.commits))

    def mirror(self) -> Mirror:
        """Return a mirror over a copy of what is in the bucket now."""
        self._mirror.disk = MemoryStore()
        for key, body in self.stored().items():
            self._mirror.disk.create(key, body)
        return self._mirror


def held(ledger: Ledger) -> set[tuple[str, str, str, int]]:
    """Return what the ledger says is held, without the days."""
    return {
        (key, entry.bottle.digest, entry.object_key, entry.size)
        for key, entry in ledger.held.items()
    }


def check_it_goes_on(mirror: Mirror) -> None:
    """Check that the hash file is the replay, and that a sync leaves all in order."""
    assert mirror.hash_file() == encode_hash_file(mirror.ledger())
    assert mirror.sync().outcome == "complete"
    mirror.clock.sleep(31 * 60)
    mirror.process().verify(prune_orphans=True)
    mirror.check()
