"""An import whose document is gone: the log cannot be read without it."""

import pytest

from adapters.ledger.custody import LogCopy, StoredCustody
from adapters.ledger.documents import StoredDocuments
from adapters.ledger.layout import document_key
from adapters.memory.history import MemoryHistory
from adapters.retry import ONCE
from application.inspect_ledger import RebuildHashFile
from application.reconcile import Reconcile
from application.repair_ledger import RepairLedger, RepairReport
from domain.bottle import BottleKey, Digest, ObjectKey
from domain.errors import LedgerDamagedError
from domain.events import HashFileImported
from domain.records import Elsewhere
from tests.support.listed_elsewhere import DAY, ListedElsewhere
from tests.support.mirror import Mirror, mirror_of, no_chance

ENTRIES = {BottleKey("curl-8.0.0-arm64_sonoma"): Elsewhere(Digest("6" * 64), 1, DAY)}


@pytest.fixture
def mirror() -> Mirror:
    mirror = mirror_of("jq")
    mirror.sync()
    process = mirror.process()
    process.importing(ListedElsewhere(ENTRIES))()
    mirror.offer("bat")
    mirror.sync()
    return mirror


def document_of(mirror: Mirror) -> ObjectKey:
    (imported,) = mirror.recorded(HashFileImported)
    return document_key(imported.document)


def repair(
    mirror: Mirror, *copies: LogCopy, declare_gaps: bool = False
) -> RepairReport:
    process = mirror.process()
    custody = StoredCustody(
        mirror.disk, MemoryHistory(mirror.disk), process.log, copies, readers=1
    )
    documents = StoredDocuments(mirror.disk, mirror.clock, ONCE, no_chance)
    return RepairLedger(
        custody=custody,
        log=process.log,
        hash_file=process.published,
        reconcile=Reconcile(mirror.disk, documents),
        rebuild=RebuildHashFile(process.inspect, process.published),
        clock=mirror.clock,
        new_id=mirror.new_id,
    )((), declare_gaps=declare_gaps)


def test_its_document_is_put_back_from_a_copy(mirror: Mirror) -> None:
    key = document_of(mirror)
    body = mirror.disk.get(key).body
    mirror.damage(key, b"{}")
    report = repair(mirror, LogCopy("replica", {key: body}.get))
    assert report.after.ok
    assert mirror.disk.get(key).body == body
    assert mirror.ledger().elsewhere == ENTRIES


def test_without_a_copy_it_stays_damaged(mirror: Mirror) -> None:
    mirror.damage(document_of(mirror))
    report = repair(mirror)
    assert [each.kind for each in report.after.damage] == ["document missing"]
    with pytest.raises(LedgerDamagedError):
        mirror.ledger()


def test_it_can_be_given_up_like_a_commit(mirror: Mirror) -> None:
    mirror.damage(document_of(mirror))
    report = repair(mirror, declare_gaps=True)
    assert report.after.ok
    ledger = mirror.ledger()
    assert [gap.cause for gap in ledger.gaps] == ["document missing"]
    assert (ledger.elsewhere, ledger.reconciled) == ({}, True)
    assert mirror.sync().outcome == "complete"
    mirror.check()
