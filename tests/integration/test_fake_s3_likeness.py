"""The S3 of the tests beside others, where those are known to be right."""

import random
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.fake_s3.server import FakeS3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BUCKET = "mirror"
_KEYS = ["a", "a/b", "a-b", "\u00e9 +", "z"]
_STEPS = 300


class Side:
    """One of the two, and what it calls its versions.

    Attributes:
        made: The keys and names of the versions, as they were made.
    """

    def __init__(self, client: "S3Client") -> None:
        self.client = client
        self.made: list[tuple[str, str]] = []

    def ask(self, method: str, **arguments: Any) -> object:  # noqa: ANN401 - boto3's own
        """Return what can be compared of an answer."""
        named = arguments.pop("version", None)
        if named is not None:
            place = min(named, len(self.made) - 1)
            arguments["Key"], arguments["VersionId"] = self.made[place]
        try:
            answer = getattr(self.client, method)(Bucket=_BUCKET, **arguments)
        except ClientError as error:
            said = error.response
            status = said["ResponseMetadata"]["HTTPStatusCode"]
            # moto takes a delete marker that is named for nothing.
            return 404 if status == 405 else status, named or said["Error"]["Code"]
        if method == "delete_object" and named is not None:
            # moto does not say what it has removed.
            return None
        if method in {"put_object", "delete_object"}:
            self.made.append((arguments["Key"], answer["VersionId"]))
        body = answer["Body"].read() if "Body" in answer else b""
        return (
            self._number(answer.get("VersionId")),
            answer.get("ETag"),
            answer.get("DeleteMarker", False),
            body,
            answer.get("IsTruncated"),
            [(each["Key"], each["ETag"]) for each in answer.get("Contents", ())],
            [
                (each["Key"], self._number(each["VersionId"]), each["IsLatest"])
                for part in ("Versions", "DeleteMarkers")
                for each in answer.get(part, ())
            ],
        )

    def _number(self, name: str | None) -> int | None:
        return None if name is None else [each for _, each in self.made].index(name)


@pytest.fixture
def sides(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Side, Side]]:
    """Yield ours and moto's, which lets through what is not for AWS."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    config = Config(retries={"total_max_attempts": 1})
    with (
        FakeS3() as server,
        mock_aws(),
        closing(
            boto3.client(
                "s3", "us-east-1", endpoint_url=server.endpoint_url, config=config
            )
        ) as ours,
        closing(boto3.client("s3", "us-east-1", config=config)) as other,
    ):
        for client in (ours, other):
            client.create_bucket(Bucket=_BUCKET)
            client.put_bucket_versioning(
                Bucket=_BUCKET, VersioningConfiguration={"Status": "Enabled"}
            )
        yield Side(ours), Side(other)


class TestLikeness:
    @pytest.mark.parametrize("seed", range(2))
    def test_answers_as_moto_does(self, sides: tuple[Side, Side], seed: int) -> None:
        ours, other = sides
        dice = random.Random(seed)
        etags = ['"0"']
        for side in sides:
            for key in (*_KEYS, "a"):
                side.ask("put_object", Key=key, Body=b"1")
        for step in range(_STEPS):
            method, arguments = _question(dice, etags)
            answers = [side.ask(method, **arguments) for side in (ours, other)]
            assert answers[0] == answers[1], (step, method, arguments)
            match answers[0]:
                case (int(), str(etag), *_):
                    etags.append(etag)


def _question(dice: random.Random, etags: list[str]) -> tuple[str, dict[str, Any]]:
    key = dice.choice(_KEYS)
    body = dice.choice([b"", b"1", b"22"])
    etag, after = dice.choice(etags), dice.choice(["", *_KEYS, "a."])
    prefix, number = dice.choice(["", "a"]), dice.randrange(60)
    page = {"Prefix": prefix, "StartAfter": after, "MaxKeys": dice.randint(1, 5)}
    questions: list[tuple[str, dict[str, Any]]] = [
        ("put_object", {"Key": key, "Body": body, "IfNoneMatch": "*"}),
        ("put_object", {"Key": key, "Body": body, "IfMatch": etag}),
        ("delete_object", {"Key": key}),
        # Not the first of each: moto lays no delete marker on nothing.
        ("delete_object", {"version": len(_KEYS) + number}),
        ("get_object", {"version": number}),
        ("get_object", {"Key": key}),
        ("list_object_versions", {"Prefix": prefix}),
        ("list_objects_v2", page),
    ]
    return dice.choice(questions)
