"""What every status page promises, on every store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.folder.store import FolderStore
from adapters.memory.status_page import MemoryStatusPage
from adapters.s3.store import S3Store
from domain.events import Event
from domain.history import History
from domain.ledger import Ledger
from domain.served import STATUS_PAGE
from domain.status import Status, status_of
from ports.errors import ConflictError
from ports.status_page import LastPage, StatusPage
from tests.support.catalogs import make_bottle
from tests.support.chain import Chain, mirrored, started
from tests.support.pages import page_in
from tests.support.stores import STORES, open_store


def _told(*names: str) -> tuple[Status, History]:
    """Return what there is to tell of a mirror of these formulae."""
    chain, ledger, history = Chain(), Ledger(), History()
    events: list[Event] = [started(), *(mirrored(make_bottle(n)) for n in names)]
    recorded = chain.add(*events)
    history.follow(ledger, recorded, ledger.position)
    return status_of(ledger, history, recorded.commit.at), history


@pytest.fixture(params=["no store", *STORES])
def page(request: pytest.FixtureRequest) -> Iterator[StatusPage]:
    """Yield an empty page, by itself or in a store of each kind."""
    if request.param == "no store":
        yield MemoryStatusPage()
        return
    with open_store(request) as store:
        public = store.public if isinstance(store, FolderStore | S3Store) else None
        yield page_in(store, public)


def _last(page: StatusPage) -> LastPage:
    last = page.last()
    assert last is not None
    return last


def test_gives_back_what_was_written(page: StatusPage) -> None:
    assert page.last() is None
    for names in (("jq",), ("jq", "bat")):
        status, history = _told(*names)
        keys = page.write(status, history, page.last(), anew=False)
        assert keys[0] == STATUS_PAGE
        assert (_last(page).ledger, _last(page).history) == (status.ledger, history)


def test_what_is_given_back_may_be_carried_on(page: StatusPage) -> None:
    status, history = _told("jq")
    page.write(status, history, None, anew=False)
    given = _last(page).history
    assert given is not None
    given.missing.clear()
    given.weeks.clear()
    assert _last(page).history == history


def test_is_not_replaced_by_who_has_not_read_it(page: StatusPage) -> None:
    page.write(*_told("jq"), None, anew=False)
    seen = page.last()
    status, history = _told("jq", "bat")
    page.write(status, history, seen, anew=False)
    for last in (None, seen):
        for anew in (False, True):
            with pytest.raises(ConflictError):
                page.write(*_told("jq", "bat", "ale"), last, anew=anew)
    assert _last(page).history == history


@pytest.mark.parametrize("anew", [False, True])
def test_may_be_written_again_as_it_is(page: StatusPage, *, anew: bool) -> None:
    told = _told("jq")
    page.write(*told, None, anew=False)
    page.write(*told, page.last(), anew=anew)
    assert _last(page).history == told[1]
