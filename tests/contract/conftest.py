"""The stores, for every suite that is run against each of them."""

from collections.abc import Iterator

import pytest

from ports.store import Store
from tests.support.stores import STORES, open_store


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Yield an empty store of each kind."""
    with open_store(request) as opened:
        yield opened
