"""Sigstore's own library, over a Sigstore of the tests' own."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.sigstore.verifier import SigstoreVerifier
from domain.attestation import BACKFILL, HOMEBREW, PROVENANCE, Source, Subject
from ports.errors import UntrustedError
from tests.support.catalogs import make_bottle
from tests.support.notary import NOW, Notary, Signer, roots_of, statement

JQ = make_bottle("jq", "1.8.1")
JQ_NAME = "jq--1.8.1.arm64_sonoma.bottle.tar.gz"
STRANGERS = Source("strangers/tap")
NOTARY = Notary()
GOOD = NOTARY.attest(JQ)


@pytest.fixture
def verifier() -> SigstoreVerifier:
    return SigstoreVerifier(lambda: NOTARY.roots)


def refusal(verifier: SigstoreVerifier, bundle: bytes) -> str:
    with pytest.raises(UntrustedError) as caught:
        verifier.verify(bundle)
    return caught.value.detail


class TestWhatHolds:
    def test_it_says_who_signed_what_and_when(self, verifier: SigstoreVerifier) -> None:
        found = verifier.verify(GOOD)

        assert found.source == HOMEBREW
        assert found.workflow == Signer().address
        assert NOW < found.signed_before < NOW + timedelta(minutes=10)
        assert found.predicate == PROVENANCE
        assert found.subjects == (Subject(JQ_NAME, JQ.digest),)

    def test_several_subjects_are_all_told(self, verifier: SigstoreVerifier) -> None:
        found = verifier.verify(NOTARY.attest(JQ, "one", "two"))

        assert [each.name for each in found.subjects] == ["one", "two"]

    def test_the_backfill_is_told_from_homebrew_core(
        self, verifier: SigstoreVerifier
    ) -> None:
        then = datetime(2024, 2, 20, tzinfo=UTC)

        found = verifier.verify(NOTARY.attest(JQ, signer=Signer(BACKFILL, at=then)))

        assert found.source == BACKFILL
        assert found.signed_before < then + timedelta(minutes=10)

    def test_certificates_that_ended_long_ago_hold_still(
        self, verifier: SigstoreVerifier
    ) -> None:
        then = datetime(2023, 1, 1, tzinfo=UTC)

        found = verifier.verify(NOTARY.attest(JQ, signer=Signer(at=then)))

        assert found.signed_before.year == 2023

    def test_the_workflow_is_told_and_not_judged(
        self, verifier: SigstoreVerifier
    ) -> None:
        reused = "https://github.com/strangers/tap/.github/workflows/a.yml@refs/heads/b"

        found = verifier.verify(NOTARY.attest(JQ, signer=Signer(workflow=reused)))

        assert found.workflow == reused

    def test_the_roots_are_asked_for_once_and_not_before(self) -> None:
        asked: list[int] = []

        def roots() -> Any:  # noqa: ANN401 - the vendor's own
            asked.append(1)
            return NOTARY.roots

        verifier = SigstoreVerifier(roots)
        assert asked == []
        verifier.verify(GOOD)
        verifier.verify(GOOD)
        assert asked == [1]


class TestWhoSigned:
    def test_another_issuer_is_refused(self, verifier: SigstoreVerifier) -> None:
        elsewhere = Signer(issuer="https://accounts.example")

        told = refusal(verifier, NOTARY.attest(JQ, signer=elsewhere))

        assert told == (
            "its certificate is not by word of"
            " https://token.actions.githubusercontent.com"
        )

    @pytest.mark.parametrize(
        "signer",
        [
            Signer(STRANGERS),
            # A workflow of Homebrew's own, called from a repository of strangers.
            Signer(
                STRANGERS, workflow=f"{HOMEBREW.workflows}tests.yml@refs/heads/main"
            ),
        ],
    )
    def test_a_run_of_another_repository_is_refused(
        self, verifier: SigstoreVerifier, signer: Signer
    ) -> None:
        told = refusal(verifier, NOTARY.attest(JQ, signer=signer))

        assert "a run of another repository than Homebrew/homebrew-core" in told

    def test_another_sigstore_is_refused(self, verifier: SigstoreVerifier) -> None:
        assert "certificate chain" in refusal(verifier, Notary().attest(JQ))

    @pytest.mark.parametrize(
        ("logs", "told"), [("ctlogs", "SCT"), ("tlogs", "invalid log entry")]
    )
    def test_what_is_in_another_log_is_refused(self, logs: str, told: str) -> None:
        mixed = NOTARY.written_roots | {logs: Notary().written_roots[logs]}

        assert told in refusal(SigstoreVerifier(lambda: roots_of(mixed)), GOOD)


Break = Callable[[dict[str, Any]], object]


def replaced(bundle: dict[str, Any], payload: bytes) -> None:
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()


def entry(bundle: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = bundle["verificationMaterial"]["tlogEntries"][0]
    return found


def other() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(NOTARY.attest(make_bottle("bat", "1.0")))
    return found


class TestTampering:
    @pytest.mark.parametrize(
        "tamper",
        [
            pytest.param(
                lambda b: replaced(b, statement([(JQ_NAME, "0" * 64)])), id="payload"
            ),
            pytest.param(
                lambda b: b["dsseEnvelope"].update(payloadType="text/plain"), id="type"
            ),
            pytest.param(
                lambda b: b["dsseEnvelope"].update(
                    signatures=other()["dsseEnvelope"]["signatures"]
                ),
                id="signature",
            ),
            pytest.param(
                lambda b: b.update(dsseEnvelope=other()["dsseEnvelope"]), id="envelope"
            ),
            pytest.param(
                lambda b: b["verificationMaterial"].update(
                    certificate=other()["verificationMaterial"]["certificate"]
                ),
                id="certificate",
            ),
            pytest.param(
                lambda b: b["verificationMaterial"].update(
                    tlogEntries=[entry(other())]
                ),
                id="entry of another",
            ),
            pytest.param(
                lambda b: b["verificationMaterial"].update(tlogEntries=[]),
                id="no entry",
            ),
            pytest.param(lambda b: entry(b).pop("inclusionProof"), id="no proof"),
            pytest.param(
                lambda b: entry(b).update(
                    integratedTime=str(int(NOW.timestamp()) + 1_000_000)
                ),
                id="time",
            ),
            pytest.param(
                lambda b: entry(b)["inclusionProof"].update(
                    rootHash=base64.b64encode(bytes(32)).decode()
                ),
                id="root of the log",
            ),
            pytest.param(
                lambda b: entry(b).update(
                    inclusionPromise=entry(other())["inclusionPromise"]
                ),
                id="promise",
            ),
            pytest.param(lambda b: b.update(mediaType="application/json"), id="kind"),
            pytest.param(lambda b: b.pop("dsseEnvelope"), id="no envelope"),
        ],
    )
    def test_whatever_is_replaced_nothing_holds_any_more(
        self, verifier: SigstoreVerifier, tamper: Break
    ) -> None:
        bundle = json.loads(GOOD)
        tamper(bundle)

        assert refusal(verifier, json.dumps(bundle).encode())

    def test_a_statement_must_be_one(self, verifier: SigstoreVerifier) -> None:
        signer = Signer()
        good = statement([(JQ_NAME, JQ.digest)])

        as_text = NOTARY.bundle(good, signer, kind="text/plain")
        assert refusal(verifier, as_text) == "what is signed is no statement"
        empty = NOTARY.bundle(b"{}", signer)
        assert refusal(verifier, empty) == "the statement has no subjects"
        nameless = NOTARY.bundle(
            b'{"predicateType":"x","subject":[{"digest":{"sha256":"0"}}]}', signer
        )
        assert refusal(verifier, nameless) == "a subject has no name, or no sha256"
        assert refusal(verifier, NOTARY.bundle(b"\xff", signer))
        assert refusal(verifier, NOTARY.bundle(b"[" * 100_000, signer))

    def test_what_strangers_wrote_is_cut_and_cannot_move_the_cursor(
        self, verifier: SigstoreVerifier
    ) -> None:
        bundle = json.loads(GOOD)
        bundle["mediaType"] = "\x1b[2J" + "x" * 10_000

        told = refusal(verifier, json.dumps(bundle).encode())

        assert len(told) <= 200
        assert told.isascii()
        assert told.isprintable()

    @given(st.binary(max_size=200))
    def test_any_bytes_are_refused(self, garbage: bytes) -> None:
        assert refusal(SigstoreVerifier(lambda: NOTARY.roots), garbage)

    def test_a_certificate_of_no_known_version_is_refused(
        self, verifier: SigstoreVerifier
    ) -> None:
        bundle = json.loads(GOOD)
        certificate = bundle["verificationMaterial"]["certificate"]
        raw = base64.b64decode(certificate["rawBytes"])
        odd = raw.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x79", 1)
        certificate["rawBytes"] = base64.b64encode(odd).decode()

        assert "version" in refusal(verifier, json.dumps(bundle).encode())

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def test_a_bundle_with_any_part_replaced_is_refused_or_says_the_same(
        self, data: st.DataObject
    ) -> None:
        verifier = SigstoreVerifier(lambda: NOTARY.roots)
        bundle = json.loads(GOOD)
        path = data.draw(st.sampled_from(sorted(paths(bundle))))
        broken = with_part(bundle, path, data.draw(PARTS))

        try:
            found = verifier.verify(json.dumps(broken).encode())
        except UntrustedError:
            return
        assert found == verifier.verify(GOOD)


@pytest.fixture(autouse=True)
def _log_level() -> Any:  # noqa: ANN401 - a generator
    logger = logging.getLogger("sigstore")
    before = logger.level
    yield
    logger.setLevel(before)


PARTS = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=20),
    st.integers(0, 2**70).map(str),
    st.binary(max_size=80).map(lambda raw: base64.b64encode(raw).decode()),
    st.just([]),
    st.just({}),
    st.sampled_from([[{}], [None, None], {"rawBytes": "AAAA"}]),
)

Path = tuple[str | int, ...]


def paths(value: object, at: Path = ()) -> list[Path]:
    """Return where every part of a document is."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    below = [path for key, part in inner for path in paths(part, (*at, key))]
    return [*([at] if at else []), *below]


def with_part(document: Any, path: Path, part: object) -> Any:  # noqa: ANN401 - any JSON
    """Return a document with one part replaced."""
    changed = deepcopy(document)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = part
    return changed
