"""The small handlers deployed, and invoked through AWS's own client."""

import json
from typing import TYPE_CHECKING, Any

from tests.support.lambda_api import LambdaApi
from tests.support.lambda_function import Function

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef


def deploy(
    lambda_api: LambdaApi,
    handler: str,
    timeout: float = 60.0,
    **more: Any,  # noqa: ANN401 - a function's own
) -> None:
    """Deploy one of the small handlers under its own name.

    Args:
        timeout: More than any of them takes, where no test is of what it does.
    """
    lambda_api.deploy(
        handler, Function(f"tests.support.small_handlers.{handler}", timeout, **more)
    )


def invoke(
    client: "LambdaClient", name: str, event: object
) -> tuple["InvocationResponseTypeDef", Any]:
    """Wait for a function's answer; return the call's own with it."""
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
    return answer, json.loads(answer["Payload"].read())


def send(client: "LambdaClient", name: str, event: object) -> str:
    """Queue an event for a function, and return its request id."""
    answer = client.invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event)
    )
    assert answer["StatusCode"] == 202
    return answer["ResponseMetadata"]["RequestId"]
