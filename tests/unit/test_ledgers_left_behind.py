"""Ledgers in states that a repair, or another version, has left behind."""

import pytest

from adapters.ledger.custody import StoredCustody
from adapters.ledger.documents import StoredDocuments
from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key, document_key
from adapters.memory.history import MemoryHistory
from adapters.retry import ONCE
from application.inspect_ledger import RebuildHashFile
from application.reconcile import Reconcile
from application.repair_ledger import RepairLedger
from domain.bottle import BottleKey, Digest, ObjectKey
from domain.events import BottleMirrored, HashFileImported
from domain.records import Elsewhere
from ports.custody import Examination
from ports.errors import NotOurStoreError
from tests.support.listed_elsewhere import DAY, ListedElsewhere
from tests.support.mirror import Mirror, mirror_of, no_chance
from tests.support.watched import Call, WatchedStore


def custody_of(mirror: Mirror) -> StoredCustody:
    log = mirror.process().log
    return StoredCustody(mirror.disk, MemoryHistory(mirror.disk), log, readers=1)


def examine(mirror: Mirror, *, read: bool = True) -> Examination:
    return custody_of(mirror).examine((), read=read)


def kinds(found: Examination) -> list[str]:
    return [each.kind for each in found.damage]


def give_up(mirror: Mirror) -> None:
    process = mirror.process()
    documents = StoredDocuments(mirror.disk, mirror.clock, ONCE, no_chance)
    RepairLedger(
        custody=custody_of(mirror),
        log=process.log,
        hash_file=process.published,
        reconcile=Reconcile(mirror.disk, documents),
        rebuild=RebuildHashFile(process.inspect, process.published),
        clock=mirror.clock,
        new_id=mirror.new_id,
    )((), declare_gaps=True)


@pytest.fixture
def mirror() -> Mirror:
    mirror = mirror_of("jq", "bat")
    mirror.sync()
    mirror.sync()
    return mirror


def test_what_was_lost_with_a_commit_is_fetched_by_the_next_sync(
    mirror: Mirror,
) -> None:
    (jq, _) = mirror.recorded(BottleMirrored)
    mirror.damage(commit_key(1))
    mirror.damage(jq.object_key)
    give_up(mirror)
    # The runs behind the gap had found nothing to do, and the catalog is unchanged.
    assert mirror.sync().mirrored.bottles == 1
    mirror.check()


def test_a_gap_beside_an_import_whose_document_is_gone_is_told_and_not_raised(
    mirror: Mirror,
) -> None:
    mirror.damage(commit_key(1))
    give_up(mirror)
    entries = {BottleKey("curl-8-all"): Elsewhere(Digest("6" * 64), 1, DAY)}
    mirror.process().importing(ListedElsewhere(entries))()
    (imported,) = mirror.recorded(HashFileImported)
    mirror.damage(document_key(imported.document))
    assert kinds(examine(mirror)) == ["document missing"]


@pytest.mark.parametrize("read", [True, False])
def test_a_declared_gap_is_known_without_the_hash_file(
    mirror: Mirror, *, read: bool
) -> None:
    mirror.damage(commit_key(1))
    give_up(mirror)
    mirror.damage(HASH_FILE)
    found = examine(mirror, read=read)
    assert kinds(found) == []
    assert [(gap.first, gap.last) for gap in found.gaps] == [(1, 1)]


def test_what_is_published_meanwhile_is_not_taken_for_a_pin(mirror: Mirror) -> None:
    process = mirror.process()
    syncs = iter([mirror.sync])

    def sync_first(call: Call) -> None:
        if call.what == "list":
            for sync in syncs:
                sync()

    process.watch.before = sync_first
    store = WatchedStore(mirror.disk, process.watch)
    custody = StoredCustody(store, MemoryHistory(mirror.disk), process.log, readers=1)
    assert kinds(custody.examine((), read=False)) == []


def test_a_place_that_is_no_mirror_is_not_damaged() -> None:
    mirror = Mirror()
    mirror.disk.create(ObjectKey("letters/1.txt"), b"Dear reader")
    with pytest.raises(NotOurStoreError, match="no mirror made"):
        examine(mirror)


def test_a_ledger_of_a_newer_format_is_left_to_a_newer_program(
    mirror: Mirror,
) -> None:
    newer = mirror.disk.get(IDENTITY).body.replace(b'"format":1', b'"format":2')
    mirror.damage(IDENTITY, newer)
    found = examine(mirror)
    assert "newer format" in kinds(found)
    assert "identity damaged" not in kinds(found)
    custody_of(mirror).restore(found.damage)
    assert mirror.disk.get(IDENTITY).body == newer
