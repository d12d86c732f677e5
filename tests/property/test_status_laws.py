"""The status page is a projection: the log gives it, and nothing else."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.store import MemoryStore
from adapters.status_page.page import rendered
from domain.bottle import ObjectKey
from domain.events import RecordedCommit
from domain.history import History
from domain.ledger import Ledger, replay
from domain.status import Status, status_of
from tests.support.pages import Page, page_in
from tests.support.strategies import histories

Log = tuple[RecordedCommit, ...]


def _followed(log: Log, ledger: Ledger, history: History) -> Status:
    start = ledger.position
    for recorded in log:
        history.follow(ledger, recorded, start)
    return status_of(ledger, history, log[-1].commit.at)


logs = histories().filter(bool)


@given(logs)
def test_it_is_made_of_the_ledger_as_it_is(log: Log) -> None:
    ledger, history = Ledger(), History()
    status = _followed(log, ledger, history)
    plain = replay(log)
    assert ledger == plain
    assert history.position == plain.position
    assert status.bottles == len(plain.held)
    assert status.bytes == sum(entry.size for entry in plain.held.values())
    assert status.weeks[-1].bottles == len(plain.held)
    current = {
        key for key, e in plain.held.items() if e.object_key not in plain.superseded
    }
    assert sum(tag.held for tag in status.tags) + len(
        current & history.missing.keys()
    ) == len(current)
    for tag in status.tags:
        assert tag.named == tag.held + len(tag.missing)
        assert tag.verified in (tag.held, 0)


@settings(max_examples=20)
@given(logs, st.data())
def test_whoever_goes_on_from_the_last_page_writes_the_same(
    log: Log, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(log)))
    ledger, history = Ledger(), History()
    early = _followed(log[:cut], ledger, history)
    store = MemoryStore()
    page = page_in(store)
    page.write(early, history, None, anew=False)
    last = page.last()
    assert last is not None
    left = last.history
    assert left is not None
    if cut == len(log):
        assert left == history
        return

    on = _followed(log[cut:], ledger, left)
    whole = History()
    once = _followed(log, Ledger(), whole)
    assert on == once
    assert left == whole
    assert rendered(on) == rendered(once)

    put = page.write(on, left, last, anew=False)
    pages = {f"status/{name}": body for name, body in rendered(once).items()}
    found = {key: store.get(ObjectKey(key)).body for key in pages}
    assert found == pages
    first = {f"status/{name}": body for name, body in rendered(early).items()}
    changed = {key for key, body in pages.items() if body != first[key]}
    assert set(put) == changed | {"status/index.html", "status/status.json"}


@settings(max_examples=20)
@given(logs)
def test_every_page_is_sound_and_needs_nothing_from_elsewhere(log: Log) -> None:
    status = _followed(log, Ledger(), History())
    for name, body in rendered(status).items():
        page = Page(body)
        assert page.wrong == [], name
        assert b"http://" not in body
        assert b"https://" not in body
        assert b"url(" not in body
        assert page.untitled == 0
