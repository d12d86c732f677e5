"""What a mirror's bucket holds, and what its ledger says, for who has all rights."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

import boto3

from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import decode_hash_file
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from domain.bottle import ObjectKey
from domain.events import GENESIS, Event, RecordedCommit
from domain.ledger import Ledger, replay

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HASH_FILE = "bottles_hash.json"
PUBLIC = ("v2/", "flat/", "api/", "generations/", "status/")
"""Where what clients read lies, and what was, or is to be, published."""

_Event = TypeVar("_Event", bound=Event)


class S3Server(Protocol):
    """An S3 that programs find by their environment."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Endpoint, credentials and certificates, as AWS's own tools read them."""
        raise NotImplementedError


@dataclass
class MirrorBucket:
    """The bucket of a mirror.

    Attributes:
        bucket: Its name.
    """

    s3: S3Server
    bucket: str

    def ledger(self) -> Ledger:
        """Return the ledger as the log in the bucket gives it from zero."""
        return replay(self.commits())

    def commits(self) -> list[RecordedCommit]:
        """Return the log in the bucket."""
        copy = MemoryStore()
        with closing(self.client()) as client:
            for key in self.tree("ledger/"):
                got = client.get_object(Bucket=self.bucket, Key=key)
                copy.create(ObjectKey(key), got["Body"].read())
        log = StoredEventLog(copy, ManualClock(), ONCE, chance=lambda: 0.5)
        return list(log.read(GENESIS))

    def events(self, kind: type[_Event]) -> list[_Event]:
        """Return every event of a kind, in the order of the log."""
        return [
            event
            for one in self.commits()
            for event in one.commit.events
            if isinstance(event, kind)
        ]

    def published(self) -> Ledger:
        """Return the ledger that the hash file in the bucket holds."""
        return decode_hash_file(self.read(HASH_FILE))

    def read(self, key: str) -> bytes:
        """Return what an object of the bucket holds."""
        with closing(self.client()) as client:
            return client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def damage(self, key: str, body: bytes | None) -> None:
        """Put something else in the place of an object, or nothing."""
        with closing(self.client()) as client:
            if body is None:
                client.delete_object(Bucket=self.bucket, Key=key)
            else:
                client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def tree(self, prefix: str = "") -> dict[str, str]:
        """Return the ETag of every object of the bucket, by its key."""
        with closing(self.client()) as client:
            pages = client.get_paginator("list_objects_v2")
            return {
                found["Key"]: found["ETag"]
                for page in pages.paginate(Bucket=self.bucket, Prefix=prefix)
                for found in page.get("Contents", ())
            }

    def client(self) -> S3Client:
        """Return a new client of the S3 with all rights; the caller closes it."""
        return client_of(self.s3)


@cache
def _session() -> boto3.session.Session:
    """Return one for all: a new one reads for 50 ms what each service is like."""
    return boto3.session.Session()


def client_of(s3: S3Server) -> S3Client:
    """Return a new client with all rights; the caller closes it."""
    variables = s3.variables
    return _session().client(
        "s3",
        region_name="us-east-1",
        endpoint_url=variables["AWS_ENDPOINT_URL_S3"],
        verify=variables.get("AWS_CA_BUNDLE"),
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
