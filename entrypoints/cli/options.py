"""The options: those of every command, and the configuration's own.

A configuration option is passed on as the text it is. What it means, and whether it
makes sense together with the environment and ``bottles.toml``, is found out in one
place, so that every mistake is told at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import click

from entrypoints.cli.settings import SETTINGS, Setting, complete_file

F = TypeVar("F", bound=Callable[..., object])

STORE: Final = ("store", "s3_bucket_name", "s3_prefix")
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

EVERYWHERE: Final = ("--config", "--json", "--verbose", "--quiet", "--help")
"""What is no setting, and stands before every command and after it."""


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
            help="The configuration.  [default: ./bottles.toml, where there is one]",
            shell_complete=complete_file,
        ),
        config_options(*STORE),
    ):
        command = option(command)
    return command


def _option(name: str, setting: Setting) -> Callable[[F], F]:
    spelt = f"--{name.replace('_', '-')}"
    default = f"  [default: {setting.default}]" if setting.default else ""
    told = f"{setting.help}{default}"
    if setting.switch:
        return click.option(
            f"{spelt}/--no-{spelt.removeprefix('--')}", name, default=None, help=told
        )
    return click.option(
        *setting.spellings,
        spelt,
        name,
        metavar=setting.metavar,
        multiple=setting.listed,
        help=told,
        shell_complete=setting.complete,
    )


fetch_elsewhere_option = click.option(
    "--fetch-elsewhere",
    is_flag=True,
    help="Also what another mirror was said to have, and is otherwise left out.",
)
"""Whether imported hash files make bottles wait."""
