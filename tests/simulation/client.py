"""boto3's client as the S3 adapter knows it, at the end of a simulated line."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar, cast

from botocore.exceptions import ClientError, ReadTimeoutError

import adapters.s3.bucket
from adapters.ledger.layout import commit_seq
from adapters.s3.client import S3Clients
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from tests.fake_s3.bucket import Version
from tests.simulation.answers import copied, got, listed, looked_at
from tests.simulation.faults import Fault
from tests.simulation.judged import JudgedBucket
from tests.simulation.line import Line

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")

_ATTEMPTS = 3
_SERVERS_FAULT = 500


class SimulatedS3:
    """One client: what it is asked for goes down the line, more than once if it may."""

    def __init__(self, line: Line, bucket: JudgedBucket, attempts: int) -> None:
        self._line = line
        self._bucket = bucket
        self._attempts = attempts

    def put_object(
        self,
        *,
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        ChecksumSHA256: str,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        **_: object,
    ) -> dict[str, Any]:
        """PutObject."""
        digest = b64decode(ChecksumSHA256).hex()
        version = self._ask(
            "PUT",
            Key,
            lambda: self._bucket.put(Key, Body, digest, IfNoneMatch, IfMatch),
        )
        return {"ETag": version.etag}

    def get_object(
        self,
        *,
        Key: str,  # noqa: N803
        Range: str = "",  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        **_: object,
    ) -> dict[str, Any]:
        """GetObject."""
        version = self._ask("GET", Key, lambda: self._bucket.get(Key, IfMatch))
        start = int(Range.removeprefix("bytes=").removesuffix("-")) if Range else None
        comes = None
        if self._line.strikes(Fault.CUT_SHORT):
            comes = int(self._line.world.chance() * (len(version.body) - (start or 0)))
        return got(self._on_the_way(version), start, comes)

    def head_object(self, *, Key: str, **_: object) -> dict[str, Any]:  # noqa: N803
        """HeadObject."""
        return looked_at(self._ask("HEAD", Key, lambda: self._bucket.get(Key, None)))

    def head_bucket(self, **_: object) -> dict[str, Any]:
        """HeadBucket."""
        return self._ask("HEAD", "", dict)

    def list_objects_v2(
        self,
        *,
        Prefix: str,  # noqa: N803
        StartAfter: str = "",  # noqa: N803
        ContinuationToken: str = "",  # noqa: N803
        **_: object,
    ) -> dict[str, Any]:
        """ListObjectsV2."""
        after = ContinuationToken or StartAfter
        page, more = self._ask(
            "LIST", Prefix, lambda: self._bucket.bucket.page(Prefix, after)
        )
        if len(page) > 1 and self._line.strikes(Fault.HOLEY_LIST):
            page.pop(self._line.world.random.randrange(len(page) - 1))
        return listed(page, more=more)

    def copy_object(
        self,
        *,
        Key: str,  # noqa: N803
        CopySource: dict[str, str],  # noqa: N803
        CopySourceIfMatch: str,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
        **_: object,
    ) -> dict[str, Any]:
        """CopyObject."""
        source = CopySource["Key"]
        return copied(
            self._ask(
                "COPY",
                Key,
                lambda: self._bucket.copy(source, Key, CopySourceIfMatch, IfNoneMatch),
            )
        )

    def delete_object(self, *, Key: str, **_: object) -> dict[str, Any]:  # noqa: N803
        """DeleteObject."""
        self._ask("DELETE", Key, lambda: self._bucket.delete(Key))
        return {}

    def _ask(self, method: str, key: str, carry_out: Callable[[], T]) -> T:
        for attempt in range(1, self._attempts + 1):
            try:
                return self._line.ask(method, key, carry_out)
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status < _SERVERS_FAULT or attempt == self._attempts:
                    raise
            except ReadTimeoutError:
                if attempt == self._attempts:
                    raise
            self._line.world.sleep(self._line.world.chance() * 2**attempt)
        raise AssertionError("at least one attempt")

    def _on_the_way(self, version: Version) -> Version:
        """Return what comes of what was sent: a commit may be changed."""
        seq = commit_seq(ObjectKey(version.key))
        if seq is None or version.body.count(b"\n") < _LINES:
            return version
        if self._line.strikes(Fault.DAMAGED):
            self._line.misled = True
            damage = self._line.world.random.choice(_DAMAGES)
            return replace(version, body=damage(version.body))
        if seq < self._line.settled and self._line.strikes(Fault.FORGED):
            self._line.misled = True
            self._line.forged.add(seq)
            return replace(version, body=_forged(version.body))
        return version


_LINES = 2


def _another_n(body: bytes) -> bytes:
    header, _, rest = body.partition(b"\n")
    said = json.loads(header)
    said["n"] += 1
    return b"%s\n%s" % (_line(said), rest)


def _another_event(body: bytes) -> bytes:
    header, _, rest = body.partition(b"\n")
    first, _, more = rest.partition(b"\n")
    said = json.loads(first)
    name = "day" if "day" in said else "on" if "on" in said else None
    if name is not None:
        said[name] = "2020-02-02"
    elif "size" in said:
        said["size"] += 1
    elif "state" in said:
        said["counts"]["bytes"] += 1
    return b"%s\n%s\n%s" % (header, _line({**said, "id": _NOBODY}), more)


def _without_last_line(body: bytes) -> bytes:
    return body[: body.rindex(b"\n", 0, -1) + 1]


def _cut_off(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _forged(body: bytes) -> bytes:
    """Return another commit in its place, which is well made."""
    header, _, rest = _another_event(body).partition(b"\n")
    said = json.loads(header)
    return b"%s\n%s" % (_line({**said, "body": sha256(rest).hexdigest()}), rest)


def _line(said: object) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


_NOBODY = "00000000-0000-4000-8000-000000000000"
_DAMAGES = (_another_n, _another_n, _another_event, _without_last_line, _cut_off)


def open_store(line: Line, bucket: JudgedBucket) -> S3Store:
    """Return the S3 adapter itself, at the end of ``line``."""
    clients = S3Clients(
        repeats=cast("S3Client", SimulatedS3(line, bucket, _ATTEMPTS)),
        writes=cast("S3Client", SimulatedS3(line, bucket, 1)),
    )
    # The one place where the adapter asks boto3 for anything.
    module: Any = adapters.s3.bucket
    real = module.open_clients
    module.open_clients = lambda *_: clients
    try:
        return S3Store("mirror", pool_size=1, retry_attempts=_ATTEMPTS)
    finally:
        module.open_clients = real
