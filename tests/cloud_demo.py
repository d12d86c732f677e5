"""The cloud on one machine, with no account and no internet: ``make cloud-demo``.

The programs are those that are deployed, each a process of its own: functions under
AWS's own runtime client, tasks of ECS as ``python -m entrypoints.ecs_worker``. S3 is
SeaweedFS over TLS; EventBridge and Secrets Manager are ministack's; the state machine
is the one of ``infrastructure``, run by an interpreter of the tests. Upstream and Slack
are stand-ins.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.ledger.layout import document_key
from domain.events import ShardStarted, SyncStarted
from domain.served import STATUS_PAGE
from domain.work import GB
from tests.standin.catalog import small_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.standin.sizes import lognormal
from tests.support.aws_deployed import ask_for_a_run, forward, start_when_asked
from tests.support.aws_stack import AwsStack, why_no_stack
from tests.support.deployment import ORCHESTRATOR, WORKER, wait_for
from tests.support.ecs_deployment import (
    EcsDeployment,
    capacity_of,
    deployed_with_ecs,
    shard_of,
)
from tests.support.embedded import embedded_figures, is_embedded
from tests.support.mirror_bucket import HASH_FILE
from tests.support.runtime_api import why_no_runtime
from tests.support.seaweed import SeaweedS3, WeedMissingError, find_weed

_SECRET = "homebrew-sync/slack-webhook"
_TAGS = "arm64_tahoe,arm64_sequoia,arm64_sonoma,x86_64_linux"
_FORMULAE, _MORE, _FEW = 75, 16, 1
_CLAIM = 5 * GB
_SLOW = 200_000  # bytes per second
_SCHEDULED = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-11-29T03:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/homebrew-sync-schedule"],
    "detail": {},
}

_NEXT = """
Read on: docs/adr/0021 and 0022 (why it is built so), docs/notifications.md (every
message), docs/metrics.md (every metric), docs/operations.md (what to do when),
infrastructure/README.md (the state machine). What has been tried to break it stands in
tests/e2e/test_cloud_*.py.
"""


def main() -> int:
    """Run the demo; the exit status is 2 where something that it needs is missing."""
    if missing := [*_missing()]:
        print("The demo of the cloud cannot start:", *missing, sep="\n  ")
        return 2
    begun = time.monotonic()
    with (
        SeaweedS3() as s3,
        AwsStack() as stack,
        Upstream(small_catalog(_FORMULAE), sizes=lognormal(0.02)) as upstream,
        deployed_with_ecs(s3, upstream, target_tags=_TAGS, jobs="4") as it,
    ):
        _deploy(it, stack)
        _over_lambda(it, stack)
        _over_ecs(it)
        _the_week_after(it)
    print(_NEXT)
    print(f"All of this took {time.monotonic() - begun:.0f} s.")
    return 0


def _missing() -> Iterator[str]:
    if find_weed() is None:
        yield str(WeedMissingError())
    if reason := why_no_runtime():
        yield reason
    if reason := why_no_stack():
        yield reason


def _deploy(it: EcsDeployment, stack: AwsStack) -> None:
    cloud = it.cloud
    stack.client("secretsmanager").create_secret(
        Name=_SECRET, SecretString=cloud.slack.url
    )
    del cloud.settings["BOTTLES_SLACK_WEBHOOK_URL"]
    cloud.settings |= {
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "BOTTLES_SLACK_WEBHOOK_SECRET_ID": _SECRET,
        "BOTTLES_ENVIRONMENT": "demo",
    }
    cloud.deploy()
    it.variables.clear()
    it.variables.update(cloud.settings)
    start_when_asked(stack, forward(stack, ORCHESTRATOR, cloud.lambdas.endpoint_url))
    _heading("Deployed on this machine")
    _say(f"S3 (SeaweedFS, TLS)     {cloud.settings['AWS_ENDPOINT_URL_S3']}")
    _say(f"the mirror              s3://{cloud.bucket}")
    _say(f"functions               {ORCHESTRATOR}, {WORKER}")
    _say("state machine           infrastructure/terraform/modules/ecs")
    _say(f"EventBridge, secrets    {stack.endpoint_url} (ministack)")
    _say(f"upstream (a stand-in)   {cloud.upstream.registry}")


def _over_lambda(it: EcsDeployment, stack: AwsStack) -> None:
    cloud = it.cloud
    with _run(it, "A run that is small enough for Lambda"):
        ask_for_a_run(stack)
        wait_for(lambda: cloud.lambdas.records(ORCHESTRATOR))
        it.settle()
        (asked, *_) = cloud.lambdas.records(ORCHESTRATOR)
        _step("EventBridge hands the orchestrator")
        _say(json.dumps(json.loads(asked.event), indent=2))
        _plan(it)
        _step("orders, each an asynchronous invocation of the worker")
        _say(*(each.event.decode() for each in cloud.lambdas.records(WORKER)))
    _step("the last of these as Slack takes it")
    _say(json.dumps(cloud.slack.messages[-1], ensure_ascii=False))
    _step("the bucket")
    _say(*_tree(cloud.tree()))
    _step(f"{HASH_FILE}, one of its bottles, and the position that it stands at")
    document = json.loads(cloud.read(HASH_FILE))
    key = next(key for key in document["bottles"] if "@" in key)
    _say(json.dumps({key: document["bottles"][key]}, indent=2))
    _say(json.dumps({"ledger": document["ledger"]}, indent=2))


def _over_ecs(it: EcsDeployment) -> None:
    upstream = it.cloud.upstream
    with _run(it, "The week after: so much is new that the run goes to ECS"):
        upstream.claim(_CLAIM)
        upstream.publish(small_catalog(_FORMULAE + _MORE))
        _say(
            f"(The new manifests claim {_CLAIM // GB} GB for each bottle. The bodies",
            "are small, so that this takes seconds; what is told of time and size on",
            "the way goes by the claim.)",
        )
        upstream.faults.add(Fault("slow", on="signed_get", rate=_SLOW))
        _step("EventBridge hands the orchestrator, as every Sunday at 03:00 UTC")
        _say(json.dumps(_SCHEDULED))
        it.cloud.send(_SCHEDULED)
        wait_for(lambda: _begun(it))
        taken = it.tasks_of(_begun(it)[0])[0]
        it.tasks.interrupt(taken)
        upstream.faults.clear()
        it.settle()
        _plan(it)
        (execution,) = it.executions()
        _step(f"the state machine's execution {execution.name}: {execution.status}")
        _say(" > ".join(dict.fromkeys(execution.history.steps)))
        was_taken = taken.exit_code == 128 + signal.SIGTERM
        _step(
            "its tasks; one was taken away, as Spot does, and its shard run again"
            if was_taken
            else "its tasks"
        )
        for task in it.tasks.tasks():
            where = f"shard {shard_of(task)}  {capacity_of(task):9}"
            remark = "  <- SIGTERM" if was_taken and task is taken else ""
            _say(f"{where}  status {task.exit_code}{remark}")


def _begun(it: EcsDeployment) -> list[int]:
    """Return the shards that somebody works on at ECS."""
    return [
        event.shard for event in it.cloud.events(ShardStarted) if event.route == "ecs"
    ]


def _the_week_after(it: EcsDeployment) -> None:
    upstream = it.cloud.upstream
    upstream.claim(None)
    with _run(it, "The week after that: little is new"):
        upstream.publish(small_catalog(_FORMULAE + _MORE + _FEW))
        it.cloud.run()
        _plan(it)
    with _run(it, "And once more: nothing is new"):
        it.cloud.run()
    _step("the status page, as each of these runs has left it")
    _say(f"s3://{it.cloud.bucket}/{STATUS_PAGE}: {len(it.cloud.read(STATUS_PAGE)):,} B")
    _heading("The end of the ledger's log")
    _bottles(it, "ledger", "log", "-n", "20")
    _heading("Does the bucket hold what the ledger says?")
    _bottles(it, "verify")


@contextmanager
def _run(it: EcsDeployment, title: str) -> Iterator[None]:
    """Show a run from its title to what people were told, and what was measured."""
    _heading(title)
    told, measured = len(it.cloud.told()), Counter(_figures(it))
    yield
    for text in it.cloud.told()[told:]:
        _step("Slack received")
        _say(text)
    _step("metrics, as they were logged")
    values: dict[tuple[str, str], list[float]] = {}
    for name, unit, value in sorted((Counter(_figures(it)) - measured).elements()):
        values.setdefault((name, unit), []).append(value)
    for (name, unit), each in values.items():
        shown = (f"{value:,.6f}".rstrip("0").rstrip(".") for value in each)
        _say(f"{name:22}{', '.join(shown)}  ({unit})")


def _figures(it: EcsDeployment) -> Iterator[tuple[str, str, float]]:
    for line in (it.cloud.log() + it.tasks.log()).splitlines():
        if is_embedded(line):
            for figure in embedded_figures(line):
                for value in figure.values:
                    yield figure.name, figure.unit, value


def _plan(it: EcsDeployment) -> None:
    begun = it.cloud.events(SyncStarted)[-1]
    key = document_key(begun.plan)
    _step("the orchestrator has planned")
    _say(
        f"run {begun.run}: {begun.bottles} bottles, {begun.bytes:,} bytes, over"
        f" {begun.route}, shards: {begun.shards}; {begun.skipped} are held already",
        f"the plan is {key}; its first load, the biggest:",
        json.dumps(json.loads(it.cloud.read(key))["loads"][0]),
    )


def _bottles(it: EcsDeployment, *arguments: str) -> None:
    settings = {**it.variables, "BOTTLES_STORE": f"s3://{it.cloud.bucket}"}
    del settings["BOTTLES_S3_BUCKET_NAME"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BOTTLES_")}
    print(f"$ bottles {' '.join(arguments)}", flush=True)
    bottles = Path(sys.executable).with_name("bottles")
    subprocess.run([bottles, *arguments], env={**kept, **settings}, check=True)


def _tree(keys: Iterable[str], most: int = 4) -> Iterator[str]:
    keys = set(keys)
    views = {key for key in keys if key.startswith("v2/")}
    one = min((key.rpartition("/")[0].rpartition("/")[0] for key in views), default="")
    # Of the registry view, one image is shown.
    hidden = {key for key in views if not key.startswith(f"{one}/")}
    yield from _folders(sorted(keys - hidden), most)
    yield f"v2/  ({len(hidden)} more objects, of other images)"


def _folders(ordered: list[str], most: int) -> Iterator[str]:
    for folder in sorted({key.rpartition("/")[0] for key in ordered}):
        names = [key for key in ordered if key.rpartition("/")[0] == folder]
        yield f"{folder or '.'}/  ({len(names)} objects)"
        yield from (f"    {name.rpartition('/')[2]}" for name in names[:most])
        if len(names) > most:
            yield "    …"


def _heading(text: str) -> None:
    is_shown = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(f"\n\033[1m{text}\033[0m" if is_shown else f"\n{text}", flush=True)


def _step(text: str) -> None:
    print(f"\n  {text}", flush=True)


def _say(*lines: str) -> None:
    for line in "\n".join(lines).split("\n"):
        print(f"    {line}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
