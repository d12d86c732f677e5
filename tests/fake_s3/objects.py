"""S3's operations on one object, from headers to headers."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from hashlib import md5, sha256
from urllib.parse import unquote
from zlib import crc32

from tests.fake_s3.bucket import LOCK_MODE, Bucket, S3Error, Version
from tests.fake_s3.documents import checksum, copied_document
from tests.fake_s3.wire import Call, Reply, not_implemented

_SAID_AGAIN = re.compile(
    r"content-(type|encoding|language|disposition)|cache-control|expires"
    r"|x-amz-meta-.*|x-amz-object-lock-mode"
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHA256_SIZE = 32  # bytes
_LOCK_UNTIL = "x-amz-object-lock-retain-until-date"


def check_put(bucket: Bucket, call: Call) -> None:
    """Check what can be checked of a PutObject before its body has come.

    Raises:
        S3Error: A condition does not hold.
    """
    bucket.check_put(
        call.key, if_none_match=_only_if_absent(call), if_match=_etag(call, "if-match")
    )


def put_object(bucket: Bucket, call: Call) -> Reply:
    """Do a PutObject."""
    _check_body(call)
    headers = {
        name: value
        for name, value in call.headers.items()
        if _SAID_AGAIN.fullmatch(name)
    }
    headers.setdefault("content-type", "binary/octet-stream")
    put = bucket.put(
        call.key,
        call.body,
        if_none_match=_only_if_absent(call),
        if_match=_etag(call, "if-match"),
        sha256=_checksum_of(call),
        retain_until=_retain_until(call),
        headers=headers,
    )
    return Reply(headers=_about(bucket, put, checksums=True))


def get_object(bucket: Bucket, call: Call) -> Reply:
    """Do a GetObject, or the HeadObject that would go before it."""
    found = bucket.get(call.key, call.query.get("versionId"))
    if _etag(call, "if-match") not in {None, '"*"', found.etag}:
        raise S3Error(412, "PreconditionFailed", "It did not hold: If-Match")
    part = _RANGE.fullmatch(call.headers.get("range", ""))
    ask = call.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    headers = _about(bucket, found, checksums=ask and not part)
    if _etag(call, "if-none-match") in {'"*"', found.etag}:
        return Reply(304, headers)
    headers |= found.headers
    if found.retain_until is not None:
        headers[_LOCK_UNTIL] = f"{found.retain_until:%Y-%m-%dT%H:%M:%S.000Z}"
    headers["Accept-Ranges"] = "bytes"
    headers["Last-Modified"] = format_datetime(found.at, usegmt=True)
    if part is None:
        return Reply(200, headers, found.body)
    start, end = _range(part, len(found.body))
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(found.body)}"
    return Reply(206, headers, found.body[start:end])


def copy_object(bucket: Bucket, call: Call) -> Reply:
    """Do a CopyObject inside one bucket."""
    if call.headers.get("x-amz-metadata-directive", "COPY") != "COPY":
        raise not_implemented("other metadata for a copy")
    algorithm = call.headers.get("x-amz-checksum-algorithm")
    if algorithm not in {None, "SHA256"}:
        raise not_implemented(f"a checksum of kind {algorithm}")
    path, _, query = call.headers["x-amz-copy-source"].partition("?versionId=")
    bucket_name, _, source = unquote(path).removeprefix("/").partition("/")
    if bucket_name != call.bucket:
        raise not_implemented("a copy from another bucket")
    copied = bucket.copy(
        source,
        call.key,
        source_version_id=query or None,
        source_if_match=_etag(call, "x-amz-copy-source-if-match"),
        if_none_match=_only_if_absent(call),
        checksum=algorithm is not None,
    )
    return Reply(200, _about(bucket, copied), copied_document(copied))


def delete_object(bucket: Bucket, call: Call) -> Reply:
    """Do a DeleteObject."""
    if "if-match" in call.headers:
        raise not_implemented("to delete only if")
    named = call.query.get("versionId")
    gone = bucket.delete(call.key, named)
    headers = {}
    if bucket.versioning:
        headers["x-amz-version-id"] = named or (gone.version_id if gone else "")
        if gone is not None and gone.marker:
            headers["x-amz-delete-marker"] = "true"
    return Reply(204, headers)


def _about(
    bucket: Bucket, version: Version, *, checksums: bool = False
) -> dict[str, str]:
    headers = {"ETag": version.etag}
    if bucket.versioning:
        headers["x-amz-version-id"] = version.version_id
    if checksums and version.sha256 is not None:
        headers["x-amz-checksum-sha256"] = checksum(version.sha256)
        headers["x-amz-checksum-type"] = "FULL_OBJECT"
    return headers


def _only_if_absent(call: Call) -> bool:
    asked = call.headers.get("if-none-match")
    if asked not in {None, "*"}:
        raise not_implemented("If-None-Match of a write with an ETag")
    return asked is not None


def _etag(call: Call, name: str) -> str | None:
    asked = call.headers.get(name)
    return None if asked is None else '"{}"'.format(asked.strip('"'))


def _range(part: re.Match[str], size: int) -> tuple[int, int]:
    first, last = part.groups()
    if first:
        start, end = int(first), min(size, int(last) + 1) if last else size
    else:
        start, end = max(0, size - int(last or 0)), size
    if start >= end:
        raise S3Error(416, "InvalidRange", "The requested range is not satisfiable")
    return start, end


def _retain_until(call: Call) -> datetime | None:
    mode, until = call.headers.get(LOCK_MODE), call.headers.get(_LOCK_UNTIL)
    if mode is None and until is None:
        return None
    if mode not in {"GOVERNANCE", "COMPLIANCE"} or until is None:
        raise S3Error(400, "InvalidArgument", f"{LOCK_MODE} and {_LOCK_UNTIL}: both")
    if not {"content-md5", "x-amz-checksum-sha256"} & call.headers.keys():
        raise S3Error(
            400, "InvalidRequest", "Object Lock needs Content-MD5 or a checksum"
        )
    return datetime.fromisoformat(until)


def _checksum_of(call: Call) -> str | None:
    sent = call.headers.get("x-amz-checksum-sha256")
    if sent is None:
        return None
    digest = _decoded(sent)
    if len(digest) != _SHA256_SIZE:
        raise S3Error(400, "InvalidRequest", "x-amz-checksum-sha256 is invalid.")
    return digest.hex()


def _check_body(call: Call) -> None:
    """Check a body against all that was said of it, but for its SHA-256."""
    headers: Mapping[str, str] = call.headers
    signed = headers.get("x-amz-content-sha256", "")
    if signed.startswith("STREAMING-"):
        raise not_implemented("aws-chunked")
    if _HEX_DIGEST.fullmatch(signed) and sha256(call.body).hexdigest() != signed:
        raise S3Error(400, "XAmzContentSHA256Mismatch", "The body was not signed so.")
    if sent := headers.get("content-md5"):
        _compare(md5(call.body, usedforsecurity=False).digest(), sent)
    if sent := headers.get("x-amz-checksum-crc32"):
        _compare(crc32(call.body).to_bytes(4, "big"), sent)
    for name in ("crc32c", "crc64nvme", "sha1"):
        if f"x-amz-checksum-{name}" in headers:
            raise not_implemented(f"a checksum of kind {name}")


def _compare(digest: bytes, sent: str) -> None:
    if digest != _decoded(sent):
        raise S3Error(400, "BadDigest", "The body does not have the digest sent.")


def _decoded(sent: str) -> bytes:
    try:
        return b64decode(sent, validate=True)
    except ValueError as error:
        raise S3Error(400, "InvalidDigest", f"{sent} is no base64.") from error
