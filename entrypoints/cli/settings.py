"""The settings of the configuration, as the command line offers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


class Setting(NamedTuple):
    """How a setting is offered on the command line.

    Attributes:
        help: What it does, in a sentence.
        default: What holds where nobody says anything, in words; empty where nothing
            does.
        spellings: Other names of the option than the setting's own.
        listed: Whether it may be given several times.
        switch: Whether it is yes or no.
    """

    metavar: str
    help: str
    default: str = ""
    spellings: tuple[str, ...] = ()
    listed: bool = False
    switch: bool = False
    complete: Completer | None = None


def complete_file(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Leave it to the shell to complete the path of a file."""
    return [CompletionItem(incomplete, type="file")]


def complete_tags(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return what a list of tags may become."""
    # Of a list, the last one is being typed.
    before, comma, last = incomplete.rpartition(",")
    choices = _tags()
    if not comma:
        choices += ["latest:1", "latest:2", "latest:3"]
    return [
        CompletionItem(f"{before}{comma}{choice}")
        for choice in choices
        if choice.startswith(last)
    ]


def complete_tag(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the tags that begin with what is typed."""
    return [CompletionItem(tag) for tag in _tags() if tag.startswith(incomplete)]


def _tags() -> list[str]:
    from domain.tags import known_tags

    return sorted(known_tags(()))


SECTIONS: Final[dict[str, dict[str, Setting]]] = {
    "The mirror": {
        "store": Setting(
            "URL", "The mirror: a folder, or s3://bucket[/prefix].", "./mirror"
        ),
        "s3_bucket_name": Setting(
            "BUCKET", "The mirror's bucket: as --store s3://BUCKET."
        ),
        "s3_prefix": Setting("PREFIX", "The mirror's prefix in that bucket."),
        "aws_region": Setting("REGION", "The bucket's region.", "the AWS SDK's"),
    },
    "What is mirrored": {
        "target_tags": Setting(
            "TAGS",
            "The clients to serve: tags, with commas or given again, or latest:N for"
            " the N newest macOS on ARM.",
            "latest:3",
            spellings=("--tag",),
            listed=True,
            complete=complete_tags,
        ),
        "formulae": Setting(
            "NAMES",
            "Formulae, beside those named as arguments.",
            "all of them",
            spellings=("--formula",),
            listed=True,
        ),
        "with_deps": Setting(
            "", "Also what the formulae need to run.", "no", switch=True
        ),
        "brewfile": Setting(
            "FILE", "Also the formulae of a Brewfile.", complete=complete_file
        ),
        "exclude": Setting(
            "GLOBS", "Leave these formulae out, and what only they need.", listed=True
        ),
    },
    "How it is fetched": {
        "max_bytes": Setting(
            "BYTES", "Fetch at most so much in one run, as 500MB or 2GB.", "no bound"
        ),
        "jobs": Setting("N", "Transfers at a time.", "4 for each core, 32 at most"),
        "retry_attempts": Setting("N", "How often a network call is tried.", "5"),
        "spool": Setting(
            "FOLDER",
            "Keep there what has come of bottles of more than 1 GB, so that another"
            " sync need not begin them anew.",
            complete=complete_file,
        ),
    },
    "Upstream": {
        "api_domain": Setting(
            "URL", "Where the catalog is.", "https://formulae.brew.sh/api"
        ),
        "registry": Setting("URL", "Where the bottles are.", "https://ghcr.io"),
        "catalog": Setting(
            "DOCUMENT|FILE",
            "The API's document, or a local .json or .json.gz.",
            "formula.jws.json",
            complete=complete_file,
        ),
        "api_public_key": Setting(
            "PEM|FILE",
            "The key that signs the API.",
            "Homebrew's",
            complete=complete_file,
        ),
        "registry_token": Setting(
            "TOKEN",
            "Bearer token of a private registry. Others can see a command line:"
            " BOTTLES_REGISTRY_TOKEN is the better place.",
        ),
        "registry_token_secret_id": Setting(
            "ID", "The secret in AWS Secrets Manager with that token: name or ARN."
        ),
        "github_token": Setting(
            "TOKEN",
            "Token for GitHub's API, which attestations are asked of. Others can see"
            " a command line: BOTTLES_GITHUB_TOKEN is the better place.",
        ),
        "github_token_secret_id": Setting(
            "ID", "The secret in AWS Secrets Manager with that token: name or ARN."
        ),
    },
    "What clients see": {
        "views": Setting(
            "VIEWS",
            "How clients find bottles: registry, flat, both of them, or none.",
            "registry",
            listed=True,
        ),
        "publish": Setting(
            "", "Publish what a complete run has brought in.", "yes", switch=True
        ),
        "keep_generations": Setting(
            "N", "Generations that can be gone back to, the visible one included.", "4"
        ),
    },
    "What is let go": {
        "retention_days": Setting(
            "DAYS",
            "Keep for so long what upstream no longer offers; 0 is for ever.",
            "30",
        ),
        "gc_auto": Setting(
            "", "Evict at the end of a complete run.", "no", switch=True
        ),
        "max_evict": Setting(
            "SHARE", "Evict at most so much of what is held at once.", "10%"
        ),
    },
    "Another mirror's hash file": {
        "external_hash_file_s3_key": Setting(
            "KEY", "It lies in a bucket: its whole key there."
        ),
        "external_hash_file_s3_bucket": Setting(
            "BUCKET", "The bucket of that key.", "the mirror's own"
        ),
        "external_hash_file_url": Setting(
            "URL",
            "It is on the internet: https only. Others can see a command line: a"
            " signed URL is better given as BOTTLES_EXTERNAL_HASH_FILE_URL.",
        ),
        "external_hash_file_path": Setting(
            "FILE", "It is on this machine.", complete=complete_file
        ),
        "external_hash_file_required": Setting(
            "",
            "Fail when it cannot be read, instead of a warning.",
            "no",
            switch=True,
        ),
    },
    "Notifications": {
        "environment": Setting("NAME", "Which mirror this is, in messages.", "prod"),
        "enable_notifications": Setting(
            "", "Tell people how a run goes, where it is known how.", "yes", switch=True
        ),
        "slack_webhook_url": Setting(
            "URL",
            "Slack's incoming webhook. Others can see a command line:"
            " BOTTLES_SLACK_WEBHOOK_URL is the better place.",
        ),
        "slack_webhook_secret_id": Setting(
            "ID", "The secret in AWS Secrets Manager with that URL: name or ARN."
        ),
        "notification_topic_arn": Setting("ARN", "The SNS topic that is told as well."),
    },
    "The cloud": {
        "size_threshold_gb": Setting(
            "GB", "Work of so much or more goes to ECS, less of it to Lambda.", "20"
        ),
        "shard_gb": Setting("GB", "What one ECS task is given of it.", "40"),
        "lambda_shard_gb": Setting("GB", "What one Lambda worker is given.", "5"),
        "max_parallel_tasks": Setting("N", "ECS tasks at a time.", "16"),
        "project_name": Setting(
            "NAME", "What everything that is deployed is called after.", "homebrew-sync"
        ),
        "state_machine_arn": Setting("ARN", "The state machine that runs ECS tasks."),
        "log_level": Setting("LEVEL", "What is logged in the cloud.", "INFO"),
    },
}
"""Every setting, by what it is about."""

SETTINGS: Final[dict[str, Setting]] = {
    name: setting for section in SECTIONS.values() for name, setting in section.items()
}
