import pytest

from tests.support.stores import REAL_BUCKET, STORES


@pytest.mark.skipif(not REAL_BUCKET, reason="no real bucket: set BOTTLES_TEST_BUCKET")
def test_every_promise_of_a_store_is_tried_on_a_real_bucket() -> None:
    assert "bucket" in [kind.values[0] for kind in STORES]
