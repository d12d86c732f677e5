"""The stores, for every suite that is run against each of them."""

from collections.abc import Iterator

import pytest

from ports.store import Store
from tests.fake_s3.process import running_fake_s3
from tests.support.stores import STORES, open_store


@pytest.fixture(scope="session")
def fake_s3() -> Iterator[str]:
    """Yield the URL of an S3 of the tests, started when first asked for."""
    with running_fake_s3() as endpoint_url:
        yield endpoint_url


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Yield an empty store of each kind."""
    with open_store(request) as opened:
        yield opened
