"""Every name of the configuration, and what may stand there."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from marshmallow import Schema

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
from domain.cloud_config import CloudConfig, parse_webhook
from domain.config import (
    parse_bucket,
    parse_external_path,
    parse_object_key,
    parse_prefix,
    parse_store,
)
from domain.exposure_config import ExposureConfig
from domain.secret import parse_secret_id, parse_token
from domain.selection import TargetTags, parse_target_tags


class ConfigSchema(Schema):
    """Every setting, by the name it has in ``bottles.toml``."""

    store = Parsed(parse_store)
    s3_bucket_name = Parsed(parse_bucket)
    s3_prefix = Parsed(parse_prefix)
    aws_region = Region()
    api_domain = Text()
    registry = Text()
    catalog = Text()
    api_public_key = PublicKey()
    target_tags: Parsed[TargetTags] = Parsed(parse_target_tags, listed=True)
    formulae = Names()
    with_deps = Switch()
    brewfile = BrewfilePath()
    # Fields are taken out of the class: marshmallow keeps its own ``exclude``.
    exclude = Names()  # type: ignore[assignment]
    max_bytes = Bytes()
    jobs = Whole()
    size_threshold_gb = Whole()
    shard_gb = Whole()
    lambda_shard_gb = Whole()
    max_parallel_tasks = Whole(CloudConfig)
    retry_attempts = Whole()
    views = Views()
    publish = Switch()
    keep_generations = Whole(ExposureConfig)
    retention_days = Whole(ExposureConfig)
    gc_auto = Switch()
    max_evict = Share()
    registry_token = Unshown(parse_token)
    registry_token_secret_id = Unshown(parse_secret_id)
    github_token = Unshown(parse_token)
    github_token_secret_id = Unshown(parse_secret_id)
    external_hash_file_s3_key = Parsed(parse_object_key)
    external_hash_file_s3_bucket = Parsed(parse_bucket)
    external_hash_file_url = Url()
    external_hash_file_path = Parsed(parse_external_path)
    external_hash_file_required = Switch()
    project_name = Text(CloudConfig)
    environment = Text(CloudConfig)
    enable_notifications = Switch()
    slack_webhook_url = Unshown(parse_webhook)
    slack_webhook_secret_id = Unshown(parse_secret_id)
    notification_topic_arn = Text(CloudConfig)
    state_machine_arn = Text(CloudConfig)
    log_level = Text(CloudConfig)
    spool = Parsed(PurePath)


SCHEMA: Final = ConfigSchema()
NAMES: Final = tuple(SCHEMA.fields)
"""Every setting, by the name it has in ``bottles.toml``."""
