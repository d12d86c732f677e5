"""Secrets Manager as moto has it, and as it says no; no secret is in any of it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from adapters.aws.client import Aws
from adapters.memory.secret import KnownSecret
from adapters.secrets import TOKEN, WEBHOOK, ManagedSecret
from ports.errors import (
    MalformedError,
    NotFoundError,
    PortError,
    RefusedError,
    UnavailableError,
)
from tests.support.canned import Answer, CannedServer

NAME = "homebrew-sync/slack-webhook"
URL = "https://hooks.slack.example/services/T0/B0/hunter2"


@pytest.fixture
def keeper() -> Iterator[None]:
    with mock_aws():
        yield


def keep(value: str | bytes, name: str = NAME) -> str:
    """Let Secrets Manager keep a value, and return its ARN."""
    client = boto3.client("secretsmanager")
    if isinstance(value, bytes):
        return client.create_secret(Name=name, SecretBinary=value)["ARN"]
    return client.create_secret(Name=name, SecretString=value)["ARN"]


def secret(name: str = NAME, members: tuple[str, ...] = WEBHOOK) -> ManagedSecret:
    return ManagedSecret(Aws("us-east-1", 1), name, members)


def failed(asked: ManagedSecret) -> PortError:
    """Return what asking fails with, when all that a log could show is harmless."""
    with pytest.raises(PortError) as raised:
        asked()
    error: BaseException | None = raised.value
    shown = "".join(traceback.format_exception(raised.value)) + repr(asked)
    while error is not None:
        shown += repr(error) + repr(vars(error))
        error = error.__cause__ or error.__context__
    assert "hunter2" not in shown
    return raised.value


@pytest.mark.usefixtures("keeper")
@pytest.mark.parametrize(
    "kept",
    [
        URL,
        f" {URL}\n",
        json.dumps({"webhook_url": URL}),
        json.dumps({"url": f"{URL} ", "channel": "#bottles"}),
        json.dumps({"url": "https://old.example/", "webhook_url": URL}),
        json.dumps({"webhook_url": None, "url": URL}),
    ],
)
def test_a_secret_is_text_or_json_with_the_text_in_it(kept: str) -> None:
    keep(kept)

    assert secret()() == URL


@pytest.mark.usefixtures("keeper")
def test_a_token_has_its_own_name() -> None:
    keep(json.dumps({"token": "hunter2", "url": "x"}), "ghcr")

    assert secret("ghcr", TOKEN)() == "hunter2"


@pytest.mark.usefixtures("keeper")
def test_a_secret_may_be_named_by_its_arn() -> None:
    arn = keep(URL)

    assert secret(arn)() == URL


@pytest.mark.usefixtures("keeper")
@pytest.mark.parametrize(
    "kept",
    [
        " ",
        "{hunter2",
        json.dumps({"webhook": "hunter2"}),
        json.dumps({"url": ["hunter2"]}),
        json.dumps({"url": " "}),
        b"hunter2",
    ],
)
def test_what_holds_no_such_text_is_refused_and_not_shown(kept: str | bytes) -> None:
    keep(kept)

    error = failed(secret())

    assert isinstance(error, MalformedError)
    assert str(error) == (
        f"the secret {NAME}: it holds neither plain text nor JSON with text under"
        " webhook_url or url"
    )


@pytest.mark.usefixtures("keeper")
def test_a_secret_that_is_not_there_names_the_region() -> None:
    error = failed(secret())

    assert isinstance(error, NotFoundError)
    assert str(error).startswith(f"the secret {NAME}: ")
    assert (
        "there is none in us-east-1: name it by its whole ARN, set aws_region to its"
        " own, or create it"
    ) in str(error)


@pytest.mark.usefixtures("keeper")
def test_a_secret_is_kept_until_it_is_asked_for_afresh() -> None:
    keep("first")
    asked = secret()
    assert asked() == "first"

    boto3.client("secretsmanager").put_secret_value(SecretId=NAME, SecretString="next")

    assert asked() == "first"
    assert asked(afresh=True) == "next"
    assert asked() == "next"


@pytest.mark.parametrize(
    ("code", "status", "kind", "advice"),
    [
        (
            "AccessDeniedException",
            400,
            RefusedError,
            f"the right to secretsmanager:GetSecretValue on {NAME}",
        ),
        ("DecryptionFailure", 400, RefusedError, "DecryptionFailure"),
        ("InvalidRequestException", 400, RefusedError, "InvalidRequestException"),
        ("ThrottlingException", 400, UnavailableError, ""),
        ("InternalServiceError", 500, UnavailableError, ""),
    ],
)
def test_a_no_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    status: int,
    kind: type[PortError],
    advice: str,
) -> None:
    body = json.dumps({"__type": code, "message": "No"}).encode()
    with CannedServer(Answer(status, body=body)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)

        error = failed(secret())

    assert isinstance(error, kind)
    assert str(error).startswith(f"the secret {NAME}: ")
    assert advice in str(error)


def test_no_secret_is_shown_when_it_is_printed() -> None:
    assert "hunter2" not in repr(KnownSecret("hunter2"))
    assert KnownSecret("hunter2")(afresh=True) == "hunter2"
