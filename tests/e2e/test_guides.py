"""Every command of the documents, typed as it is written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_s3.server import FakeS3
from tests.standin.catalog import formula
from tests.standin.recipes import LINUX, NEW_ARM, Recipe
from tests.standin.server import Upstream
from tests.support.aws_stack import AwsStack, why_no_stack
from tests.support.canned import Answer, CannedServer
from tests.support.guides import Step, guides, steps_of, unmarked
from tests.support.lifeline import free_ports
from tests.support.shown_deployment import BUCKET, lines_of_logs, show_deployment
from tests.support.slack import SlackWebhook
from tests.support.typist import Desk
from tests.support.warm_commands import warm_commands

NOT_TYPED = {
    r"brew ": "a real brew",
    r"sudo ": "this machine's own configuration",
    r"pip ": "the package index",
    r"make (?!demo)": "it takes minutes; CI runs it, or what it stands for",
    r".*python -m benchmarks": "what was measured, and when",
    r"terraform |infrastructure/scripts/": (
        "an account of AWS; test_deploy_scripts.py, test_terraform*.py run it"
    ),
    r"gh ": "an account of GitHub",
    r"docker |podman ": "a registry, or an image; test_worker_image.py has one",
    r".* --attestations": "GitHub's API; test_cli_attestations.py asks a stand-in",
}
"""What is not typed here, as patterns of how a command begins, and why."""

ON_AWS = "aws |bottles cloud |bottles doctor --notify"
"""Who asks more of AWS than a bucket."""

FORMULAE = [
    Recipe("jq", "1.8.1", tags=(*NEW_ARM, *LINUX), needs=("oniguruma",)),
    Recipe("oniguruma", "6.9.10", tags=(*NEW_ARM, *LINUX)),
    Recipe("curl", "8.17.0", tags=NEW_ARM, needs=("brotli",)),
    Recipe("brotli", "1.2.0", tags=NEW_ARM),
    Recipe("git", "2.52.0", tags=("arm64_tahoe", "sonoma")),
    Recipe("portable-ruby", "3.4.8", tags=(*NEW_ARM, *LINUX)),
]


def typed(guide: Path) -> list[Step]:
    """Return the commands of a document that can be typed here."""
    never = "|".join(NOT_TYPED)
    return [step for step in steps_of(guide) if not re.match(never, step.command)]


GUIDES = [guide for guide in guides() if typed(guide)]


def asks_aws(guide: Path) -> bool:
    return any(re.match(ON_AWS, step.command) for step in typed(guide))


@pytest.fixture(scope="module")
def warm() -> Iterator[str]:
    """Yield the line of a shell that runs ``bottles`` or ``aws``."""
    with warm_commands() as line:
        yield line


@pytest.fixture(scope="module")
def deployed() -> Iterator[dict[str, str]]:
    """Yield the variables that lead to a deployed mirror, where one can be."""
    if reason := why_no_stack():
        pytest.skip(reason)
    with (
        AwsStack() as stack,
        SlackWebhook() as slack,
        CannedServer(Answer(200, body=lines_of_logs())) as logs,
    ):
        show_deployment(stack, slack.url)
        yield {
            **stack.variables(),
            "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": logs.endpoint_url,
            "SLACK_WEBHOOK_URL": slack.url,
        }


@pytest.fixture
def near(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield the variables that lead to an upstream and a store of the tests."""
    catalog = [formula(recipe) for recipe in FORMULAE]
    with Upstream(catalog) as upstream, FakeS3() as s3:
        for bucket in (BUCKET, "bottles-of-example-org", "another-mirror"):
            s3.create(bucket, versioning=True)
        key = tmp_path / "key.pem"
        key.write_text(upstream.public_key_pem)
        yield {
            "BOTTLES_API_DOMAIN": upstream.api_domain,
            "BOTTLES_REGISTRY": upstream.registry,
            "BOTTLES_API_PUBLIC_KEY": str(key),
            "BOTTLES_RETRY_ATTEMPTS": "2",
            **s3.variables,
        }


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES, ids=str)
def test_every_command_does_what_is_said(
    guide: Path,
    near: dict[str, str],
    warm: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    if shutil.which("curl") is None and any(
        "curl " in one.command for one in typed(guide)
    ):
        pytest.skip("no curl on PATH, which it types")
    variables = near
    if asks_aws(guide):
        variables |= request.getfixturevalue("deployed")
    (port,) = free_ports(1)
    folder = tmp_path / "desk"
    folder.mkdir()

    assert Desk(folder, port, warm).type(typed(guide), variables) == []


@pytest.mark.parametrize("guide", guides(), ids=str)
def test_no_command_stands_where_none_is_looked_for(guide: Path) -> None:
    assert unmarked(guide) == []


def test_what_is_not_typed_is_there() -> None:
    commands = [step.command for guide in guides() for step in steps_of(guide)]
    patterns = [each for how in NOT_TYPED for each in how.split("|")]
    assert [
        how for how in patterns if not any(re.match(how, each) for each in commands)
    ] == []
