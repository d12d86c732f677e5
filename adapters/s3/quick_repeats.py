"""boto3's client for what may be done twice, with a short way for most of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import quote

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import BotoCoreError
from botocore.handlers import decode_list_object_v2
from botocore.parsers import ResponseParserError

from adapters.aws.failures import UnsendableError
from adapters.s3.exchange import Opened, Reply
from adapters.s3.quick import BODY_HEADERS, MOVED, PUT, Quick, headers_of, named
from adapters.s3.short_way import ShortWay
from adapters.wire.connections import Method

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        CopyObjectOutputTypeDef,
        DeleteObjectOutputTypeDef,
        GetObjectOutputTypeDef,
        HeadObjectOutputTypeDef,
        ListObjectsV2OutputTypeDef,
        PutObjectOutputTypeDef,
    )

R = TypeVar("R")

_HEAD_HEADERS: Final[Mapping[str, str]] = {"ChecksumMode": "x-amz-checksum-mode"}
_COPY_HEADERS: Final[Mapping[str, str]] = {
    "ChecksumAlgorithm": "x-amz-checksum-algorithm",
    "CopySourceIfMatch": "x-amz-copy-source-if-match",
    "IfNoneMatch": "If-None-Match",
}
_GET_HEADERS: Final[Mapping[str, str]] = {"IfMatch": "If-Match", "Range": "Range"}
_LIST_QUERY: Final[Mapping[str, str]] = {
    "ContinuationToken": "continuation-token",
    "Prefix": "prefix",
    "StartAfter": "start-after",
}
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
_READ: Final[Mapping[str, str]] = {
    "ETag": "ETag",
    "ContentEncoding": "Content-Encoding",
    "ContentRange": "Content-Range",
}
_GOOD: Final = frozenset({HTTPStatus.OK, HTTPStatus.NO_CONTENT})


class _NotSentError(Exception):
    """A request is not sent: it has shown all that it was made for."""


class QuickRepeats(Quick):
    """The client for what may be done twice.

    Where the short way leads to no final answer, boto3 asks again, with its patience.
    """

    def __init__(
        self, make: Callable[[int], S3Client], short: ShortWay, attempts: int
    ) -> None:
        """Take what makes a client of boto3's that tries so many times.

        Args:
            attempts: How often anything may be tried in all.
        """
        super().__init__(partial(make, attempts), short)
        self._patient = attempts > 1
        self._make_again = partial(make, max(attempts - 1, 1))

    def show_way(self, bucket: str) -> None:
        """Have boto3 show the way, by a request that is stopped before it is sent.

        Raises:
            BotoCoreError: What is configured for AWS makes no sense.
            ValueError: The endpoint is no URL.
        """
        client = self.client

        def show(request: AWSPreparedRequest, **_: object) -> None:
            self.short.learn(client.meta.endpoint_url, request)
            raise _NotSentError

        event = "before-send.s3.HeadObject"
        # What is wrong with it is told to whoever asks for something.
        with suppress(BotoCoreError, _NotSentError):
            # Before those that count what is sent.
            client.meta.events.register_first(event, show)
            try:
                client.head_object(Bucket=bucket, Key="any")
            finally:
                client.meta.events.unregister(event, show)

    @property
    def _again(self) -> S3Client:
        """The client for the next try, when it is time for one."""
        self.short.wait()
        return self._second

    @cached_property
    def _second(self) -> S3Client:
        # The first try went the short way.
        return self._make_again()

    def head_object(self, **asked: Any) -> HeadObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does."""
        if self.may(asked, _HEAD_HEADERS):
            headers = headers_of(asked, _HEAD_HEADERS)
            reply = self._answered("HeadObject", "HEAD", asked["Key"], headers)
            if reply is not None:
                return cast("HeadObjectOutputTypeDef", _looked_at(reply))
            return self._again.head_object(**asked)
        return self.client.head_object(**asked)

    def put_object(self, **asked: Any) -> PutObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does, and leave to it what has a condition."""
        if self.may(asked, {"Body": "", **BODY_HEADERS}):
            body: bytes = asked["Body"]
            headers = headers_of(asked, BODY_HEADERS)
            headers["Content-Length"] = str(len(body))
            reply = self._answered("PutObject", "PUT", asked["Key"], headers, body)
            if reply is not None:
                return cast("PutObjectOutputTypeDef", named(reply, PUT))
            return self._again.put_object(**asked)
        return self.client.put_object(**asked)

    def get_object(self, **asked: Any) -> GetObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does."""
        if self.may(asked, _GET_HEADERS):
            headers = headers_of(asked, _GET_HEADERS)
            reply = self._tried(partial(self.short.open, asked["Key"], headers))
            if isinstance(reply, Opened):
                read = {**named(reply, _READ), "Body": reply}
                return cast("GetObjectOutputTypeDef", read)
            if reply is not None:
                self._judge("GetObject", reply)
            return self._again.get_object(**asked)
        return self.client.get_object(**asked)

    def list_objects_v2(self, **asked: Any) -> ListObjectsV2OutputTypeDef:  # noqa: ANN401
        """Do as boto3's does."""
        if self.may(asked, _LIST_QUERY):
            query = {"list-type": "2", "encoding-type": "url"}
            query |= headers_of(asked, _LIST_QUERY)
            reply = self._answered("ListObjectsV2", "GET", "", {}, query=query)
            if reply is not None:
                read = self.read("ListObjectsV2", reply)
                decode_list_object_v2(read, {"encoding_type_auto_set": True})
                return cast("ListObjectsV2OutputTypeDef", read)
            return self._again.list_objects_v2(**asked)
        return self.client.list_objects_v2(**asked)

    def delete_object(self, **asked: Any) -> DeleteObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does."""
        if self.may(asked, {}):
            reply = self._answered("DeleteObject", "DELETE", asked["Key"], {})
            if reply is not None:
                return cast("DeleteObjectOutputTypeDef", {})
            return self._again.delete_object(**asked)
        return self.client.delete_object(**asked)

    def copy_object(self, **asked: Any) -> CopyObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does."""
        if self.may(asked, {"CopySource": "", **_COPY_HEADERS}):
            source = "{Bucket}/{Key}".format(**asked["CopySource"])
            headers = headers_of(asked, _COPY_HEADERS)
            headers["x-amz-copy-source"] = quote(source, safe="/~")
            headers["Content-Length"] = "0"
            reply = self._answered("CopyObject", "PUT", asked["Key"], headers)
            if reply is not None:
                read = self.read("CopyObject", reply)
                return cast("CopyObjectOutputTypeDef", read)
            return self._again.copy_object(**asked)
        return self.client.copy_object(**asked)

    def _answered(
        self,
        operation: str,
        method: Method,
        key: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        query: Mapping[str, str] | None = None,
    ) -> Reply | None:
        """Return a good answer; None when boto3 is to ask for another.

        Raises:
            ClientError: It was a bad one, which will not change.
            BotoCoreError: There was none, and nobody may ask again.
        """
        send = partial(self.short.send, method, key, headers, body, query)
        reply = self._tried(send)
        if reply is None:
            return None
        reply = self.taken(operation, reply)
        if reply.status in _GOOD:
            return reply
        self._judge(operation, reply)
        return None

    def _tried(self, ask: Callable[[], R]) -> R | None:
        """Return the answer; None when there is none, and boto3 is to ask again."""
        try:
            return ask()
        except UnsendableError:
            raise
        except BotoCoreError:
            if self._patient:
                return None
            raise

    def _judge(self, operation: str, reply: Reply) -> None:
        """Return when boto3 is to ask again after a bad answer.

        Raises:
            ClientError: It would be answered the same.
        """
        if reply.status in _FINAL or not (self._patient or reply.status in MOVED):
            self.read(operation, reply)


def _looked_at(reply: Reply) -> dict[str, Any]:
    """Return what boto3 would make of a HEAD, as far as anybody asks for it.

    Raises:
        ResponseParserError: It is no answer of an S3 server.
    """
    try:
        return {
            **named(reply, _LOOKED_AT),
            "ContentLength": int(reply.headers["Content-Length"]),
            "LastModified": parsedate_to_datetime(
                reply.headers["Last-Modified"]
            ).astimezone(UTC),
        }
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise ResponseParserError("the answer lacks a length or a date") from error
