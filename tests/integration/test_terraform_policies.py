"""What Terraform's roles and buckets allow: every right, and every ``*``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from tests.support.terraform import (
    Terraform,
    open_terraform,
    planned,
    why_no_terraform,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_no_terraform() is not None, reason=str(why_no_terraform())),
]
Policies = Mapping[str, list[dict[str, Any]]]

_DAYS: Final = "bottles lie under the day of their run, and nothing else is named so"
_NAMED_BY_NUMBER: Final = "commits are named by their number"
_NAMED_BY_DIGEST: Final = "documents are named by their digest"
_NO_RESOURCE: Final = "AWS knows no resource for these actions"
_STREAMS: Final = "AWS names the streams of a log group as it makes them"

# Every * and ? of every statement, with everything switched on, and why it is there.
REASONS: Final[Mapping[str, str]] = {
    "orchestrator S3Access Read arn:aws:s3:::mirror/????-??-??/*": _DAYS,
    "orchestrator S3Access Read arn:aws:s3:::mirror/ledger/v1/commits/*": (
        _NAMED_BY_NUMBER
    ),
    "orchestrator S3Access Read arn:aws:s3:::mirror/ledger/v1/documents/*": (
        _NAMED_BY_DIGEST
    ),
    "orchestrator S3Access Read arn:aws:s3:::mirror/probe-*": "one trial, one name",
    "orchestrator S3Access Write arn:aws:s3:::mirror/ledger/v1/commits/*": (
        _NAMED_BY_NUMBER
    ),
    "orchestrator S3Access Write arn:aws:s3:::mirror/ledger/v1/documents/*": (
        _NAMED_BY_DIGEST
    ),
    "orchestrator S3Access Write arn:aws:s3:::mirror/probe-*": "one trial, one name",
    "orchestrator S3Access CleanUp arn:aws:s3:::mirror/probe-*": "one trial, one name",
    **{
        f"{worker} S3Access {sid} arn:aws:s3:::mirror/{keys}": reason
        for worker in ("worker", "ecs-task")
        for sid, keys, reason in (
            ("Read", "????-??-??/*", _DAYS),
            ("Read", "ledger/v1/commits/*", _NAMED_BY_NUMBER),
            ("Read", "ledger/v1/documents/*", _NAMED_BY_DIGEST),
            ("Write", "????-??-??/*", _DAYS),
            ("Write", "ledger/v1/commits/*", _NAMED_BY_NUMBER),
        )
    },
    "ledger-repair S3Access Read arn:aws:s3:::mirror/????-??-??/*": _DAYS,
    **{
        f"ledger-repair S3Access {sid} arn:aws:s3:::mirror/ledger/v1/{keys}": reason
        for sid in ("Read", "Restore")
        for keys, reason in (
            ("commits/*", _NAMED_BY_NUMBER),
            ("documents/*", _NAMED_BY_DIGEST),
        )
    },
    **{
        f"{role} Calls Logs arn:aws:logs:eu-central-1:123456789012:log-group:"
        f"{group}:log-stream:*": _STREAMS
        for role, group in (
            ("orchestrator", "/aws/lambda/mirror-2-orchestrator"),
            ("worker", "/aws/lambda/mirror-2-worker"),
            ("alarm", "/aws/lambda/mirror-2-alarm"),
            ("ecs-execution", "/aws/ecs/mirror-2"),
        )
    },
    **{
        f"{role} Calls Traces *": _NO_RESOURCE
        for role in ("orchestrator", "worker", "alarm", "states")
    },
    **{
        f"{role} Calls {sid} *": reason
        for role in ("orchestrator", "worker")
        for sid, reason in (
            ("Interfaces", "Lambda asks for its interfaces by the role, on anything"),
            ("NotByItself", "and denies them to the function, on anything"),
        )
    },
    "ecs-execution Calls Registry *": "a token is for the whole registry",
    "states Calls Run"
    " arn:aws:ecs:eu-central-1:123456789012:task-definition/mirror-2:*": (
        "each deployment is a revision, and an old execution ends with its own"
    ),
    "states Calls Stop arn:aws:ecs:eu-central-1:123456789012:task/mirror-2/*": (
        "ECS names tasks as it starts them; those of this cluster"
    ),
    "states Calls Deliver *": _NO_RESOURCE,
    "ecs-execution trust arn:aws:ecs:eu-central-1:123456789012:*": (
        "ECS says of a task only which account and region it is of"
    ),
    "ecs-task trust arn:aws:ecs:eu-central-1:123456789012:*": (
        "ECS says of a task only which account and region it is of"
    ),
}

_EVERYBODY: Final = "what is denied is denied to everybody"
_WHOLE: Final = "all requests, to the bucket and whatever is in it"
_GUARDED: Final = "the whole ledger, of whatever version"
_VIEW: Final = "a view is all that lies in it"
REASONS_OF_BUCKETS: Final[Mapping[str, str]] = {
    "mirror DenyInsecureTransport *": _EVERYBODY,
    "mirror DenyInsecureTransport s3:*": _WHOLE,
    "mirror DenyInsecureTransport arn:aws:s3:::mirror/*": _WHOLE,
    "mirror DenyUnconditionalCommits *": _EVERYBODY,
    "mirror DenyUnconditionalCommits arn:aws:s3:::mirror/ledger/*/commits/*": _GUARDED,
    "mirror DenyLedgerDeletes *": _EVERYBODY,
    "mirror DenyLedgerDeletes arn:aws:s3:::mirror/ledger/*": _GUARDED,
    "mirror ReadThroughEndpoints *": "who comes through the endpoints signs nothing",
    "mirror ReadFromAddresses *": "who comes from the addresses signs nothing",
    **{
        f"mirror {sid} arn:aws:s3:::mirror/{view}/*": _VIEW
        for sid in ("ReadThroughEndpoints", "ReadFromAddresses")
        for view in ("v2", "api", "flat", "status")
    },
    "logs DenyInsecureTransport *": _EVERYBODY,
    "logs DenyInsecureTransport s3:*": _WHOLE,
    "logs DenyInsecureTransport arn:aws:s3:::mirror-logs/*": _WHOLE,
    "logs AccessLogs arn:aws:s3:::mirror-logs/access/*": "S3 names what it writes",
    "logs TrailWrites arn:aws:s3:::mirror-logs/trail/AWSLogs/123456789012/*": (
        "CloudTrail names what it writes"
    ),
    "replication Read arn:aws:s3:::mirror/*": "everything is copied",
    "replication Write arn:aws:s3:::copy/*": "everything is copied",
}

READ: Final = {"s3:GetObject", "s3:ListBucket"}
KEY: Final = {"kms:Decrypt", "kms:GenerateDataKey"}
LOG: Final = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACE: Final = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
INTERFACES: Final = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
# What each program calls, and what AWS calls by its role.
ACTIONS: Final[Mapping[str, set[str]]] = {
    "orchestrator": READ
    | KEY
    | LOG
    | TRACE
    | INTERFACES
    | {
        "lambda:InvokeFunction",
        "s3:DeleteObject",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
        "sns:Publish",
        "sqs:SendMessage",
        "states:StartExecution",
    },
    "worker": READ
    | KEY
    | LOG
    | TRACE
    | INTERFACES
    | {
        "lambda:InvokeFunction",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
        "states:StartExecution",
    },
    "alarm": LOG
    | TRACE
    | {"kms:Decrypt", "secretsmanager:GetSecretValue", "sqs:SendMessage"},
    "ecs-execution": LOG
    | {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    },
    "ecs-task": READ
    | KEY
    | {"s3:PutObject", "secretsmanager:GetSecretValue", "sns:Publish"},
    "states": TRACE
    | {
        "ecs:DescribeTasks",
        "ecs:RunTask",
        "ecs:StopTask",
        "events:DescribeRule",
        "events:PutRule",
        "events:PutTargets",
        "iam:PassRole",
        "lambda:InvokeFunction",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    },
    "ledger-repair": READ
    | KEY
    | {
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
        "s3:PutObject",
    },
}


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    return open_terraform(tmp_path_factory.mktemp("policies") / "infrastructure")


@pytest.fixture(scope="module")
def policies(terraform: Terraform) -> Policies:
    """Return every policy of the roles, by role and name, with everything on."""
    terraform("init", "-backend=false", module="iam")
    tested = terraform("test", "-json", "-verbose", module="iam")
    resources = planned(tested.stdout, "with_everything")
    found: dict[str, list[dict[str, Any]]] = {}
    for address, resource in resources.items():
        if address.startswith("aws_iam_role."):
            name = _role(str(resource["name"]).removeprefix("mirror-2-"))
            found[f"{name} trust"] = _statements(resource["assume_role_policy"])
        elif address.startswith("aws_iam_role_policy."):
            role = _role(str(resource["role"]).removeprefix("mirror-2-"))
            found[f"{role} {resource['name']}"] = _statements(resource["policy"])
    return found


@pytest.fixture(scope="module")
def policies_of_buckets(terraform: Terraform) -> Policies:
    """Return the policies of both buckets, whoever reads, and of what copies."""
    terraform("init", "-backend=false", module="s3")
    tested = terraform("test", "-json", "-verbose", module="s3")
    found: dict[str, list[dict[str, Any]]] = {}
    for run in (
        "with_everything",
        "a_copy_in_another_account",
        "readers_in_a_network",
        "readers_at_addresses",
    ):
        resources = planned(tested.stdout, run)
        for address, whose in (
            ("aws_s3_bucket_policy.this", "mirror"),
            ("aws_s3_bucket_policy.logs[0]", "logs"),
            ("aws_iam_role_policy.replication[0]", "replication"),
        ):
            if address in resources:
                found.setdefault(whose, []).extend(
                    _statements(resources[address]["policy"])
                )
    return found


def _role(name: str) -> str:
    return name.removesuffix("-role")


def _statements(policy: object) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(str(policy))["Statement"]
    return statements


def _listed(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _texts(value: object) -> Iterator[str]:
    """Yield every text in a part of a statement, but for names of members."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    else:
        yield str(value)


def _wildcards(policies: Policies) -> set[str]:
    return {
        " ".join(filter(None, (where, statement.get("Sid"), text)))
        for where, statements in policies.items()
        for statement in statements
        for text in _texts(statement)
        if "*" in text or "?" in text
    }


def test_every_wildcard_of_a_role_has_its_reason(policies: Policies) -> None:
    assert _wildcards(policies) == set(REASONS)


def test_every_wildcard_of_a_bucket_has_its_reason(
    policies_of_buckets: Policies,
) -> None:
    assert _wildcards(policies_of_buckets) == set(REASONS_OF_BUCKETS)


def test_readers_are_given_the_views_and_nothing_to_write(
    policies_of_buckets: Policies,
) -> None:
    given = [
        (_listed(each["Action"]), {key.split("/")[1] for key in each["Resource"]})
        for each in policies_of_buckets["mirror"]
        if each["Effect"] == "Allow"
    ]

    assert given == [(["s3:GetObject"], {"v2", "api", "flat", "status"})] * 2


def test_every_program_may_do_what_it_does_and_nothing_else(policies: Policies) -> None:
    allowed: dict[str, set[str]] = {}
    for where, statements in policies.items():
        role, name = where.split()
        if name == "trust":
            continue
        for statement in statements:
            if statement["Effect"] == "Allow":
                allowed.setdefault(role, set()).update(_listed(statement["Action"]))

    assert allowed == ACTIONS


def test_every_role_is_trusted_by_one_service_for_its_own_sake(
    policies: Policies,
) -> None:
    trusts = {
        where.split()[0]: statements
        for where, statements in policies.items()
        if where.endswith(" trust") and not where.startswith("ledger-repair")
    }

    for role, statements in trusts.items():
        (statement,) = statements
        assert statement["Action"] == "sts:AssumeRole", role
        assert list(statement["Principal"]) == ["Service"], role
        assert isinstance(statement["Principal"]["Service"], str), role
        conditions = {
            key: value
            for test in statement["Condition"].values()
            for key, value in test.items()
        }
        assert conditions["aws:SourceAccount"] == "123456789012", role
        assert conditions["aws:SourceArn"].startswith("arn:aws:"), role
    assert len(trusts) == 6


def test_nothing_but_the_repair_may_remove_what_a_mirror_keeps(
    policies: Policies,
) -> None:
    removed = {
        (where.split()[0], resource)
        for where, statements in policies.items()
        for statement in statements
        if any("Delete" in action for action in _listed(statement["Action"]))
        for resource in _listed(statement.get("Resource", ""))
        if ":s3:" in resource
    }

    assert {each for each in removed if each[0] != "ledger-repair"} == {
        ("orchestrator", "arn:aws:s3:::mirror/probe-*")
    }
    assert all(
        resource.startswith("arn:aws:s3:::mirror/ledger/v1/")
        for role, resource in removed
        if role == "ledger-repair"
    )


def test_only_the_state_machine_starts_tasks_and_hands_roles_on(
    policies: Policies,
) -> None:
    holders = {
        action: {
            where.split()[0]
            for where, statements in policies.items()
            for statement in statements
            if action in _listed(statement["Action"])
        }
        for action in ("ecs:RunTask", "iam:PassRole", "states:StartExecution")
    }

    assert holders == {
        "ecs:RunTask": {"states"},
        "iam:PassRole": {"states"},
        "states:StartExecution": {"orchestrator", "worker"},
    }
