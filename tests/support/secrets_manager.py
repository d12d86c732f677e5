"""AWS Secrets Manager on loopback, with one secret in it.

The answers are those that AWS documents (API reference, "GetSecretValue" and "Common
errors"). Signatures are not looked at.
"""

from __future__ import annotations

from http import HTTPStatus
from types import TracebackType
from typing import Self

from tests.support.loopback import Answer, Asked, LoopbackServer, json_answer

NAME = "homebrew-sync/slack-webhook"
_ARN = f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{NAME}-AbCdEf"
_TYPE = "application/x-amz-json-1.1"


class SecretsManager:
    """Keeps a secret that may be read, for as long as the ``with`` block lasts.

    Attributes:
        versions: What the secret holds: each is told once, the last one again and
            again. With none left nobody may read it.
    """

    def __init__(self, *versions: str) -> None:
        self.versions = list(versions)
        self._server = LoopbackServer(self._answer)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, traceback)

    @property
    def endpoint_url(self) -> str:
        """The service's URL: what AWS_ENDPOINT_URL_SECRETS_MANAGER says."""
        return self._server.origin

    def _answer(self, asked: Asked) -> Answer:
        action = asked.headers.get("x-amz-target", "").rpartition(".")[2]
        if action != "GetSecretValue":
            return _refusal("InvalidAction", f"{action} is not valid")
        if asked.json()["SecretId"] != NAME:
            return _refusal(
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret.",
            )
        if not self.versions:
            return _refusal(
                "AccessDeniedException",
                "User: arn:aws:sts::123456789012:assumed-role/homebrew-sync is not"
                f" authorized to perform: secretsmanager:{action} on resource: {NAME}"
                " because no identity-based policy allows the action",
            )
        last = len(self.versions) == 1
        value = self.versions[0] if last else self.versions.pop(0)
        return json_answer(
            {"ARN": _ARN, "Name": NAME, "SecretString": value}, content_type=_TYPE
        )


def _refusal(kind: str, message: str) -> Answer:
    return json_answer(
        {"__type": kind, "Message": message},
        HTTPStatus.BAD_REQUEST,
        content_type=_TYPE,
    )
