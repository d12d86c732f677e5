"""The route over ECS once more, by another's engines: its tasks are containers.

Step Functions, ECS, EventBridge, SNS, Secrets Manager and CloudWatch Logs are those of
ministack. S3 is SeaweedFS, and functions run under AWS's own runtime client.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from domain.events import SyncCompleted
from domain.work import GB
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.asl import definition
from tests.support.aws_deployed import (
    add_role,
    add_user,
    ask_for_a_run,
    define_task,
    forward,
    start_when_asked,
)
from tests.support.aws_stack import AwsStack
from tests.support.deployment import ORCHESTRATOR, Deployment, deployed, wait_for
from tests.support.ecs_deployment import FAMILY, WORKER
from tests.support.embedded import is_embedded
from tests.support.lambda_function import Function
from tests.support.runtime_api import REGION
from tests.support.seaweed import SeaweedS3
from tests.support.sns_payloads import alarm_text
from tests.support.tasks import TaskDefinition

STARTED = "🚀 Homebrew Bottles Sync Started"
PROGRESS = "⏳ Homebrew Sync Progress"
COMPLETE = "✅ Homebrew Bottles Sync Complete"
ALARM = "homebrew-sync-alarm"
SECRET = "homebrew-sync/slack-webhook"
TOPIC = "homebrew-sync-alerts"


@dataclass(frozen=True, slots=True)
class OnStack:
    """The system, deployed on the stack.

    Attributes:
        topic: Its ARN.
        machine: The ARN of the state machine.
    """

    cloud: Deployment
    stack: AwsStack
    topic: str
    machine: str

    def status(self, run_id: str) -> str | None:
        """Return what is said of a run's execution, None when there is none yet."""
        listed = self.stack.client("stepfunctions").list_executions(
            stateMachineArn=self.machine
        )["executions"]
        return next((each["status"] for each in listed if each["name"] == run_id), None)

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of the tasks' log that are for people."""
        logs, group = self.stack.client("logs"), f"/aws/ecs/{FAMILY}"
        return [
            json.loads(event["message"])
            for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]
            for event in logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"]
            )["events"]
            if event["message"].strip() and not is_embedded(event["message"])
        ]

    def publish(self, text: str) -> None:
        """Tell the topic something."""
        self.stack.client("sns").publish(TopicArn=self.topic, Message=text)


def deploy_on(stack: AwsStack, cloud: Deployment, s3: SeaweedS3) -> OnStack:
    """Deploy on the stack what is not there of the system."""
    stack.client("secretsmanager").create_secret(
        Name=SECRET, SecretString=json.dumps({"webhook_url": cloud.slack.url})
    )
    topics = stack.client("sns")
    topic = topics.create_topic(Name=TOPIC)["TopicArn"]
    del cloud.settings["BOTTLES_SLACK_WEBHOOK_URL"]
    cloud.settings |= {
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "BOTTLES_SLACK_WEBHOOK_SECRET_ID": SECRET,
        "BOTTLES_NOTIFICATION_TOPIC_ARN": topic,
    }
    cluster = stack.client("ecs").create_cluster(clusterName=FAMILY)["cluster"]
    define_task(
        stack,
        FAMILY,
        # Fargate tells the region.
        TaskDefinition(WORKER, environment={"AWS_REGION": REGION, **cloud.settings}),
        also=[s3.ca_bundle.parent],
    )
    orchestrator = forward(stack, ORCHESTRATOR, cloud.lambdas.endpoint_url)
    machine = stack.client("stepfunctions").create_state_machine(
        name=FAMILY,
        roleArn=add_role(stack, "homebrew-sync-states-role", "states"),
        definition=json.dumps(
            definition(
                cluster_arn=cluster["clusterArn"],
                task_definition_arn=FAMILY,
                orchestrator_function_arn=orchestrator,
            )
        ),
    )["stateMachineArn"]
    cloud.settings["BOTTLES_STATE_MACHINE_ARN"] = machine
    cloud.deploy()
    deploy_alarm(cloud, {})
    alarm = forward(stack, ALARM, cloud.lambdas.endpoint_url)
    topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=alarm)
    start_when_asked(stack, orchestrator)
    return OnStack(cloud, stack, topic, machine)


def deploy_alarm(cloud: Deployment, variables: dict[str, str]) -> None:
    """Deploy the topic's function, with other variables than those of the system."""
    environment = {**cloud.settings, **variables}
    cloud.lambdas.deploy(
        ALARM,
        Function(
            "entrypoints.lambda_alarm.handler", timeout=30, environment=environment
        ),
    )


def test_the_whole_walk_by_another_s_engines(
    container_stack: AwsStack, seaweed: SeaweedS3, lambda_runtime: None
) -> None:
    assert lambda_runtime is None
    upstream = Upstream(plain_catalog(16), claims=5 * GB)
    with upstream, deployed(seaweed, upstream) as cloud:
        it = deploy_on(container_stack, cloud, seaweed)
        run_id = ask_for_a_run(container_stack)
        wait_for(lambda: it.status(run_id) not in {None, "RUNNING"})
        assert it.status(run_id) == "SUCCEEDED"
        cloud.settle()

        ledger = cloud.ledger()
        (ended,) = cloud.events(SyncCompleted)
        assert (ended.run, ended.outcome) == (run_id, "complete")
        assert len(ledger.held) == upstream.requests.count("signed_get") == 16
        assert cloud.published() == ledger
        assert cloud.titles() == [STARTED, PROGRESS, COMPLETE]
        lines = it.lines()
        assert {line["message"] for line in lines} == {
            "shard 0: completed: complete",
            "shard 1: completed: complete",
        }
        assert {line["run_id"] for line in lines} == {run_id}

        # The topic was told the same, which nobody needs to hear twice.
        wait_for(lambda: len(cloud.lambdas.records(ALARM)) == 3)
        it.publish(alarm_text())
        wait_for(lambda: len(cloud.lambdas.records(ALARM)) == 4)
        passed_on = [
            json.loads(one.outcome.payload) for one in cloud.lambdas.records(ALARM)
        ]
        assert passed_on == [{"told": 0}] * 3 + [{"told": 1}]
        alarm = "❌ Alarm: homebrew-sync-orchestrator-errors"
        assert cloud.titles() == [STARTED, PROGRESS, COMPLETE, alarm]

        # Who may not read the secret says so.
        deploy_alarm(cloud, add_user(container_stack, "nobody", {}))
        it.publish(alarm_text())
        wait_for(lambda: len(cloud.lambdas.records(ALARM)) == 5)
        denied = cloud.lambdas.records(ALARM)[-1].outcome
        assert denied.failed
        said = json.loads(denied.payload)["errorMessage"]
        assert said.startswith("Failed to send Slack notification: its webhook is not")
        assert f"the right to secretsmanager:GetSecretValue on {SECRET}" in said
        assert cloud.slack.url not in cloud.lambdas.log(ALARM) + cloud.log()
