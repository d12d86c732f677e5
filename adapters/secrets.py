"""Secrets in AWS Secrets Manager.

What opens something is in no error: neither in its text nor in its causes. The words
of AWS's own errors name the secret and who asked for it, and never its value.
"""

from __future__ import annotations

import json
from threading import Lock
from typing import Final

from adapters.aws.client import Aws
from ports.errors import MalformedError
from ports.secret import Secret

WEBHOOK: Final = ("webhook_url", "url")
"""What a webhook is called where its secret is JSON."""
TOKEN: Final = ("token",)
"""What a token is called there."""


class ManagedSecret(Secret):
    """One secret, asked for when it is first needed, and kept from then on.

    It is text, or JSON that has the text under one of some names.
    """

    def __init__(self, aws: Aws, name: str, members: tuple[str, ...]) -> None:
        self._aws = aws
        self._name = name
        self._members = members
        self._lock = Lock()
        self._value: str | None = None

    def __repr__(self) -> str:
        return f"ManagedSecret({self._name!r})"

    def __call__(self, *, afresh: bool = False) -> str:
        with self._lock:
            if self._value is None or afresh:
                self._value = self._read()
            return self._value

    def _read(self) -> str:
        what = f"the secret {self._name}"
        keeper = self._aws.secrets
        with self._aws.translator.translated(
            what,
            right=f"secretsmanager:GetSecretValue on {self._name}, and kms:Decrypt on a"
            " key of your own",
            missing=f"there is none in {keeper.meta.region_name}: name it by its whole"
            " ARN, set aws_region to its own, or create it",
        ):
            answer = keeper.get_secret_value(SecretId=self._name)
        value = _value(answer.get("SecretString", "").strip(), self._members)
        if not value:
            raise MalformedError(
                what,
                "it holds neither plain text nor JSON with text under"
                f" {' or '.join(self._members)}",
            )
        return value


def _value(text: str, members: tuple[str, ...]) -> str | None:
    """Return what is kept under one of some names, or ``text`` if it is no JSON."""
    if not text.startswith("{"):
        return text
    try:
        kept = json.loads(text)
    except ValueError:
        # Its text is part of that error.
        return None
    values = (kept.get(name) for name in members)
    return next((value.strip() for value in values if isinstance(value, str)), None)
