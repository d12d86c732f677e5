"""The whole root is applied where AWS is only played, works, and is taken away again.

The programs are those that Terraform deployed: nothing invokes them that would not on
AWS, and nothing is told to them that Terraform has not told them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.layout import commit_key
from domain.events import ShardStarted, SyncStarted
from domain.work import GB
from tests.standin.catalog import Formula, formula, plain_catalog
from tests.standin.recipes import Recipe
from tests.standin.server import Upstream
from tests.support.applied import Applied
from tests.support.applying import (
    DRIFTS,
    PROJECT,
    TAGS,
    applied_root,
    changed,
    why_it_cannot_run,
)
from tests.support.aws_stack import why_no_stack
from tests.support.command import Ended
from tests.support.deployment import wait_for
from tests.support.mirror_bucket import HASH_FILE
from tests.support.rights import Call, Grant, calls_in
from tests.support.slack import SlackWebhook
from tests.support.sns_payloads import alarm_text
from tests.support.terraform import why_no_terraform
from tests.support.terraform_rights import NOT_SEEN
from tests.support.worker_image import WORKER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.aws_stack,
    pytest.mark.skipif(why_no_terraform() is not None, reason=str(why_no_terraform())),
    pytest.mark.skipif(why_no_stack() is not None, reason=str(why_no_stack())),
]
STARTED = "🚀 Homebrew Bottles Sync Started"
PROGRESS = "⏳ Homebrew Sync Progress"
COMPLETE = "✅ Homebrew Bottles Sync Complete"
FAILED = "❌ Homebrew Bottles Sync Failed"
ALARM = "❌ Alarm: homebrew-sync-orchestrator-errors"


def catalog(plain: int, *others: Recipe) -> list[Formula]:
    return [*plain_catalog(plain, TAGS), *(formula(each) for each in others)]


# Of each of the twins one bottle is fetched, and the other is a copy.
TWINS: Final = Recipe("twins", tags=TAGS, same=TAGS)
MORE_TWINS: Final = Recipe("more-twins", tags=TAGS, same=TAGS)
LARGE: Final = Recipe("zlarge", tags=("arm64_sonoma",))
LATER: Final = Recipe("zlater", tags=("arm64_sonoma",))


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("witness") / "calls.jsonl"
    file.touch()
    return file


@pytest.fixture(scope="module")
def applied(
    tmp_path_factory: pytest.TempPathFactory, witness: Path
) -> Iterator[Applied]:
    with (
        Upstream(catalog(4, TWINS)) as upstream,
        SlackWebhook() as slack,
        applied_root(
            tmp_path_factory.mktemp("applied"), witness, upstream, slack
        ) as system,
    ):
        yield system


@dataclass(frozen=True)
class Walk:
    """What came of three runs, an alarm, the daily question for the age, and a repair.

    Attributes:
        runs: Their ids: a small one, a large one, and one too large for Lambda's time.
        age: What was answered.
        repair: How a repair of the ledger ended, by the role that is there for it.
        calls: What IAM was asked meanwhile.
    """

    system: Applied
    runs: tuple[str, str, str]
    age: object
    repair: Ended
    calls: set[Call]


@pytest.fixture(scope="module")
def walk(applied: Applied, witness: Path) -> Walk:
    if reason := why_it_cannot_run():
        pytest.skip(reason)
    upstream = applied.upstream
    with applied.scheduled():
        wait_for(lambda: applied.events(SyncStarted), every=0.5)
    (begun,) = applied.events(SyncStarted)
    applied.ended(begun.run)

    upstream.claim(5 * GB)
    upstream.publish(catalog(8, TWINS, MORE_TWINS))
    large = applied.ask_for_a_run()
    applied.ended(large)

    upstream.claim(19 * GB)
    upstream.publish(catalog(8, TWINS, MORE_TWINS, LARGE))
    too_large = applied.ask_for_a_run()
    applied.ended(too_large)
    upstream.claim(None)

    applied.stack.client("sns").publish(
        TopicArn=applied.outputs["topic_arn"], Message=alarm_text()
    )
    wait_for(lambda: ALARM in applied.titles())
    age = applied.invoke({"source": "age"})

    whole = applied.read(commit_key(2))
    applied.damage(commit_key(2), b"{}")
    repair = applied.repair()
    assert applied.read(commit_key(2)) == whole, repair.err
    return Walk(applied, (begun.run, large, too_large), age, repair, calls_in(witness))


def test_the_schedule_starts_a_run_that_ends_in_the_bucket(walk: Walk) -> None:
    it, run = walk.system, walk.runs[0]

    (begun,) = (each for each in it.events(SyncStarted) if each.run == run)
    assert (begun.route, begun.shards, begun.bottles) == ("lambda", 1, 10)
    assert it.ended(run).outcome == "complete"
    assert started(it, run) == Counter({("lambda", 1): 1})
    assert it.titles()[:2] == [STARTED, COMPLETE]


def test_a_large_run_goes_to_containers_of_our_image(walk: Walk) -> None:
    it, run = walk.system, walk.runs[1]

    (begun,) = (each for each in it.events(SyncStarted) if each.run == run)
    assert (begun.route, begun.shards, begun.bottles) == ("ecs", 2, 10)
    assert it.ended(run).outcome == "complete"
    assert started(it, run) == Counter({("ecs", 1): 2})
    assert it.titles()[2:5] == [STARTED, PROGRESS, COMPLETE]
    ends = {f"shard {shard}: completed: complete" for shard in (0, 1)}
    wait_for(lambda: ends <= {line["message"] for line in it.lines("tasks")}, every=0.5)


def test_what_lambda_has_no_time_for_is_handed_to_a_task(walk: Walk) -> None:
    it, run = walk.system, walk.runs[2]

    (begun,) = (each for each in it.events(SyncStarted) if each.run == run)
    assert (begun.route, begun.shards, begun.bottles) == ("lambda", 1, 1)
    assert it.ended(run).outcome == "complete"
    assert started(it, run) == Counter({("lambda", 1): 1, ("ecs", 2): 1})


def started(it: Applied, run: str) -> Counter[tuple[str, int]]:
    """Return how often shards of a run were begun, by route and attempt."""
    return Counter(
        (each.route, each.attempt)
        for each in it.events(ShardStarted)
        if each.run == run
    )


def test_each_task_was_made_of_the_definition_and_ended_well(walk: Walk) -> None:
    tasks = walk.system.stack.client("ecs")
    cluster = walk.system.outputs["cluster_name"]
    arns = tasks.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]

    found = tasks.describe_tasks(cluster=cluster, tasks=arns)["tasks"]

    definition = walk.system.outputs["task_definition_arn"]
    assert [each["taskDefinitionArn"] for each in found] == [definition] * 3
    containers = [each["containers"][0] for each in found]
    assert {(one["image"], one["exitCode"]) for one in containers} == {(WORKER, 0)}
    # Without an engine tasks are claimed to run, and nothing does.
    assert all(one["runtimeId"] for one in containers)


def test_the_bucket_holds_the_whole_mirror_and_says_so(walk: Walk) -> None:
    it = walk.system
    ledger = it.ledger()

    assert len(ledger.held) == 21
    assert it.published() == ledger
    assert it.read(HASH_FILE) == encode_hash_file(ledger)
    held = {entry.object_key: entry.bottle.digest for entry in ledger.held.values()}
    tree = it.tree()
    # Bottles lie under their day, and all else under a word.
    assert set(held) == {key for key in tree if key[0].isdigit()}
    assert {key.split("/")[0] for key in tree} >= {"v2", "flat", "api", "generations"}
    assert all(it.read(key) == it.upstream.content(held[key]) for key in held)
    # Of equal bytes one is fetched, once.
    assert it.upstream.requests.count("signed_get") == len(set(held.values())) == 19
    assert isinstance(walk.age, dict)
    assert walk.age["age"] >= 0


def test_the_role_that_is_there_for_it_repairs_the_ledger(walk: Walk) -> None:
    assert walk.repair.status == 0, walk.repair.err


def test_every_call_is_allowed_by_the_role_that_terraform_made(walk: Walk) -> None:
    ours = {call for call in walk.calls if call.role is not None}

    assert {call for call in walk.calls if not call.allowed} == set()
    assert {call.role for call in ours} == {
        f"{PROJECT}-{each}-role"
        for each in ("orchestrator", "worker", "alarm", "ecs-task", "ledger-repair")
    }


def test_no_right_is_given_that_no_run_makes_use_of(walk: Walk) -> None:
    statements: dict[str, list[Grant]] = {}
    for right in walk.system.grants():
        # What a repair needs depends on the damage: one of them shows little of it.
        if right.whose == "ledger-repair":
            continue
        statements.setdefault(right.statement, []).append(right)

    unseen: set[str] = set()
    for name, rights in statements.items():
        left = [each for each in rights if not any(map(each.allows, walk.calls))]
        if left == rights:
            unseen.add(name)
        else:
            unseen |= {each.name for each in left}

    # Apart, so that it is told which of them.
    assert (unseen - set(NOT_SEEN), set(NOT_SEEN) - unseen) == (set(), set())


def test_a_worker_that_may_not_put_bottles_says_so_to_people_and_in_its_log(
    walk: Walk,
) -> None:
    it = walk.system
    told = len(it.told())
    (right,) = (
        each
        for each in it.grants()
        if each.whose == "worker"
        and each.action == "s3:PutObject"
        and each.resource.endswith("/????-??-??/*")
    )
    it.upstream.publish(catalog(8, TWINS, MORE_TWINS, LARGE, LATER))

    with it.without(right):
        run = it.ask_for_a_run()
        ended = it.ended(run)

    assert ended.outcome == "failed"
    assert it.titles()[told:] == [STARTED, FAILED]
    assert "access_denied" in it.told()[-1]
    said = [
        line["message"]
        for line in it.lines("worker")
        if line.get("run_id") == run and line["level"] != "INFO"
    ]
    assert any("s3:PutObject" in each for each in said), said

    # With its right it does what is left, as if nothing had been.
    assert it.ended(it.ask_for_a_run()).outcome == "complete"


def test_who_may_not_read_the_webhook_says_so_and_the_run_goes_on(walk: Walk) -> None:
    it = walk.system
    told = len(it.told())
    (right,) = (
        each
        for each in it.grants()
        if each.whose == "orchestrator"
        and each.action == "secretsmanager:GetSecretValue"
    )

    with it.without(right):
        answer = it.invoke({"source": "manual"})
        ended = it.ended(answer["run_id"])

    assert ended.outcome == "complete"
    assert len(it.told()) == told
    said = [line["message"] for line in it.lines("orchestrator")]
    assert any("the right to secretsmanager:GetSecretValue" in each for each in said)


def test_a_second_plan_changes_nothing_but_what_the_stack_loses(
    applied: Applied,
) -> None:
    # Neither does it want back the webhook that was put in place by hand.
    assert changed(applied.terraform, **applied.variables) == set(DRIFTS)


def test_no_secret_is_in_the_state_and_everything_is_named_by_the_project(
    applied: Applied,
) -> None:
    state = applied.terraform("state", "pull", **applied.variables).stdout

    assert "hunter2" not in state
    assert applied.outputs["bucket_name"] == "applied-mirror"
    assert applied.outputs["orchestrator_function_name"] == "applied-orchestrator"
    assert applied.outputs["state_machine_arn"].endswith(":stateMachine:applied")


def test_the_state_tells_who_is_to_remove_it_what_its_bucket_is_called(
    applied: Applied,
) -> None:
    address = "module.s3.aws_s3_bucket.this"
    listed = applied.terraform("state", "list", **applied.variables).stdout
    shown = applied.terraform(
        "state", "show", "-no-color", address, **applied.variables
    ).stdout

    # As destroy.sh reads it.
    assert address in listed.splitlines()
    assert re.findall(r'^    bucket *= "(.*)"$', shown, re.MULTILINE) == [
        "applied-mirror"
    ]


# The last: it takes away what all others need.
def test_all_of_it_goes_again(applied: Applied) -> None:
    destroyed = applied.terraform(
        "destroy", "-auto-approve", "-no-color", **applied.variables
    )

    assert destroyed.returncode == 0, destroyed.stderr
    assert applied.terraform("state", "list", **applied.variables).stdout == ""
