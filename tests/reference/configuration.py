"""The settings, for the page of the reference about the configuration."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.configuration_fields import (
    BrewfilePath,
    Bytes,
    Names,
    Parsed,
    PublicKey,
    Region,
    Share,
    Switch,
    Text,
    Unshown,
    Url,
    Views,
    Whole,
)
from adapters.configuration_schema import SCHEMA
from adapters.configuration_sources import PREFIX
from domain.cloud_config import LOG_LEVELS
from entrypoints.cli.settings import SECTIONS, SETTINGS, Setting
from tests.reference.command_line import anchor, marked
from tests.reference.described import described, spellings

_PROGRAM = "bottles "
_MOST = 10  # the least that a setting can be is below
_KINDS = {
    BrewfilePath: "the path of a Brewfile",
    Bytes: "bytes: a number, or with a decimal unit as `500MB`, `1.5 GB`",
    Names: "names or globs: a list, or text with commas or spaces between",
    Parsed: "text",
    PublicKey: "a public key in PEM, or the path of a file with one",
    Region: "the name of an AWS region",
    Share: "a share in per cent",
    Switch: "yes or no: `true`, `yes`, `on`, `1`, or `false`, `no`, `off`, `0`",
    Text: "text",
    Unshown: "text; no message, log or error shows it",
    Url: "a URL of which no message shows the query",
    Views: "views: a list, or text with commas, or `none`",
}
# Where the kind does not say enough.
_NARROWER = {
    "store": "a folder, or `s3://bucket[/prefix]`",
    "api_domain": "a URL: https, or http to this machine itself",
    "registry": "a URL: https, or http to this machine itself",
    "target_tags": "tags, or `latest:N`: a list, or text with commas",
    "s3_bucket_name": "the name of a bucket",
    "s3_prefix": "names joined by `/`",
    "external_hash_file_s3_key": "names joined by `/`",
    "external_hash_file_s3_bucket": "the name of a bucket",
    "log_level": ", ".join(f"`{level}`" for level in LOG_LEVELS),
    "project_name": "up to 40 letters, digits and `-`, a letter first",
    "environment": "up to 64 letters, digits and `._-`",
    "notification_topic_arn": "the ARN of an SNS topic",
    "state_machine_arn": "the ARN of a state machine",
    "spool": "the path of a folder",
    "external_hash_file_path": "the path of a file",
}

EXAMPLES = {
    "store": '"s3://my-bucket/mirror"',
    "s3_bucket_name": '"my-bucket"',
    "s3_prefix": '"mirror"',
    "aws_region": '"eu-central-1"',
    "target_tags": '["arm64_tahoe", "arm64_sonoma"]',
    "formulae": '["jq", "ripgrep"]',
    "with_deps": "true",
    "brewfile": '"Brewfile"',
    "exclude": '["llvm*", "texlive"]',
    "max_bytes": '"50GB"',
    "jobs": "16",
    "retry_attempts": "5",
    "spool": '"/var/spool/bottles"',
    "api_domain": '"https://formulae.brew.sh/api"',
    "registry": '"https://ghcr.io"',
    "catalog": '"formula.jws.json"',
    "api_public_key": '"key.pem"',
    "registry_token": '"YOUR-TOKEN"',
    "registry_token_secret_id": '"homebrew-sync/registry-token"',
    "github_token": '"YOUR-TOKEN"',
    "github_token_secret_id": '"homebrew-sync/github-token"',
    "views": '["registry", "flat"]',
    "publish": "false",
    "keep_generations": "4",
    "retention_days": "30",
    "gc_auto": "true",
    "max_evict": '"10%"',
    "external_hash_file_s3_key": '"bottles_hash.json"',
    "external_hash_file_s3_bucket": '"other-bucket"',
    "external_hash_file_url": '"https://mirror.example/bottles_hash.json"',
    "external_hash_file_path": '"other/bottles_hash.json"',
    "external_hash_file_required": "true",
    "environment": '"staging"',
    "enable_notifications": "false",
    "slack_webhook_url": '"https://hooks.slack.com/services/T000/B000/XXXX"',
    "slack_webhook_secret_id": '"homebrew-sync/slack-webhook"',
    "notification_topic_arn": (
        '"arn:aws:sns:us-west-2:123456789012:homebrew-sync-alerts"'
    ),
    "size_threshold_gb": "20",
    "shard_gb": "40",
    "lambda_shard_gb": "5",
    "max_parallel_tasks": "16",
    "project_name": '"homebrew-sync"',
    "state_machine_arn": (
        '"arn:aws:states:us-west-2:123456789012:stateMachine:homebrew-sync"'
    ),
    "log_level": '"DEBUG"',
}
"""A line of ``bottles.toml`` for each setting."""


def listed_settings() -> str:
    """Return what ``docs/reference/configuration.md`` says of each setting."""
    takers = _takers()
    lines = ["| about | settings |", "|---|---|"]
    for title, settings in SECTIONS.items():
        links = ", ".join(f"[`{name}`](#{name})" for name in settings)
        lines.append(f"| [{title}](#{anchor(title)}) | {links} |")
    lines.append("")
    for title, settings in SECTIONS.items():
        lines += [f"## {title}", ""]
        for name, setting in settings.items():
            lines += [*_entry(name, setting, takers[name]), ""]
    return "\n".join(lines).rstrip()


def _entry(name: str, setting: Setting, takers: list[str]) -> Iterator[str]:
    kind = _kind(name)
    default = f"`{setting.default}`" if _is_value(setting) else setting.default
    yield f"### {name}"
    yield ""
    yield marked(setting.help)
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| `bottles.toml` | `{name} = {EXAMPLES[name]}` |"
    yield f"| environment | `{PREFIX}{name.upper()}` |"
    options = ", ".join(f"`{each}`" for each in spellings(name)).replace("|", "\\|")
    yield f"| option | {options} |"
    yield f"| what may stand there | {kind} |"
    yield f"| default | {default or 'none'} |"
    links = ", ".join(
        f"[{words.removeprefix(_PROGRAM)}](cli.md#{anchor(words)})" for words in takers
    )
    yield f"| option of | {links or 'no command: it is for the cloud'} |"


def _kind(name: str) -> str:
    field = SCHEMA.fields[name]
    if type(field) is Whole:
        least = next(n for n in range(_MOST) if not SCHEMA.validate({name: n}))
        return f"a whole number, {least} or more"
    return _NARROWER.get(name) or _KINDS[type(field)]


def _is_value(setting: Setting) -> bool:
    return (
        bool(setting.default)
        and (" " not in setting.default)
        and ("'" not in setting.default)
    )


def _takers() -> dict[str, list[str]]:
    """Return the commands that take each setting as an option of their own."""
    program, *found = described()
    takers: dict[str, list[str]] = {
        name: ["options of every command"] if name in program.settings else []
        for name in SETTINGS
    }
    for command in found:
        for name in command.settings:
            if name not in program.settings:
                takers[name].append(command.words)
    return takers
