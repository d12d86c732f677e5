"""What tests deploy on the stack: users, roles, and functions that forward."""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.support.aws_stack import AwsStack
from tests.support.containers import IMAGE, mounts
from tests.support.runtime_api import REGION, ROOT
from tests.support.tasks import TaskDefinition

_SOURCE, _MANUAL = "homebrew.sync", "Manual Sync"

# What every function of the stack consists of: it has another one do the work.
_FORWARDER = """
import json, os, urllib.request

def handler(event, context):
    request = urllib.request.Request(os.environ["TARGET"], json.dumps(event).encode())
    with urllib.request.urlopen(request) as answer:
        said = answer.read()
        if "X-Amz-Function-Error" in answer.headers:
            raise RuntimeError(said.decode())
    return json.loads(said)
"""


def add_user(stack: AwsStack, name: str, allowed: Mapping[str, str]) -> dict[str, str]:
    """Make a user who may do this and nothing else; return its variables.

    Args:
        allowed: Actions, and the resource of each.
    """
    iam = stack.client("iam")
    iam.create_user(UserName=name)
    for number, (action, resource) in enumerate(allowed.items()):
        iam.put_user_policy(
            UserName=name,
            PolicyName=f"allowed-{number}",
            PolicyDocument=_policy(
                {"Effect": "Allow", "Action": action, "Resource": resource}
            ),
        )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return stack.variables() | {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def add_role(stack: AwsStack, name: str, service: str) -> str:
    """Make a role for a service that may do everything; return its ARN."""
    iam = stack.client("iam")
    trust = _policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    everything = _policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam.put_role_policy(
        RoleName=name, PolicyName="everything", PolicyDocument=everything
    )
    return role["Role"]["Arn"]


def forward(stack: AwsStack, name: str, endpoint_url: str) -> str:
    """Deploy a function whose work is done by its namesake elsewhere; return its ARN.

    So the rules, topics and state machines of the stack reach functions that run under
    AWS's own runtime client. Every service may invoke it.

    Args:
        endpoint_url: Where Lambda's API invokes the namesake.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("forwarder.py", _FORWARDER)
    target = f"{endpoint_url}/2015-03-31/functions/{name}/invocations"
    functions = stack.client("lambda")
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=add_role(stack, f"{name}-role", "lambda"),
        Handler="forwarder.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=900,
        Environment={"Variables": {"TARGET": target}},
    )["FunctionArn"]
    for service in ("events", "sns", "states"):
        functions.add_permission(
            FunctionName=name,
            StatementId=service,
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
        )
    return arn


def start_when_asked(stack: AwsStack, orchestrator_arn: str) -> None:
    """Have EventBridge hand the orchestrator every event that asks for a run."""
    rules, name = stack.client("events"), "homebrew-sync-manual"
    pattern = {"source": [_SOURCE], "detail-type": [_MANUAL]}
    rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
    rules.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": orchestrator_arn}])


def ask_for_a_run(stack: AwsStack) -> str:
    """Send EventBridge an event that asks for a run, and return its id."""
    (sent,) = stack.client("events").put_events(
        Entries=[{"Source": _SOURCE, "DetailType": _MANUAL, "Detail": "{}"}]
    )["Entries"]
    return sent["EventId"]


def define_task(
    stack: AwsStack,
    family: str,
    definition: TaskDefinition,
    *,
    also: Iterable[Path] = (),
) -> None:
    """Register a task whose container has this machine's Python and our checkout.

    What it prints goes to the log group ``/aws/ecs/`` and the family's name.

    Args:
        also: Folders that it may write to.
    """
    variables = {"PYTHONPATH": str(ROOT), **definition.environment}
    folders = dict.fromkeys(mounts(), True) | dict.fromkeys(also, False)
    stack.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="host",
        cpu="256",
        memory="512",
        volumes=[
            {"name": _volume(path), "host": {"sourcePath": str(path)}}
            for path in folders
        ],
        containerDefinitions=[
            {
                "name": definition.container,
                "image": IMAGE,
                "essential": True,
                "command": list(definition.command),
                "environment": [
                    {"name": name, "value": value} for name, value in variables.items()
                ],
                "mountPoints": [
                    {
                        "sourceVolume": _volume(path),
                        "containerPath": str(path),
                        "readOnly": read_only,
                    }
                    for path, read_only in folders.items()
                ],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": f"/aws/ecs/{family}",
                        "awslogs-region": REGION,
                        "awslogs-stream-prefix": "ecs",
                        "awslogs-create-group": "true",
                    },
                },
            }
        ],
    )


def _volume(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", str(path))


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
