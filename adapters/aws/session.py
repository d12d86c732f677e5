"""Where AWS is: the region, the profile and the credentials in use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import botocore.session

if TYPE_CHECKING:
    import boto3


def open_session(region: str | None) -> boto3.session.Session:
    """Return a new session in ``region``, or in that of the environment.

    ``AWS_REGION`` is what AWS's tools and its other SDKs go by. botocore knows only
    ``AWS_DEFAULT_REGION``, which counts after it as it does for them.

    Raises:
        BotoCoreError: There is no such profile.
    """
    # Late: S3 does without it.
    import boto3  # noqa: PLC0415

    return boto3.session.Session(region_name=_region(region))


def open_core(region: str | None) -> botocore.session.Session:
    """Return what ``open_session`` returns, without what boto3 adds to it.

    To make a client for S3, boto3 imports its own ways to transfer files, which takes
    as long as all else that S3 takes to begin.
    """
    session = botocore.session.Session()
    if region := _region(region):
        session.set_config_variable("region", region)
    return session


def _region(given: str | None) -> str | None:
    return given or os.environ.get("AWS_REGION") or None
