"""What every source of attestations promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from adapters.github.attestations import GithubAttestations
from adapters.homebrew.http import HttpClient, Patience
from adapters.memory.attestations import MemoryAttestations
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from adapters.retry import ONCE, Backoff
from domain.attestation import BACKFILL, HOMEBREW, Source
from domain.bottle import Digest
from ports.attestations import AttestationSource
from tests.support.catalogs import digest_of
from tests.support.github import GitHub

JQ = digest_of("jq")
Add = Callable[..., None]
Opened = tuple[AttestationSource, Add]


@contextmanager
def opened(kind: str) -> Iterator[Opened]:
    if kind == "memory":
        memory = MemoryAttestations()
        yield memory, memory.add
        return
    with ExitStack() as cleanup:
        github = cleanup.enter_context(GitHub(by_address=kind == "by address"))
        client = HttpClient(
            ManualClock(),
            lambda: 0.0,
            pool_size=1,
            user_agent="test",
            metrics=NoMetrics(),
            patience=Patience(ONCE),
        )
        cleanup.callback(client.close)
        source = GithubAttestations(
            client,
            ManualClock(),
            lambda: 0.0,
            backoff=Backoff(attempts=1),
            token=None,
            api=github.api,
        )
        yield source, github.add


@pytest.fixture(params=["memory", "inline", "by address"])
def source(request: pytest.FixtureRequest) -> Iterator[Opened]:
    with opened(request.param) as made:
        yield made


def test_what_nobody_attested_to_has_no_bundles(source: Opened) -> None:
    attestations, _ = source

    assert tuple(attestations.bundles(JQ, HOMEBREW)) == ()


def test_bundles_come_in_their_order_each_on_one_line(source: Opened) -> None:
    attestations, add = source
    add(JQ, HOMEBREW, b'{"number":1}', b'{"number":2,"text":"\\n\\u2014"}')

    assert tuple(attestations.bundles(JQ, HOMEBREW)) == (
        b'{"number":1}',
        b'{"number":2,"text":"\\n\\u2014"}',
    )


@pytest.mark.parametrize(
    ("digest", "by"), [(digest_of("bat"), HOMEBREW), (JQ, BACKFILL)]
)
def test_what_was_said_of_others_or_by_others_does_not_come(
    source: Opened, digest: Digest, by: Source
) -> None:
    attestations, add = source
    add(digest, by, b'{"number":1}')

    assert tuple(attestations.bundles(JQ, HOMEBREW)) == ()
    assert tuple(attestations.bundles(digest, by)) == (b'{"number":1}',)
