"""Opening what attestations are checked with, which not everybody has installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

from adapters.retry import ONCE, Backoff
from domain.config import SyncConfig
from entrypoints.stores import AROUND_THE_JOBS
from entrypoints.upstream import open_secret_token
from entrypoints.user_agent import user_agent
from ports.attestations import AttestationSource, AttestationVerifier
from ports.clock import Clock
from ports.metrics import Metrics
from ports.progress import Progress


def can_verify() -> bool:
    """Return whether Sigstore's library is installed."""
    return find_spec("sigstore") is not None


def open_github(
    config: SyncConfig, clock: Clock, chance: Callable[[], float], metrics: Metrics
) -> AttestationSource:
    """Return GitHub's API.

    Raises:
        PortError: The secret that holds its token cannot be read.
    """
    from adapters.github.attestations import (  # noqa: PLC0415 - only who asks needs it
        API,
        GithubAttestations,
    )
    from adapters.homebrew.http import (  # noqa: PLC0415 - requests is slow
        HttpClient,
        Patience,
    )

    http = HttpClient(
        clock,
        chance,
        pool_size=config.jobs + AROUND_THE_JOBS,
        user_agent=user_agent(),
        metrics=metrics,
        patience=Patience(ONCE),
    )
    token = open_secret_token(
        config.github_token, config.github_token_secret_id, config
    )
    backoff = Backoff(attempts=config.retry_attempts)
    return GithubAttestations(
        http, clock, chance, backoff=backoff, token=token, api=API
    )


def open_verifier(progress: Progress) -> AttestationVerifier:
    """Return what proves bundles. The roots of trust are fetched when one comes."""
    from adapters.sigstore.roots import (  # noqa: PLC0415 - not everybody has it
        public_roots,
    )
    from adapters.sigstore.verifier import (  # noqa: PLC0415 - not everybody has it
        SigstoreVerifier,
    )

    return SigstoreVerifier(partial(public_roots, progress))
