"""What is asked over HTTP, what is answered, and which operation of S3 it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from tests.fake_s3.bucket import S3Error
from tests.fake_s3.documents import error_document

# What a query names is a part of S3's interface of its own: ?acl, ?uploads, ?tagging...
_PARAMETERS = {
    *("list-type", "prefix", "start-after", "continuation-token", "max-keys"),
    *("encoding-type", "key-marker", "version-id-marker", "versionId", "x-id"),
    *("delimiter", "fetch-owner"),
}
_OF_BUCKETS: Mapping[tuple[str, str], str] = {
    ("GET", "versioning"): "GetBucketVersioning",
    ("GET", "versions"): "ListObjectVersions",
    ("PUT", "versioning"): "PutBucketVersioning",
    ("PUT", ""): "CreateBucket",
    ("HEAD", ""): "HeadBucket",
}
_OF_OBJECTS: Mapping[str, str] = {
    "PUT": "PutObject",
    "GET": "GetObject",
    "HEAD": "HeadObject",
    "DELETE": "DeleteObject",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request: path-style, names of headers in lower case."""

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str]) -> Call:
        """Return what a request line and its headers ask for."""
        path, _, query = target.partition("?")
        bucket, _, key = path.removeprefix("/").partition("/")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        return cls(method, unquote(bucket), unquote(key), parameters, headers)

    @property
    def operation(self) -> str:
        """S3's name of what is asked for; what this server lacks is named otherwise."""
        asked = " ".join(sorted(self.query.keys() - _PARAMETERS))
        if self.key:
            name = "" if asked else _OF_OBJECTS.get(self.method, "")
            if name == "PutObject" and "x-amz-copy-source" in self.headers:
                name = "CopyObject"
        elif self.method == "GET" and self.query.get("list-type") == "2":
            name = "" if asked else "ListObjectsV2"
        else:
            name = _OF_BUCKETS.get((self.method, asked), "")
        return name or f"{self.method} ?{asked}"

    @property
    def conditional(self) -> bool:
        """Whether it is a write that is to be made only if."""
        conditions = {"if-none-match", "if-match"}
        return self.method == "PUT" and not conditions.isdisjoint(self.headers)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def refusal(error: S3Error, call: Call, retry_after: int | None) -> Reply:
    """Return how S3 says no."""
    headers = {"Content-Type": "application/xml"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if error.marker is not None:
        headers["x-amz-delete-marker"] = "true"
        headers["x-amz-version-id"] = error.marker.version_id
    resource = f"/{call.bucket}/{call.key}"
    return Reply(
        error.status, headers, error_document(error.code, error.message, resource)
    )


def not_implemented(what: str) -> S3Error:
    """Return that something is beyond this server."""
    return S3Error(501, "NotImplemented", f"The tests' S3 lacks this: {what}")
