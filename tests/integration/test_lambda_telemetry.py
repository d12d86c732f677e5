"""What comes of lines and metrics where AWS's own runtime client runs the handler."""

import json
from typing import TYPE_CHECKING

from tests.support.embedded import embedded_figures, is_embedded
from tests.support.lambda_api import LambdaApi
from tests.support.lambda_calls import invoke
from tests.support.lambda_function import Function

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def test_each_invocation_has_its_own_trace_on_its_lines_and_nothing_is_told_twice(
    lambda_api: LambdaApi, lambda_client: "LambdaClient"
) -> None:
    lambda_api.deploy(
        "tell", Function("tests.support.telling_handler.handler", timeout=60)
    )
    traces = [
        invoke(lambda_client, "tell", {"run_id": run_id})[1] for run_id in ("a", "b")
    ]

    written = [
        line for line in lambda_api.log("tell").splitlines() if line.startswith("{")
    ]
    lines = [json.loads(line) for line in written if not is_embedded(line)]
    assert [line["run_id"] for line in lines] == ["a", "b"]
    assert [f"Root={line['xray_trace_id']}" for line in lines] == [
        trace.split(";")[0] for trace in traces
    ]
    assert len(set(traces)) == 2
    figures = [embedded_figures(line) for line in written if is_embedded(line)]
    assert [figure.value for (figure,) in figures] == [3, 3]
