"""boto3's clients, with a short way for what is asked once for every bottle.

They are asked, and answer and fail, as boto3's are.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from botocore.awsrequest import HeadersDict
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError, create_parser

from adapters.s3.body import StreamedBody
from adapters.s3.short_way import UNASKED, Reply, ShortWay
from adapters.wire.connections import Method

if TYPE_CHECKING:
    from botocore.model import Shape
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        CopyObjectOutputTypeDef,
        HeadObjectOutputTypeDef,
        PutObjectOutputTypeDef,
    )

_BODY_HEADERS: Final[Mapping[str, str]] = {
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "ContentEncoding": "Content-Encoding",
    "ContentLength": "Content-Length",
    "ContentType": "Content-Type",
}
_PUT_HEADERS: Final[Mapping[str, str]] = {
    **_BODY_HEADERS,
    "IfMatch": "If-Match",
    "IfNoneMatch": "If-None-Match",
}
_HEAD_HEADERS: Final[Mapping[str, str]] = {"ChecksumMode": "x-amz-checksum-mode"}
_COPY_HEADERS: Final[Mapping[str, str]] = {
    "ChecksumAlgorithm": "x-amz-checksum-algorithm",
    "CopySourceIfMatch": "x-amz-copy-source-if-match",
    "IfNoneMatch": "If-None-Match",
}
_OBJECT: Final = frozenset({"Bucket", "Key"})
# The bucket is elsewhere, at least for now; boto3 knows how to go there.
_MOVED: Final = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.TEMPORARY_REDIRECT})
# What asking again would not change.
_FINAL: Final = frozenset(
    {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.PRECONDITION_FAILED,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
_LOOKED_AT: Final[Mapping[str, str]] = {
    "ETag": "ETag",
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "ChecksumType": "x-amz-checksum-type",
    "ContentEncoding": "Content-Encoding",
    "ContentType": "Content-Type",
}
_PUT: Final[Mapping[str, str]] = {"ETag": "ETag"}
_FIRST_ERROR: Final = 300


class _Quick:
    def __init__(self, client: S3Client, short: ShortWay) -> None:
        self._client = client
        self._short = short
        self._parser = create_parser("rest-xml")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever boto3 has
        return getattr(self._client, name)

    def _may(self, asked: Mapping[str, Any], known: Mapping[str, str]) -> bool:
        return self._short.way is not None and asked.keys() <= {*_OBJECT, *known}

    def _read(self, operation: str, reply: Reply) -> Any:  # noqa: ANN401
        """Return what an answer says, read by boto3 itself.

        Raises:
            ClientError: It says no.
        """
        model = self._client.meta.service_model.operation_model(operation)
        shape = cast("Shape", model.output_shape)
        parsed = self._parser.parse(
            {
                "status_code": reply.status,
                "headers": HeadersDict(reply.headers.items()),
                "body": reply.body,
            },
            shape,
        )
        if reply.status >= _FIRST_ERROR:
            raise ClientError(parsed, operation)
        return parsed


class QuickWrites(_Quick):
    """The client for what may not be done twice."""

    def put_object(self, **asked: Any) -> PutObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does."""
        if not self._may(asked, {"Body": "", **_PUT_HEADERS}):
            return self._client.put_object(**asked)
        body: bytes | StreamedBody = asked["Body"]
        headers = _headers(asked, _PUT_HEADERS)
        if isinstance(body, bytes):
            headers["Content-Length"] = str(len(body))
        elif asked["ContentLength"] > UNASKED:
            headers["Expect"] = "100-continue"
        reply = self._short.send("PUT", asked["Key"], headers, body)
        # What has left of a stream cannot be sent again.
        if reply.status in _MOVED and (isinstance(body, bytes) or not body.sent):
            return self._client.put_object(**asked)
        if reply.status != HTTPStatus.OK:
            return cast("PutObjectOutputTypeDef", self._read("PutObject", reply))
        return cast("PutObjectOutputTypeDef", _named(reply, _PUT))


class QuickRepeats(_Quick):
    """The client for what may be done twice.

    Where the short way leads to no final answer, boto3 asks again, with its patience.
    """

    def __init__(self, client: S3Client, short: ShortWay, *, patient: bool) -> None:
        """Take boto3's client.

        Args:
            patient: Whether anything may be tried more than once.
        """
        super().__init__(client, short)
        self._patient = patient

    def head_object(self, **asked: Any) -> HeadObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does."""
        if self._may(asked, _HEAD_HEADERS):
            headers = _headers(asked, _HEAD_HEADERS)
            reply = self._answered("HeadObject", "HEAD", asked["Key"], headers)
            if reply is not None:
                return cast("HeadObjectOutputTypeDef", _looked_at(reply))
        return self._client.head_object(**asked)

    def put_object(self, **asked: Any) -> PutObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does, and leave to it what has a condition."""
        if self._may(asked, {"Body": "", **_BODY_HEADERS}):
            body: bytes = asked["Body"]
            headers = _headers(asked, _BODY_HEADERS)
            headers["Content-Length"] = str(len(body))
            reply = self._answered("PutObject", "PUT", asked["Key"], headers, body)
            if reply is not None:
                return cast("PutObjectOutputTypeDef", _named(reply, _PUT))
        return self._client.put_object(**asked)

    def copy_object(self, **asked: Any) -> CopyObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does."""
        if self._may(asked, {"CopySource": "", **_COPY_HEADERS}):
            source = "{Bucket}/{Key}".format(**asked["CopySource"])
            headers = _headers(asked, _COPY_HEADERS)
            headers["x-amz-copy-source"] = quote(source, safe="/~")
            headers["Content-Length"] = "0"
            reply = self._answered("CopyObject", "PUT", asked["Key"], headers)
            read = None if reply is None else self._read("CopyObject", reply)
            # An error can come after a 200 (API reference, CopyObject).
            if read is not None and "CopyObjectResult" in read:
                return cast("CopyObjectOutputTypeDef", read)
        return self._client.copy_object(**asked)

    def _answered(
        self,
        operation: str,
        method: Method,
        key: str,
        headers: Mapping[str, str],
        body: bytes = b"",
    ) -> Reply | None:
        """Return a good answer; None when boto3 is to ask for another.

        Raises:
            ClientError: It was a bad one, which will not change.
            BotoCoreError: There was none, and nobody may ask again.
        """
        try:
            reply = self._short.send(method, key, headers, body)
        except BotoCoreError:
            if self._patient:
                return None
            raise
        if reply.status == HTTPStatus.OK:
            return reply
        if reply.status in _FINAL or not (self._patient or reply.status in _MOVED):
            self._read(operation, reply)
        return None


def _headers(asked: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {header: str(asked[name]) for name, header in names.items() if name in asked}


def _named(reply: Reply, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what headers say, where they are there."""
    found = ((name, reply.headers.get(header)) for name, header in names.items())
    return {name: value for name, value in found if value is not None}


def _looked_at(reply: Reply) -> dict[str, Any]:
    """Return what boto3 would make of a HEAD, as far as anybody asks for it.

    Raises:
        ResponseParserError: It is no answer of an S3 server.
    """
    try:
        return {
            **_named(reply, _LOOKED_AT),
            "ContentLength": int(reply.headers["Content-Length"]),
            "LastModified": parsedate_to_datetime(reply.headers["Last-Modified"]),
        }
    except (KeyError, ValueError, TypeError) as error:
        raise ResponseParserError("the answer lacks a length or a date") from error
