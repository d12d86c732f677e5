from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import boto3
import pytest
from moto import mock_aws

from adapters.aws.client import Aws
from adapters.memory.secret import KnownSecret
from adapters.secrets import WEBHOOK, ManagedSecret
from ports.secret import Secret

NAME = "homebrew-sync/slack-webhook"


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret, and the hand that replaces it where it is kept.

    Attributes:
        replace: None where nobody can.
    """

    secret: Secret
    replace: Callable[[str], object] | None


def in_memory(_stack: ExitStack) -> Kept:
    return Kept(KnownSecret("hunter2"), None)


def managed(stack: ExitStack) -> Kept:
    stack.enter_context(mock_aws())
    keeper = boto3.client("secretsmanager")
    keeper.create_secret(Name=NAME, SecretString="hunter2")
    return Kept(
        ManagedSecret(Aws("us-east-1", 1), NAME, WEBHOOK),
        lambda value: keeper.put_secret_value(SecretId=NAME, SecretString=value),
    )


KEEPERS: dict[str, Callable[[ExitStack], Kept]] = {
    "memory": in_memory,
    "secrets manager": managed,
}


@pytest.fixture(params=KEEPERS)
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    with ExitStack() as stack:
        yield KEEPERS[request.param](stack)


class TestSecretContract:
    def test_gives_the_secret_as_often_as_it_is_asked(self, kept: Kept) -> None:
        assert [kept.secret() for _ in range(3)] == ["hunter2"] * 3

    def test_asked_afresh_it_gives_what_is_kept_now(self, kept: Kept) -> None:
        expected = kept.secret()
        if kept.replace is not None:
            expected = "hunter3"
            kept.replace(expected)

        assert kept.secret(afresh=True) == expected
        assert kept.secret() == expected

    def test_does_not_show_it(self, kept: Kept) -> None:
        secret = kept.secret()

        assert secret not in repr(kept.secret)
        assert secret not in str(kept.secret)
