"""The options: those of every command, and the configuration's own.

A configuration option is passed on as the text it is. What it means, and whether it
makes sense together with the environment and ``bottles.toml``, is found out in one
place, so that every mistake is told at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

import click
from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., object])


class Setting(NamedTuple):
    """How a setting is offered on the command line.

    Attributes:
        spellings: Other names of the option than the setting's own.
        listed: Whether it may be given several times.
    """

    metavar: str
    help: str
    spellings: tuple[str, ...] = ()
    listed: bool = False
    switch: bool = False
    complete: (
        Callable[[click.Context, click.Parameter, str], list[CompletionItem]] | None
    ) = None


def _complete_file(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _complete_tags(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from domain.tags import known_tags

    # Of a list, the last one is being typed.
    before, comma, last = incomplete.rpartition(",")
    choices: list[str] = sorted(known_tags(()))
    if not comma:
        choices += ["latest:1", "latest:2", "latest:3"]
    return [
        CompletionItem(f"{before}{comma}{choice}")
        for choice in choices
        if choice.startswith(last)
    ]


SETTINGS: Final = {
    "store": Setting(
        "URL", "The mirror: a folder, or s3://bucket[/prefix].  [./mirror]"
    ),
    "s3_bucket_name": Setting("BUCKET", "The mirror's bucket: --store s3://BUCKET."),
    "s3_prefix": Setting("PREFIX", "The mirror's prefix in that bucket.  [none]"),
    "aws_region": Setting("REGION", "The bucket's region.  [the AWS SDK's]"),
    "api_domain": Setting(
        "URL", "Where the catalog is.  [https://formulae.brew.sh/api]"
    ),
    "registry": Setting("URL", "Where the bottles are.  [https://ghcr.io]"),
    "catalog": Setting(
        "DOCUMENT|FILE",
        "The API's document, or a local .json or .json.gz.  [formula.jws.json]",
        complete=_complete_file,
    ),
    "api_public_key": Setting(
        "PEM|FILE",
        "The key that signs the API.  [Homebrew's]",
        complete=_complete_file,
    ),
    "target_tags": Setting(
        "TAGS",
        "The clients to serve: tags, with commas or given again, or latest:N for"
        " the N newest macOS on ARM.  [latest:3]",
        spellings=("--tag",),
        listed=True,
        complete=_complete_tags,
    ),
    "formulae": Setting(
        "NAMES",
        "Formulae beside those named as arguments.",
        spellings=("--formula",),
        listed=True,
    ),
    "with_deps": Setting(
        "", "Also what the formulae need to run, or not.  [not]", switch=True
    ),
    "brewfile": Setting(
        "FILE", "Also the formulae of a Brewfile.", complete=_complete_file
    ),
    "exclude": Setting(
        "GLOBS",
        "Leave these formulae out, and what only they need.",
        listed=True,
    ),
    "max_bytes": Setting("BYTES", "Fetch at most so much in one run, as 500MB or 2GB."),
    "jobs": Setting("N", "Transfers at a time.  [4 for each core, 32 at most]"),
    "size_threshold_gb": Setting("GB", "From so much on, the cloud uses ECS.  [20]"),
    "shard_gb": Setting("GB", "Share of one ECS task.  [40]"),
    "lambda_shard_gb": Setting("GB", "Share of one Lambda worker.  [5]"),
    "max_parallel_tasks": Setting("N", "ECS tasks at a time.  [16]"),
    "retry_attempts": Setting("N", "How often a network call is tried.  [5]"),
    "views": Setting(
        "VIEWS",
        "How clients find bottles: registry, flat, both of them, or none.  [registry]",
        listed=True,
    ),
    "publish": Setting(
        "", "Publish what a complete run has brought in, or not.  [yes]", switch=True
    ),
    "keep_generations": Setting(
        "N", "Generations that can be gone back to, the visible one included.  [4]"
    ),
    "retention_days": Setting(
        "DAYS",
        "Keep for so long what upstream no longer offers; 0 is for ever.  [30]",
    ),
    "gc_auto": Setting(
        "", "Evict at the end of a complete run, or not.  [not]", switch=True
    ),
    "max_evict": Setting(
        "SHARE", "Evict at most so much of what is held at once.  [10%]"
    ),
    "registry_token": Setting(
        "TOKEN",
        "Bearer token of a private registry. Others can see a command line:"
        " BOTTLES_REGISTRY_TOKEN is the better place.",
    ),
    "registry_token_secret_id": Setting(
        "ID", "The secret in AWS Secrets Manager that holds that token: name or ARN."
    ),
    "github_token": Setting(
        "TOKEN",
        "Token for GitHub's API, which attestations are asked of. Others can see a"
        " command line: BOTTLES_GITHUB_TOKEN is the better place.",
    ),
    "github_token_secret_id": Setting(
        "ID", "The secret in AWS Secrets Manager that holds that token: name or ARN."
    ),
    "external_hash_file_s3_key": Setting(
        "KEY", "The hash file of another mirror, in a bucket: its whole key there."
    ),
    "external_hash_file_s3_bucket": Setting(
        "BUCKET", "The bucket of that key.  [the mirror's own]"
    ),
    "external_hash_file_url": Setting(
        "URL",
        "The hash file of another mirror, on the internet: https only. Others can see"
        " a command line: a signed URL is better given as"
        " BOTTLES_EXTERNAL_HASH_FILE_URL.",
    ),
    "external_hash_file_path": Setting(
        "FILE",
        "The hash file of another mirror, on this machine.",
        complete=_complete_file,
    ),
    "external_hash_file_required": Setting(
        "",
        "Fail when that file cannot be read, or warn and go on.  [go on]",
        switch=True,
    ),
    "project_name": Setting(
        "NAME", "What everything that is deployed is called after.  [homebrew-sync]"
    ),
    "environment": Setting("NAME", "Which mirror this is, in messages.  [prod]"),
    "enable_notifications": Setting(
        "",
        "Tell people how a run goes, or not.  [yes, where it is known how]",
        switch=True,
    ),
    "slack_webhook_url": Setting(
        "URL",
        "Slack's incoming webhook. Others can see a command line:"
        " BOTTLES_SLACK_WEBHOOK_URL is the better place.",
    ),
    "slack_webhook_secret_id": Setting(
        "ID", "The secret in AWS Secrets Manager that holds that URL: name or ARN."
    ),
    "notification_topic_arn": Setting("ARN", "The SNS topic that is told as well."),
    "state_machine_arn": Setting("ARN", "The state machine that runs ECS tasks."),
    "log_level": Setting("LEVEL", "What is logged in the cloud.  [INFO]"),
    "spool": Setting(
        "FOLDER",
        "Keep there what has come of bottles of more than 1 GB, so that another sync"
        " need not begin them anew.  [none]",
        complete=_complete_file,
    ),
}
"""Every setting of the configuration, in the order of help."""

EVERYWHERE: Final = ("store", "s3_bucket_name", "s3_prefix")
SELECTION: Final = ("target_tags", "formulae", "with_deps", "brewfile", "exclude")
UPSTREAM: Final = ("api_domain", "registry", "catalog", "api_public_key")
REGISTRY: Final = ("registry_token", "registry_token_secret_id")
GITHUB: Final = ("github_token", "github_token_secret_id")
RUNNING: Final = ("max_bytes", "jobs", "retry_attempts", *REGISTRY)
EXTERNAL: Final = (
    "external_hash_file_s3_key",
    "external_hash_file_s3_bucket",
    "external_hash_file_url",
    "external_hash_file_path",
    "external_hash_file_required",
)
CLOUD: Final = ("size_threshold_gb", "shard_gb", "lambda_shard_gb")
NOTIFYING: Final = (
    "environment",
    "enable_notifications",
    "slack_webhook_url",
    "slack_webhook_secret_id",
    "notification_topic_arn",
)
DEPLOYED: Final = (
    "project_name",
    "max_parallel_tasks",
    "state_machine_arn",
    "log_level",
)
SPOOL: Final = ("spool",)
PUBLISHING: Final = ("views", "publish", "keep_generations")
RETENTION: Final = ("retention_days", "gc_auto", "max_evict")
BUCKET: Final = ("aws_region",)


def config_options(*names: str) -> Callable[[F], F]:
    """Return a decorator that offers the settings ``names`` as options."""

    def decorate(command: F) -> F:
        for name in reversed(names):
            command = _option(name, SETTINGS[name])(command)
        return command

    return decorate


def global_options(command: F) -> F:
    """Offer what may stand before and after every command."""
    for option in (
        click.option(
            "-q", "--quiet", is_flag=True, help="Tell errors and results only."
        ),
        click.option("-v", "--verbose", is_flag=True, help="Tell of every bottle."),
        click.option(
            "--json", "as_json", is_flag=True, help="Print one JSON object as result."
        ),
        click.option(
            "--config",
            metavar="FILE",
            help="The configuration.  [./bottles.toml where there is one]",
            shell_complete=_complete_file,
        ),
        config_options(*EVERYWHERE),
    ):
        command = option(command)
    return command


def _option(name: str, setting: Setting) -> Callable[[F], F]:
    spelt = f"--{name.replace('_', '-')}"
    if setting.switch:
        return click.option(
            f"{spelt}/--no-{spelt.removeprefix('--')}",
            name,
            default=None,
            help=setting.help,
        )
    return click.option(
        *setting.spellings,
        spelt,
        name,
        metavar=setting.metavar,
        multiple=setting.listed,
        help=setting.help,
        shell_complete=setting.complete,
    )


fetch_elsewhere_option = click.option(
    "--fetch-elsewhere",
    is_flag=True,
    help="Also what another mirror was said to have, and is otherwise left out.",
)
"""Whether imported hash files make bottles wait."""
