import json
import uuid
from contextlib import closing

import pytest

from tests.support.command import Bottles, at_one_moment
from tests.support.seaweed import SeaweedS3
from tests.support.stores import shared_bucket, use_seaweed

ONE = ("sync", "ledger", "gauge", "--tag", "arm64_sonoma")


@pytest.fixture
def s3(seaweed: SeaweedS3, monkeypatch: pytest.MonkeyPatch) -> SeaweedS3:
    """Make a server of the tests what AWS is to the command line."""
    use_seaweed(monkeypatch, seaweed)
    return seaweed


@pytest.mark.usefixtures("upstream")
def test_a_bucket_holds_the_same_tree_as_a_folder(
    bottles: Bottles, s3: SeaweedS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, prefix = shared_bucket(s3), f"cli/{uuid.uuid4()}"
    store = f"s3://{bucket}/{prefix}"

    # When a full hour lies between them, the second has a status page to write.
    at_one_moment(monkeypatch)
    answer = bottles.json(*ONE, "--store", store)
    again = bottles.json(*ONE, "--store", store)

    assert answer["mirrored"]["bottles"] == again["skipped"] == 2
    assert again["requests"] == {"upstream": 1, "store": 6}
    assert bottles.json("verify", "--deep", "--store", store)["ok"] == 2
    # Five of the first sync, the generation among them, and one of the second.
    assert bottles.json("ledger", "log", "--store", store)["commits"][0]["seq"] == 5
    with closing(s3.client()) as client:
        body = client.get_object(Bucket=bucket, Key=f"{prefix}/bottles_hash.json")
        entries = json.loads(body["Body"].read())["bottles"].values()
        for entry in entries:
            key = f"{prefix}/{entry['object_key']}"
            head = client.head_object(Bucket=bucket, Key=key)
            assert head["ContentLength"] == entry["file_size"]


@pytest.mark.usefixtures("upstream")
def test_a_plan_for_a_bucket_tells_what_it_will_cost(
    bottles: Bottles, s3: SeaweedS3
) -> None:
    ended = bottles("plan", "--store", f"s3://{shared_bucket(s3)}/cost", "ledger")

    assert ended.status == 0
    assert (
        "cost          about $0.01 for requests, then $0.01 a month for storage"
        " (S3 Standard in us-east-1; each view is one more copy)" in ended.out
    )


@pytest.mark.usefixtures("upstream", "s3")
def test_a_bucket_that_is_not_there_is_told(bottles: Bottles) -> None:
    ended = bottles(*ONE, "--store", "s3://no-such-bucket")

    assert ended.status == 4
    assert "create it with: aws s3 mb s3://no-such-bucket" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.usefixtures("upstream")
def test_wrong_credentials_are_told(
    bottles: Bottles, s3: SeaweedS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")

    ended = bottles(*ONE, "--store", f"s3://{shared_bucket(s3)}/wrong")

    assert ended.status == 4
    assert "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in ended.err
    assert "not-the-secret" not in ended.err
