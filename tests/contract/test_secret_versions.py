from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import boto3
import pytest
from moto import mock_aws

from adapters.aws.client import Aws
from adapters.memory.secret_versions import MemorySecretVersions
from adapters.secrets import NEXT, WEBHOOK, ManagedSecretVersions
from ports.errors import PortError
from ports.secret_versions import SecretVersions

NAME = "homebrew-sync/slack-webhook"
PRESENT, READY, LATER = "hunter2-present", "hunter2-ready", "hunter2-later"
VERSION = "11111111-2222-3333-4444-555555555555"
AFTERWARDS = "66666666-7777-8888-9999-000000000000"


@dataclass(frozen=True, slots=True)
class Kept:
    """The versions of a secret, and who keeps them.

    Attributes:
        lay_ready: Lays a value ready to be exchanged.
        read: Reads the secret as others do.
    """

    versions: SecretVersions
    lay_ready: Callable[[str], object]
    read: Callable[[], str]


def in_memory(_stack: ExitStack) -> Kept:
    versions = MemorySecretVersions(PRESENT)
    return Kept(
        versions,
        lambda value: setattr(versions, "ready", value),
        lambda: versions.present,
    )


def managed(stack: ExitStack) -> Kept:
    stack.enter_context(mock_aws())
    keeper = boto3.client("secretsmanager")
    keeper.create_secret(Name=NAME, SecretString=PRESENT)
    return Kept(
        ManagedSecretVersions(Aws("us-east-1", 1), NAME, WEBHOOK),
        lambda value: keeper.put_secret_value(
            SecretId=NAME, SecretString=value, VersionStages=[NEXT]
        ),
        # By the label that everybody reads who names none; moto forgets to.
        lambda: keeper.get_secret_value(SecretId=NAME, VersionStage="AWSCURRENT")[
            "SecretString"
        ],
    )


KEEPERS: dict[str, Callable[[ExitStack], Kept]] = {
    "memory": in_memory,
    "secrets manager": managed,
}


@pytest.fixture(params=KEEPERS)
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    with ExitStack() as stack:
        yield KEEPERS[request.param](stack)


class TestSecretVersionsContract:
    def test_what_lies_ready_is_prepared_and_changes_nothing_yet(
        self, kept: Kept
    ) -> None:
        kept.lay_ready(READY)

        kept.versions.prepare(VERSION)

        assert kept.versions.pending(VERSION)() == READY
        assert kept.read() == PRESENT

    def test_where_nothing_lies_ready_it_is_the_present_value(self, kept: Kept) -> None:
        kept.versions.prepare(VERSION)

        assert kept.versions.pending(VERSION)() == PRESENT

    def test_what_is_promoted_is_what_others_read(self, kept: Kept) -> None:
        kept.lay_ready(READY)
        kept.versions.prepare(VERSION)

        kept.versions.promote(VERSION)

        assert kept.read() == READY

    def test_what_was_promoted_lies_ready_no_more(self, kept: Kept) -> None:
        kept.lay_ready(READY)
        kept.versions.prepare(VERSION)
        kept.versions.promote(VERSION)

        kept.versions.prepare(AFTERWARDS)

        assert kept.versions.pending(AFTERWARDS)() == READY

    def test_what_is_laid_ready_meanwhile_waits_for_its_turn(self, kept: Kept) -> None:
        kept.lay_ready(READY)
        kept.versions.prepare(VERSION)
        kept.lay_ready(LATER)

        kept.versions.promote(VERSION)
        kept.versions.prepare(AFTERWARDS)

        assert kept.read() == READY
        assert kept.versions.pending(AFTERWARDS)() == LATER

    def test_steps_may_be_repeated(self, kept: Kept) -> None:
        kept.lay_ready(READY)

        kept.versions.prepare(VERSION)
        kept.lay_ready(LATER)
        kept.versions.prepare(VERSION)
        assert kept.versions.pending(VERSION)() == READY

        kept.versions.promote(VERSION)
        kept.versions.promote(VERSION)
        assert kept.read() == READY

    def test_a_version_that_was_not_prepared_is_not_promoted(self, kept: Kept) -> None:
        with pytest.raises(PortError):
            kept.versions.promote(VERSION)

        assert kept.read() == PRESENT

    def test_what_is_laid_ready_after_one_was_given_up_takes_its_turn(
        self, kept: Kept
    ) -> None:
        kept.lay_ready(READY)
        kept.versions.prepare(VERSION)
        kept.versions.give_up(VERSION)
        kept.lay_ready(LATER)
        kept.versions.prepare(AFTERWARDS)
        assert kept.read() == PRESENT

        kept.versions.promote(AFTERWARDS)
        assert kept.read() == LATER

    def test_what_was_given_up_is_not_promoted(self, kept: Kept) -> None:
        kept.lay_ready(READY)
        kept.versions.prepare(VERSION)
        for _ in range(2):
            kept.versions.give_up(VERSION)
        with pytest.raises(PortError):
            kept.versions.promote(VERSION)

        assert kept.read() == PRESENT

    def test_what_was_promoted_is_not_given_up(self, kept: Kept) -> None:
        kept.lay_ready(READY)
        kept.versions.prepare(VERSION)
        kept.versions.promote(VERSION)
        kept.versions.give_up(VERSION)

        assert kept.read() == READY

    def test_no_value_is_shown(self, kept: Kept) -> None:
        kept.lay_ready(READY)
        kept.versions.prepare(VERSION)

        assert "hunter2" not in repr(kept.versions)
        assert "hunter2" not in repr(kept.versions.pending(VERSION))
