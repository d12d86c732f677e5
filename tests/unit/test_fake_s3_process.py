import pytest
import requests

from tests.fake_s3.process import running_fake_s3


def test_serves_until_its_parent_has_had_enough() -> None:
    with running_fake_s3() as url:
        bucket = f"{url}/mirror"
        assert requests.put(bucket, timeout=60).status_code == 200
        assert requests.put(f"{bucket}/key", b"body", timeout=60).status_code == 200
        assert requests.get(f"{bucket}/key", timeout=60).content == b"body"
    with pytest.raises(requests.ConnectionError):
        requests.head(bucket, timeout=60)
