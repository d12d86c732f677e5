from __future__ import annotations

import pytest

from application.security_events import (
    is_security_event,
    security_cause,
    security_causes,
)
from domain.errors import (
    DigestMismatchError,
    InvalidValueError,
    LedgerDamagedError,
    OutdatedLedgerError,
)
from ports.errors import (
    AccessDeniedError,
    ConflictError,
    MalformedError,
    NotFoundError,
    RefusedError,
    StoreFullError,
    UnavailableError,
    UntrustedError,
    WrongDigestError,
)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (UntrustedError("the catalog", "another signature"), "bad_signature"),
        (WrongDigestError("jq", "other bytes"), "wrong_digest"),
        (DigestMismatchError("jq", "0" * 64, "1" * 64), "wrong_digest"),
        (LedgerDamagedError(3, "bits"), "ledger_damaged"),
        (OutdatedLedgerError(3, "lost"), "ledger_damaged"),
        (AccessDeniedError("the bucket", "403"), "access_denied"),
    ],
)
def test_what_an_attack_would_look_like_counts(
    error: BaseException, cause: str
) -> None:
    assert security_cause(error) == cause
    assert is_security_event(error)


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("ghcr.io", "503"),
        RefusedError("the bucket", "in another region"),
        NotFoundError("jq", "404"),
        StoreFullError("the bucket", "507"),
        MalformedError("the catalog", "no JSON"),
        ConflictError("the log", "another came first"),
        InvalidValueError("tag", "x", "a tag"),
        KeyError("a bug"),
        KeyboardInterrupt(),
    ],
)
def test_what_happens_on_any_bad_day_does_not(error: BaseException) -> None:
    assert security_cause(error) is None
    assert not is_security_event(error)


def test_of_the_bottles_that_failed_only_those_count() -> None:
    causes = {"not_found": 5, "wrong_digest": 2, "access_denied": 1, "refused": 9}
    assert security_causes(causes) == {"wrong_digest": 2, "access_denied": 1}
    assert security_causes({}) == {}
