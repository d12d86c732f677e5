"""The part of Lambda's own HTTP API that invokes functions."""

import json
import re
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote
from uuid import uuid4

import boto3
from botocore.config import Config

from tests.support.lambda_function import (
    NoFunctionError,
    ThrottledError,
    TooLargeError,
)
from tests.support.lambda_host import LambdaHost
from tests.support.loopback import Answer, Asked, LoopbackServer, json_answer
from tests.support.runtime_api import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_INVOCATIONS = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_LONGEST = 15 * 60.0  # seconds


class LambdaApi(LambdaHost):
    """A host whose functions any client of AWS can invoke, at ``endpoint_url``.

    Signatures are not looked at. A function is named by its name or its ARN.

    Attributes:
        admits: Asked before a function is invoked, with its name and the event; who is
            not admitted is answered that Lambda has failed.
    """

    admits: Callable[[str, bytes], bool] = staticmethod(lambda _name, _event: True)

    def __enter__(self) -> Self:
        super().__enter__()
        self._server = LoopbackServer(self._answer).__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # What runs is ended first: else the server would wait for it to answer.
        super().__exit__(kind, error, traceback)
        self._server.__exit__(kind, error, traceback)

    @property
    def endpoint_url(self) -> str:
        """The API's URL: what AWS_ENDPOINT_URL_LAMBDA says."""
        return self._server.origin

    def client(self) -> "LambdaClient":
        """Return a new client of this API; the caller closes it."""
        return _session().client(
            "lambda",
            region_name=REGION,
            endpoint_url=self.endpoint_url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            # Who gives up sooner than a function may take invokes it again.
            config=Config(read_timeout=_LONGEST),
        )

    def _answer(self, asked: Asked) -> Answer:
        route = _INVOCATIONS.fullmatch(asked.path)
        if asked.method != "POST" or route is None:
            return _refusal(
                HTTPStatus.NOT_IMPLEMENTED,
                "UnknownOperationException",
                f"{asked.method} {asked.path}",
            )
        # An ARN ends with the function's name, or with that and a version.
        name = unquote(route[1]).removesuffix(":$LATEST").rpartition(":")[2]
        event = asked.body or b"{}"
        try:
            json.loads(event)
            return self._invoked(
                asked.headers.get("x-amz-invocation-type"), name, event
            )
        except ValueError as error:
            return _refusal(
                HTTPStatus.BAD_REQUEST,
                "InvalidRequestContentException",
                f"Could not parse request body into json: {error}",
            )
        except NoFunctionError:
            arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
            return _refusal(
                HTTPStatus.NOT_FOUND,
                "ResourceNotFoundException",
                f"Function not found: {arn}",
            )
        except TooLargeError as error:
            return _refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "RequestTooLargeException",
                f"Request must be smaller than {error} bytes for the InvokeFunction "
                "operation",
            )
        except ThrottledError:
            return _refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                "Rate Exceeded.",
            )

    def _invoked(self, kind: str | None, name: str, event: bytes) -> Answer:
        if not self.admits(name, event):
            return _refusal(
                HTTPStatus.INTERNAL_SERVER_ERROR, "ServiceException", "Try again."
            )
        if kind == "Event":
            request_id = self.send(name, event)
            return Answer(HTTPStatus.ACCEPTED, b"", {"x-amzn-RequestId": request_id})
        outcome = self.invoke(name, event)
        headers = {
            "Content-Type": "application/json",
            "X-Amz-Executed-Version": "$LATEST",
            "x-amzn-RequestId": str(uuid4()),
        }
        if outcome.failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        return Answer(HTTPStatus.OK, outcome.payload, headers)


@cache
def _session() -> boto3.session.Session:
    """Return one for all: a new one reads for 50 ms what each service is like."""
    return boto3.session.Session()


def _refusal(status: HTTPStatus, kind: str, message: str) -> Answer:
    return json_answer(
        {"Type": "User", "Message": message}, status, {"x-amzn-ErrorType": kind}
    )
