"""A mirror that documents speak of as deployed: all of it is there, nothing works."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Final

from tests.support.aws_deployed import add_role
from tests.support.aws_stack import AwsStack

PROJECT: Final = "homebrew-sync"
BUCKET: Final = "my-homebrew-bottle-mirror"
_ORCHESTRATOR = """
def handler(event, context):
    if event["source"] == "manual":
        return {"run_id": "run-1", "outcome": "started", "route": "ecs",
                "bottles": 22876, "bytes": 137100000000, "shards": 4}
    if event["source"] == "shards":
        return {"run_id": event["run_id"], "orders": []}
    return {"run_id": event.get("run_id"), "outcome": "degraded", "unfinished": []}
"""
_S3_ACCESS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
    ],
}
_WAITS = json.dumps(
    {
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}},
    }
)


def show_deployment(stack: AwsStack, webhook_url: str) -> None:
    """Deploy it under the names that Terraform gives it."""
    functions = stack.client("lambda")
    for part in ("orchestrator", "worker", "alarm"):
        name = f"{PROJECT}-{part}"
        functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=add_role(stack, f"{name}-role", "lambda"),
            Handler="orchestrator.handler",
            Code={"ZipFile": _zip()},
            MemorySize=512,
            Timeout=300,
        )
        stack.client("iam").put_role_policy(
            RoleName=f"{name}-role",
            PolicyName="S3Access",
            PolicyDocument=json.dumps(_S3_ACCESS),
        )
    for queue in ("orchestrator", "alarm", "rules"):
        stack.client("sqs").create_queue(QueueName=f"{PROJECT}-{queue}-dlq")
    stack.client("secretsmanager").create_secret(
        Name=f"{PROJECT}/slack-webhook", SecretString=webhook_url
    )
    stack.client("events").put_rule(
        Name=f"{PROJECT}-schedule",
        ScheduleExpression="cron(0 3 ? * SUN *)",
        State="ENABLED",
    )
    _start_a_run(stack)


def _start_a_run(stack: AwsStack) -> None:
    stack.client("ecs").create_cluster(clusterName=PROJECT)
    machines = stack.client("stepfunctions")
    machine = machines.create_state_machine(
        name=PROJECT,
        definition=_WAITS,
        roleArn=add_role(stack, f"{PROJECT}-states", "states"),
    )["stateMachineArn"]
    machines.start_execution(stateMachineArn=machine, name="run-1", input="{}")


def lines_of_logs() -> bytes:
    """Return what CloudWatch Logs answers to whoever asks for lines.

    ministack names no event among those that it writes itself.
    """
    # What a log keeps has the time of its own server.
    now = round(datetime.now(UTC).timestamp() * 1_000)  # noqa: TID251
    events = [
        {"eventId": message, "timestamp": now, "message": json.dumps(said)}
        for message in ("planned", "Task timed out after 900.00 seconds")
        if (said := {"level": "INFO", "message": message, "run_id": "run-1"})
    ]
    return json.dumps({"events": events}).encode()


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("orchestrator.py", _ORCHESTRATOR)
    return packed.getvalue()
