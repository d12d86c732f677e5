from __future__ import annotations

from adapters.ledger.documents import StoredDocuments
from adapters.ledger.layout import DOCUMENTS
from application.reconcile import Reconcile
from domain.bottle import ObjectKey
from domain.events import BottleLost, BottleMirrored, StoreReconciled
from domain.ledger import Ledger
from tests.support.mirror import BACKOFF, TAG, Mirror, mirror_of, no_chance
from tests.support.watched import Call


def reconcile(mirror: Mirror, known: Ledger | None = None) -> list[Call]:
    """Reconcile, and return what was asked of the store."""
    process = mirror.process()
    documents = StoredDocuments(process.store, mirror.clock, BACKOFF, no_chance)
    journal = process.journal()
    process.watch.calls.clear()
    Reconcile(process.store, documents)(journal, known or Ledger())
    return process.watch.calls


def object_of(mirror: Mirror, name: str) -> ObjectKey:
    """Return where the bottle of a formula lies."""
    return mirror.entry(f"{name}-1.0-{TAG}").object_key


def forget(mirror: Mirror, name: str) -> ObjectKey:
    """Let the ledger take a bottle for lost that is there."""
    entry = mirror.entry(f"{name}-1.0-{TAG}")
    lost = BottleLost(
        entry.bottle.key, entry.bottle.digest, entry.object_key, "nothing"
    )
    mirror.process().journal().record([lost])
    assert entry.bottle.key not in mirror.ledger().held
    return entry.object_key


def synced() -> Mirror:
    """Return a mirror of two bottles."""
    mirror = mirror_of("jq", "bat")
    mirror.sync()
    return mirror


def test_where_all_agrees_only_that_is_recorded() -> None:
    mirror = synced()
    before = mirror.ledger().held
    calls = reconcile(mirror)
    ledger = mirror.ledger()
    assert ledger.held == before
    assert len(mirror.recorded(StoreReconciled)) == 1
    assert mirror.recorded(BottleLost) == []
    # Nothing is asked of objects that the ledger speaks of already.
    assert not [call for call in calls if call.what in {"info", "read"}]


def test_what_is_not_there_any_more_is_lost() -> None:
    mirror = synced()
    mirror.damage(object_of(mirror, "jq"))
    reconcile(mirror)
    (lost,) = mirror.recorded(BottleLost)
    assert (lost.key, lost.found) == (f"jq-1.0-{TAG}", "nothing")
    assert list(mirror.ledger().held) == [f"bat-1.0-{TAG}"]


def test_what_has_another_size_is_lost() -> None:
    mirror = synced()
    mirror.damage(object_of(mirror, "jq"), b"another")
    reconcile(mirror)
    (lost,) = mirror.recorded(BottleLost)
    assert lost.found == "7 bytes instead of 2"


def test_what_is_there_and_was_forgotten_is_known_again_by_a_plan() -> None:
    mirror = synced()
    before = mirror.ledger().held
    forget(mirror, "jq")
    reconcile(mirror)
    assert mirror.ledger().held == before
    assert mirror.recorded(BottleMirrored)[-1].how == "found"


def test_without_a_plan_it_is_known_by_what_was_published() -> None:
    mirror = synced()
    published = mirror.ledger()
    key = forget(mirror, "jq")
    for info in list(mirror.disk.list(DOCUMENTS)):
        mirror.disk.delete(info.key)
    reconcile(mirror)
    assert f"jq-1.0-{TAG}" not in mirror.ledger().held
    reconcile(mirror, published)
    assert mirror.entry(f"jq-1.0-{TAG}").object_key == key


def test_a_file_s_name_alone_makes_it_no_bottle() -> None:
    mirror = synced()
    key = forget(mirror, "jq")
    mirror.damage(key, b"no")
    reconcile(mirror)
    assert f"jq-1.0-{TAG}" not in mirror.ledger().held


def test_the_second_digest_of_a_day_is_known_again_too() -> None:
    mirror = synced()
    mirror.damage(object_of(mirror, "jq"), b"a stray object")
    key = forget(mirror, "jq")
    mirror.sync()
    beside = object_of(mirror, "jq")
    assert beside != key
    forget(mirror, "jq")
    reconcile(mirror)
    assert object_of(mirror, "jq") == beside


def test_what_was_replaced_stays_replaced() -> None:
    mirror = synced()
    mirror.offer("jq", "1.0", rebuild=1)
    mirror.sync()
    before = mirror.ledger()
    reconcile(mirror)
    after = mirror.ledger()
    assert after.held == before.held
    assert after.superseded == before.superseded
