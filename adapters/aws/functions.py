"""Invoking functions of AWS Lambda, and waiting for none of them."""

from __future__ import annotations

from http import HTTPStatus

from botocore.parsers import ResponseParserError

from adapters.aws.client import Aws
from adapters.aws.limits import LAMBDA_EVENT


def invoke(aws: Aws, function: str, event: str, what: str) -> None:
    """Invoke a function asynchronously.

    Lambda may run it twice for one event, and so may a repeated call of ours: what is
    asked for must bear that.

    Raises:
        UnavailableError: No answer, or "slow down".
        RefusedError: There is no such function, it may not be invoked, or the event is
            too large.
    """
    LAMBDA_EVENT.check(what, event)
    with aws.translator.translated(
        f"{what}, function {function}",
        right=f"lambda:InvokeFunction on {function}",
        missing=f"deploy {function}, or set project_name and aws_region to its own",
    ):
        answer = aws.functions.invoke(
            FunctionName=function, InvocationType="Event", Payload=event.encode()
        )
        # Nothing, but until it is read the connection serves nobody else.
        answer["Payload"].read()
        if answer["StatusCode"] != HTTPStatus.ACCEPTED:
            raise ResponseParserError("the answer does not say that it was accepted")
