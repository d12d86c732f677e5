"""Writing the status page: what has changed, by several at once, cut short anywhere."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from adapters.memory.store import MemoryStore
from adapters.status_page.page import LETTERS
from application.read_history import ReadHistory
from application.write_status import WriteStatus
from domain.bottle import ObjectKey
from domain.ledger import Ledger
from domain.served import STATUS, STATUS_PAGE
from ports.errors import ConflictError, RefusedError
from ports.store import StoredObject
from tests.support.mirror import mirror_of
from tests.support.pages import Page, page_in
from tests.support.watched import Call, Killed, Watch, WatchedStore, at_call, is_write

JSON = f"{STATUS}status.json"


class Published:
    """A mirror with a status page that is rendered, and its ledger after each run.

    Attributes:
        ledgers: As each run has left it.
        pages: What the page is then, written by one that is alone.
    """

    def __init__(self) -> None:
        self.mirror = mirror_of("ale")
        self.mirror.page = page_in(self.mirror.disk)
        self.mirror.sync()
        self.ledgers = [self.mirror.ledger()]
        self.pages = [self.found()]

    def run(self, *names: str) -> None:
        """Offer formulae, and bring them in in a run that leaves the page alone."""
        for name in names:
            self.mirror.offer(name)
        before, self.mirror.page = self.mirror.page, page_in(MemoryStore())
        self.mirror.sync()
        self.mirror.page = before
        self.ledgers.append(self.mirror.ledger())
        alone = MemoryStore()
        self.writer(alone).of(self.ledgers[-1])
        self.pages.append(_pages(alone))

    def writer(
        self, store: MemoryStore | None = None, watch: Watch | None = None
    ) -> WriteStatus:
        """Return what writes the page, watched at the page alone."""
        process = self.mirror.process()
        page = page_in(
            WatchedStore(store or self.mirror.disk, watch or Watch()),
        )
        return WriteStatus(ReadHistory(process.log, process.published), page)

    def found(self) -> Mapping[str, bytes]:
        """Return the page as it is."""
        return _pages(self.mirror.disk)


def _pages(store: MemoryStore) -> Mapping[str, bytes]:
    return {info.key: store.get(info.key).body for info in store.list(STATUS)}


@pytest.fixture
def published() -> Published:
    return Published()


def test_a_sync_leaves_a_page_of_its_own_head(published: Published) -> None:
    assert set(published.found()) == {
        JSON,
        STATUS_PAGE,
        *(f"{STATUS}{letter}.html" for letter in LETTERS),
    }
    head = published.mirror.ledger().position
    assert head.sha256 in Page(published.found()[STATUS_PAGE]).text


def test_what_has_not_changed_is_not_put_again(published: Published) -> None:
    published.run("bat")
    watch = Watch()
    written = published.writer(watch=watch).of(published.ledgers[-1])
    assert written is not None
    assert set(written.keys) == {STATUS_PAGE, f"{STATUS}b.html", JSON}
    assert published.found() == published.pages[-1]

    watch = Watch()
    published.writer(watch=watch).of(published.ledgers[-1])
    writes = [call for call in watch.calls if is_write(call)]
    assert writes == [Call("replace", JSON), Call("replace", STATUS_PAGE)]


def test_by_hand_all_of_it_is_put(published: Published) -> None:
    for key in published.found():
        published.mirror.damage(ObjectKey(key), b"damaged")
    written = published.writer()()
    assert set(written.keys) == set(published.found())
    assert published.found() == published.pages[0]


def test_an_older_one_does_not_replace_a_newer_one(published: Published) -> None:
    published.run("bat")
    published.run("cask")
    published.writer().of(published.ledgers[2])
    watch = Watch()
    assert published.writer(watch=watch).of(published.ledgers[1]) is None
    assert [call.what for call in watch.calls] == ["get"]
    assert published.found() == published.pages[2]


def test_one_of_another_ledger_is_replaced(published: Published) -> None:
    other = Published()
    other.run("bat")
    other.mirror.disk.delete(ObjectKey(JSON))
    strangers = published.found()[JSON]
    assert b'"seq":2' in strangers
    strangers = strangers.replace(
        published.ledgers[0].id.encode(), b"8c7dd922-ad47-494f-b02c-00d78eac9bf0"
    ).replace(b'"seq":2', b'"seq":99')
    other.mirror.disk.create(ObjectKey(JSON), strangers)
    other.writer().of(other.ledgers[-1])
    assert other.found() == other.pages[-1]


def _calls(published: Published, ledger: Ledger) -> int:
    """Return how many calls it takes to write the page up to a ledger."""
    watch = Watch()
    published.writer(watch=watch).of(ledger)
    return len(watch.calls)


def _two_runs() -> Published:
    """Return a mirror of which two runs have ended, and no page was written since.

    Both have brought in formulae with the same letter.
    """
    published = Published()
    published.run("bat", "cask")
    published.run("bottle", "dog")
    return published


CALLS = _calls(_two_runs(), _two_runs().ledgers[1])


def test_writing_takes_calls_to_cut_it_short_at() -> None:
    assert CALLS >= 8


@pytest.mark.parametrize("number", range(1, CALLS + 1))
@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (1, 1)])
def test_of_two_at_once_the_later_ledger_wins(
    number: int, first: int, second: int, *, done: bool
) -> None:
    published, watch = _two_runs(), Watch()

    def comes_between() -> None:
        published.writer().of(published.ledgers[second])

    watch.interfere(at_call(number, comes_between), done=done)
    published.writer(watch=watch).of(published.ledgers[first])
    assert published.found() == published.pages[max(first, second)]


@pytest.mark.parametrize("number", range(1, CALLS + 1))
@pytest.mark.parametrize("done", [False, True])
def test_what_was_cut_short_is_mended_by_the_next_one(
    number: int, *, done: bool
) -> None:
    published, watch = _two_runs(), Watch()
    watch.interfere(at_call(number, watch.kill), done=done)
    with pytest.raises(Killed):
        published.writer(watch=watch).of(published.ledgers[1])
    published.writer().of(published.ledgers[2])
    assert published.found() == published.pages[2]


@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_what_the_store_refuses_is_written_by_the_next_one(number: int) -> None:
    published, watch = _two_runs(), Watch()

    def refuse() -> None:
        raise RefusedError("write", "no")

    watch.interfere(at_call(number, refuse), done=False)
    with pytest.raises(RefusedError):
        published.writer(watch=watch).of(published.ledgers[1])
    published.writer().of(published.ledgers[1])
    assert published.found() == published.pages[1]


def test_others_who_never_end_are_left_to_it(published: Published) -> None:
    published.run("bat")
    watch = Watch()

    def meddle(call: Call) -> None:
        if call == Call("replace", JSON):
            there: StoredObject = published.mirror.disk.get(ObjectKey(JSON))
            body = there.body + b" "
            published.mirror.disk.replace(ObjectKey(JSON), body, there.version)

    watch.interfere(meddle, done=False)
    with pytest.raises(ConflictError, match="8 times"):
        published.writer(watch=watch)()
    with pytest.raises(ConflictError, match="8 times"):
        published.writer(watch=watch).of(published.ledgers[-1])
