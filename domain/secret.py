"""Secrets, and how those are named that somebody else keeps."""

from __future__ import annotations

import re

from domain.errors import InvalidValueError

# What AWS Secrets Manager takes: a name, or a whole ARN.
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_ARN = re.compile(
    r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}"
)

_TOKEN = re.compile(r"[!-~]+")


def parse_token(text: str) -> str:
    """Return ``text``, which is a token for an HTTP header.

    Raises:
        InvalidValueError: It is none. Nothing of it is repeated.
    """
    if not _TOKEN.fullmatch(text):
        raise InvalidValueError("token", "…", "a token: printable ASCII without spaces")
    return text


def parse_secret_id(text: str) -> str:
    """Return ``text``, which is the name of a secret, or its ARN.

    Raises:
        InvalidValueError: It is neither. It may be the secret itself, that somebody
            took for its name: it is not repeated.
    """
    if not _NAME.fullmatch(text) and not _ARN.fullmatch(text):
        raise InvalidValueError(
            "secret", "…", "the name or the ARN of a secret in AWS Secrets Manager"
        )
    return text
