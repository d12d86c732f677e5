"""Secrets in AWS Secrets Manager.

What opens something is in no error: neither in its text nor in its causes. The words
of AWS's own errors name the secret and who asked for it, and never its value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from threading import Lock
from typing import Final

from adapters.aws.client import Aws
from ports.errors import MalformedError, NotFoundError
from ports.secret import Secret
from ports.secret_versions import SecretVersions

WEBHOOK: Final = ("webhook_url", "url")
"""What a webhook is called where its secret is JSON."""
TOKEN: Final = ("token",)
"""What a token is called there."""
NEXT: Final = "NEXT"
"""The label of a value that is to take the place of the present one."""

_CURRENT: Final = "AWSCURRENT"
_PENDING: Final = "AWSPENDING"


class ManagedSecret(Secret):
    """One secret, asked for when it is first needed, and kept from then on.

    It is text, or JSON that has the text under one of some names.

    Args:
        version: Which of its versions; what everybody reads, if None.
    """

    def __init__(
        self,
        aws: Aws,
        name: str,
        members: tuple[str, ...],
        *,
        version: str | None = None,
    ) -> None:
        self._aws = aws
        self._name = name
        self._members = members
        self._which: dict[str, str] = {} if version is None else {"VersionId": version}
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
            answer = keeper.get_secret_value(SecretId=self._name, **self._which)
        value = _value(answer.get("SecretString", "").strip(), self._members)
        if not value:
            raise MalformedError(
                what,
                "it holds neither plain text nor JSON with text under"
                f" {' or '.join(self._members)}",
            )
        return value


class ManagedSecretVersions(SecretVersions):
    """One secret, of which another value may lie ready under the label ``NEXT``.

    A version is what Secrets Manager calls one; who reads the secret gets the one that
    is labelled ``AWSCURRENT``.
    """

    def __init__(self, aws: Aws, name: str, members: tuple[str, ...]) -> None:
        self._aws = aws
        self._name = name
        self._members = members

    def prepare(self, version: str) -> None:
        if self._kept(VersionId=version) is not None:
            return
        value = self._kept(VersionStage=NEXT)
        if value is None:
            value = self._kept(VersionStage=_CURRENT)
        if value is None:
            raise MalformedError(f"the secret {self._name}", "it holds no text")
        with self._translated("secretsmanager:PutSecretValue"):
            self._aws.secrets.put_secret_value(
                SecretId=self._name,
                ClientRequestToken=version,
                SecretString=value,
                VersionStages=[_PENDING],
            )

    def pending(self, version: str) -> Secret:
        return ManagedSecret(self._aws, self._name, self._members, version=version)

    def give_up(self, version: str) -> None:
        if _PENDING in self._labels().get(version, ()):
            self._take_off(_PENDING, version)

    def promote(self, version: str) -> None:
        labels = self._labels()
        if not labels.get(version):
            raise NotFoundError(
                f"rotate the secret {self._name}",
                f"version {version} was not prepared",
            )
        if _CURRENT not in labels.get(version, ()):
            before = [each for each, found in labels.items() if _CURRENT in found]
            with self._translated("secretsmanager:UpdateSecretVersionStage"):
                self._aws.secrets.update_secret_version_stage(
                    SecretId=self._name,
                    VersionStage=_CURRENT,
                    MoveToVersionId=version,
                    RemoveFromVersionId=before[0],
                )
        ready = [each for each, found in labels.items() if NEXT in found]
        # One that has come meanwhile waits for its own turn.
        if ready and self._kept(VersionId=ready[0]) == self._kept(VersionId=version):
            self._take_off(NEXT, ready[0])

    def _labels(self) -> Mapping[str, Sequence[str]]:
        """Return the labels of each version that has one."""
        with self._translated("secretsmanager:DescribeSecret"):
            described = self._aws.secrets.describe_secret(SecretId=self._name)
        return described.get("VersionIdsToStages", {})

    def _take_off(self, label: str, version: str) -> None:
        with self._translated("secretsmanager:UpdateSecretVersionStage"):
            self._aws.secrets.update_secret_version_stage(
                SecretId=self._name, VersionStage=label, RemoveFromVersionId=version
            )

    def _kept(self, **which: str) -> str | None:
        """Return what a version or a label holds, None if there is nothing."""
        try:
            with self._translated("secretsmanager:GetSecretValue"):
                answer = self._aws.secrets.get_secret_value(
                    SecretId=self._name, **which
                )
        except NotFoundError:
            return None
        return answer.get("SecretString")

    def _translated(self, right: str) -> AbstractContextManager[None]:
        return self._aws.translator.translated(
            f"rotate the secret {self._name}",
            right=f"{right} on {self._name}, and kms:Decrypt on a key of your own",
            missing="there is no such secret, or no such version of it",
        )


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
