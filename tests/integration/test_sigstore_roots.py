"""The roots of the real Sigstore, where it cannot be reached."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tuf.api.exceptions import ExpiredMetadataError

from adapters.memory.progress import RecordingProgress
from adapters.sigstore.roots import public_roots
from adapters.sigstore.verifier import SigstoreVerifier
from ports.errors import RefusedError, UntrustedError
from tests.support.catalogs import make_bottle
from tests.support.notary import Notary


@pytest.fixture(autouse=True)
def _out_of_reach(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Have a proxy that does not answer, and a home of its own."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    logger = logging.getLogger("sigstore")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)


def test_the_roots_that_came_with_the_library_serve_without_a_way_out() -> None:
    progress = RecordingProgress()

    roots = public_roots(progress)

    assert roots.get_fulcio_certs()
    (note,) = progress.notes
    assert "could not be renewed: those at hand are used" in note


def test_they_do_not_vouch_for_a_sigstore_of_ones_own() -> None:
    verifier = SigstoreVerifier(lambda: public_roots(RecordingProgress()))

    with pytest.raises(UntrustedError, match="certificate chain"):
        verifier.verify(Notary().attest(make_bottle()))


def test_a_renewal_that_is_not_good_ends_it_and_accuses_no_bundle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refresh(_updater: object) -> None:
        raise ExpiredMetadataError("timestamp.json is expired")

    monkeypatch.setattr("sigstore._internal.tuf.Updater.refresh", refresh)
    verifier = SigstoreVerifier(lambda: public_roots(RecordingProgress()))

    with pytest.raises(RefusedError, match=r"not good: timestamp\.json is expired"):
        verifier.verify(Notary().attest(make_bottle()))


def test_a_home_that_cannot_be_written_to_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    with pytest.raises(RefusedError, match="XDG_CACHE_HOME"):
        public_roots(RecordingProgress())
