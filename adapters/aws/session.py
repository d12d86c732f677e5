"""Where AWS is: the region, the profile and the credentials in use."""

from __future__ import annotations

import os

import boto3


def open_session(region: str | None) -> boto3.session.Session:
    """Return a new session in ``region``, or in that of the environment.

    ``AWS_REGION`` is what AWS's tools and its other SDKs go by. botocore knows only
    ``AWS_DEFAULT_REGION``, which counts after it as it does for them.

    Raises:
        BotoCoreError: There is no such profile.
    """
    region = region or os.environ.get("AWS_REGION") or None
    return boto3.session.Session(region_name=region)
