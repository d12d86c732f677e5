"""boto3's clients, with a short way for what is asked once for every bottle.

They are asked, and answer and fail, as boto3's are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.awsrequest import HeadersDict
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError, create_parser

from adapters.s3.body import StreamedBody
from adapters.s3.exchange import Opened, Reply
from adapters.s3.short_way import UNASKED, ShortWay

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        PutObjectOutputTypeDef,
    )

BODY_HEADERS: Final[Mapping[str, str]] = {
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "ContentEncoding": "Content-Encoding",
    "ContentLength": "Content-Length",
    "ContentType": "Content-Type",
}
_PUT_HEADERS: Final[Mapping[str, str]] = {
    **BODY_HEADERS,
    "IfMatch": "If-Match",
    "IfNoneMatch": "If-None-Match",
}
_OBJECT: Final = frozenset({"Bucket", "Key"})
# The bucket is elsewhere, at least for now; boto3 knows how to go there.
MOVED: Final = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.TEMPORARY_REDIRECT})
PUT: Final[Mapping[str, str]] = {"ETag": "ETag"}
_FIRST_ERROR: Final = 300


class Quick:
    """A client of boto3's that is made when it is needed.

    Attributes:
        short: The short way past it.
    """

    def __init__(self, make: Callable[[], S3Client], short: ShortWay) -> None:
        self._make = make
        self.short = short
        self._parser = create_parser("rest-xml")

    @cached_property
    def client(self) -> S3Client:
        """boto3's own.

        Raises:
            BotoCoreError: What is configured for AWS makes no sense.
            ValueError: The endpoint is no URL.
        """
        return self._make()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever boto3 has
        return getattr(self.client, name)

    def may(self, asked: Mapping[str, Any], known: Mapping[str, str]) -> bool:
        """Tell whether the short way leads there; ``known`` is what can be asked."""
        return self.short.way is not None and asked.keys() <= {*_OBJECT, *known}

    def taken(self, operation: str, reply: Reply) -> Reply:
        """Return an answer as boto3 takes it.

        S3 may say yes before it has done what it is asked for, and send an error after
        that (API reference, CopyObject): to boto3 it is a 500.
        """
        if reply.status != HTTPStatus.OK or not reply.body:
            return reply
        response = _response(reply)
        self.client.meta.events.emit(
            f"before-parse.s3.{operation}",
            operation_model=self._model(operation),
            response_dict=response,
            customized_response_dict={},
        )
        return replace(reply, status=response["status_code"])

    def read(self, operation: str, reply: Reply) -> Any:  # noqa: ANN401
        """Return what an answer says, read by boto3 itself.

        Raises:
            ClientError: It says no.
            ResponseParserError: It is no answer of an S3 server.
        """
        shape = cast("Shape", self._model(operation).output_shape)
        try:
            parsed = self._parser.parse(_response(reply), shape)
        except (OverflowError, RuntimeError, ValueError) as error:
            # Of a number that is none, or of a date.
            raise ResponseParserError(str(error)) from error
        if reply.status >= _FIRST_ERROR:
            raise ClientError(parsed, operation)
        return parsed

    def _model(self, operation: str) -> OperationModel:
        return self.client.meta.service_model.operation_model(operation)


class QuickWrites(Quick):
    """The client for what may not be done twice."""

    def __init__(
        self, make: Callable[[], S3Client], short: ShortWay, reader: Quick
    ) -> None:
        """Take what makes boto3's client, which is hardly ever needed.

        Args:
            reader: Reads answers.
        """
        super().__init__(make, short)
        self._reader = reader

    def put_object(self, **asked: Any) -> PutObjectOutputTypeDef:  # noqa: ANN401
        """Do as boto3's does."""
        if not self.may(asked, {"Body": "", **_PUT_HEADERS}):
            return self.client.put_object(**asked)
        body: bytes | StreamedBody = asked["Body"]
        headers = headers_of(asked, _PUT_HEADERS)
        if isinstance(body, bytes):
            headers["Content-Length"] = str(len(body))
        elif asked["ContentLength"] > UNASKED:
            headers["Expect"] = "100-continue"
        reply = self.short.send("PUT", asked["Key"], headers, body)
        reply = self._reader.taken("PutObject", reply)
        # What has left of a stream cannot be sent again.
        if reply.status in MOVED and (isinstance(body, bytes) or not body.sent):
            return self.client.put_object(**asked)
        if reply.status != HTTPStatus.OK:
            told = self._reader.read("PutObject", reply)
            return cast("PutObjectOutputTypeDef", told)
        return cast("PutObjectOutputTypeDef", named(reply, PUT))


def _response(reply: Reply) -> dict[str, Any]:
    """Return an answer as botocore hands it on."""
    return {
        "status_code": reply.status,
        "headers": HeadersDict(reply.headers.items()),
        "body": reply.body,
    }


def headers_of(asked: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Return what is asked, by the names that it has in a request."""
    return {header: str(asked[name]) for name, header in names.items() if name in asked}


def named(reply: Reply | Opened, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what headers say, where they are there."""
    found = ((name, reply.headers.get(header)) for name, header in names.items())
    return {name: value for name, value in found if value is not None}
