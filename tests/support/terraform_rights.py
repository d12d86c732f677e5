"""Every right that Terraform's roles and buckets give, and the reason of every ``*``.

What is listed is what there is with everything switched on.
"""

from collections.abc import Mapping
from typing import Final

_DAYS: Final = "bottles lie under the day of their run, and nothing else is named so"
_NAMED_BY_NUMBER: Final = "commits are named by their number"
_NAMED_BY_DIGEST: Final = "documents are named by their digest"
_A_VIEW: Final = "brew names what lies in a view"
_ATTESTATIONS: Final = "attestations are named by their bottle's digest"
_GENERATIONS: Final = "generations are named by their number"
_STATUS: Final = "the status page has a page for each letter"
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
        f"orchestrator S3Access {sid} arn:aws:s3:::mirror/{keys}": reason
        for sid, keys, reason in (
            ("Read", "v2/*", _A_VIEW),
            ("Read", "flat/*", _A_VIEW),
            ("Read", "generations/*", _GENERATIONS),
            ("Write", "v2/*", _A_VIEW),
            ("Write", "flat/*", _A_VIEW),
            ("Write", "api/*", _A_VIEW),
            ("Write", "generations/*", _GENERATIONS),
            ("Write", "status/*", _STATUS),
            ("Evict", "????-??-??/*", _DAYS),
            ("Evict", "v2/*", _A_VIEW),
            ("Evict", "flat/*", _A_VIEW),
            ("Evict", "api/*", _A_VIEW),
            ("Evict", "generations/*", _GENERATIONS),
            ("Evict", "attestations/*", _ATTESTATIONS),
        )
    },
    **{
        f"{worker} S3Access {sid} arn:aws:s3:::mirror/{keys}": reason
        for worker in ("worker", "ecs-task")
        for sid, keys, reason in (
            ("Read", "????-??-??/*", _DAYS),
            ("Read", "v2/*", _A_VIEW),
            ("Read", "flat/*", _A_VIEW),
            ("Read", "ledger/v1/commits/*", _NAMED_BY_NUMBER),
            ("Read", "ledger/v1/documents/*", _NAMED_BY_DIGEST),
            ("Write", "????-??-??/*", _DAYS),
            ("Write", "v2/*", _A_VIEW),
            ("Write", "flat/*", _A_VIEW),
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
# What Step Functions needs for a state of each kind of resource. Source:
# docs.aws.amazon.com, Step Functions Developer Guide, "IAM policies for integrated
# services".
OF_STATES: Final[Mapping[str, set[str]]] = {
    "arn:aws:states:::ecs:runTask.sync": {
        "ecs:DescribeTasks",
        "ecs:RunTask",
        "ecs:StopTask",
        "events:DescribeRule",
        "events:PutRule",
        "events:PutTargets",
        "iam:PassRole",
    },
    "arn:aws:states:::lambda:invoke": {"lambda:InvokeFunction"},
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
    "states": set().union(TRACE, *OF_STATES.values())
    | {
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

_BY_LAMBDA: Final = "Lambda itself, by the role; there it asks IAM nothing"
_BY_ECS: Final = "ECS itself, by the role; there it asks IAM nothing"
_BY_STATES: Final = "Step Functions itself, by the role; there it asks IAM nothing"

# Rights that no run of the applied system was seen to use, by role and statement, or
# by action and resource where the rest of the statement is used; and what they are for.
NOT_SEEN: Final[Mapping[str, str]] = {
    **{
        f"{role} {sid}": _BY_LAMBDA
        for role, sids in (
            ("orchestrator", ("Logs", "Traces", "DeadLetters")),
            ("worker", ("Logs", "Traces")),
            ("alarm", ("Logs", "Traces", "DeadLetters")),
        )
        for sid in sids
    },
    **{f"ecs-execution {sid}": _BY_ECS for sid in ("Logs", "Registry", "Image")},
    **{
        f"states {sid}": _BY_STATES
        for sid in ("Run", "Stop", "Pass", "Learn", "Ask", "Deliver", "Traces")
    },
    "orchestrator Read s3:GetObject mirror/ledger/v1/documents/*": (
        "the plan of a run that ends with work undone: how much that was"
    ),
    "orchestrator Read s3:GetObject mirror/????-??-??/*": (
        "whether a bottle lies there that another mirror's hash file names, or that a"
        " worker stored and did not live to record"
    ),
    "orchestrator Write s3:PutObject mirror/flat/*": (
        "what is shown of a bottle that lay there before its view did"
    ),
    **{
        f"orchestrator Evict s3:DeleteObject mirror/{keys}": (
            "what upstream no longer offers, once its days are over (gc_auto)"
        )
        for keys in ("????-??-??/*", "v2/*", "flat/*", "api/*", "attestations/*")
    },
    "worker HandOn lambda:InvokeFunction worker": (
        "what is left of a shard when the time is up: tests/e2e/test_cloud_time.py"
    ),
}

# Statements that are given with a variable only, and which: no run of what is applied
# in the tests has them. What they are for is in modules/iam.
ONLY_WITH: Final[Mapping[str, str]] = {
    **{
        f"{role} Key": "s3_kms_key_arn"
        for role in ("orchestrator", "worker", "ecs-task", "ledger-repair")
    },
    **{
        f"{role} RegistryToken": "registry_token_secret_arn"
        for role in ("orchestrator", "worker", "ecs-task")
    },
    **{
        f"{role} SecretKey": "create_notifications_kms_key"
        for role in ("orchestrator", "worker", "alarm", "ecs-task")
    },
    **{
        f"{role} TopicKey": "create_notifications_kms_key"
        for role in ("orchestrator", "ecs-task")
    },
    **{f"{role} Interfaces": "lambda_in_vpc" for role in ("orchestrator", "worker")},
    "orchestrator Import": "external_hash_file_s3_key",
}
