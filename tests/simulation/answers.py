"""S3's answers as botocore hands them over."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from botocore.exceptions import ClientError, IncompleteReadError

from tests.fake_s3.bucket import S3Error, Version


class Body:
    """The bytes of an object as they come, which may end too early."""

    def __init__(self, whole: bytes, comes: int | None = None) -> None:
        self._whole = whole
        self._comes = len(whole) if comes is None else comes
        self._at = 0

    def read(self, amount: int) -> bytes:
        """Return the next bytes, none at the end."""
        piece = self._whole[self._at : min(self._at + amount, self._comes)]
        self._at += len(piece)
        if not piece and self._comes < len(self._whole):
            raise IncompleteReadError(
                actual_bytes=self._at, expected_bytes=len(self._whole)
            )
        return piece

    def close(self) -> None:
        """Forget the rest."""


def said_no(error: S3Error, operation: str) -> ClientError:
    """Return what botocore raises for S3's no."""
    return ClientError(
        {
            "Error": {"Code": error.code, "Message": error.message},
            "ResponseMetadata": {"HTTPStatusCode": error.status},  # type: ignore[typeddict-item]
        },
        operation,
    )


def got(version: Version, start: int | None, comes: int | None) -> dict[str, Any]:
    """Return the answer to GET.

    Args:
        version: What is sent.
        start: From which byte on; None if that was not asked.
        comes: How many bytes come before the line breaks; None if it does not.
    """
    body = Body(version.body[start or 0 :], comes)
    answer: dict[str, Any] = {"ETag": version.etag, "Body": body}
    if start is not None:
        whole = len(version.body)
        answer["ContentRange"] = f"bytes {start}-{whole - 1}/{whole}"
    return answer


def looked_at(version: Version) -> dict[str, Any]:
    """Return the answer to HEAD."""
    answer: dict[str, Any] = {
        "ETag": version.etag,
        "ContentLength": len(version.body),
    }
    return {**answer, **_checksum(version)}


def copied(version: Version) -> dict[str, Any]:
    """Return the answer to a copy."""
    return {"CopyObjectResult": {"ETag": version.etag, **_checksum(version)}}


def listed(page: list[Version], *, more: bool) -> dict[str, Any]:
    """Return one page of a list."""
    contents = [{"Key": each.key, "Size": len(each.body)} for each in page]
    answer: dict[str, Any] = {"IsTruncated": more, "Contents": contents}
    if more:
        answer["NextContinuationToken"] = page[-1].key
    return answer


def _checksum(version: Version) -> dict[str, str]:
    if version.sha256 is None:
        return {}
    return {"ChecksumSHA256": b64encode(bytes.fromhex(version.sha256)).decode()}
