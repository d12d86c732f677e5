"""How the outside can fail to do as asked: each kind is what to do next."""

from __future__ import annotations

from typing import ClassVar

from domain.errors import MirrorError


class PortError(MirrorError):
    """The outside did not do as asked.

    Attributes:
        cause: The wire name under which failures of this kind are counted.
        what: What was asked, and of whom.
        detail: What came back instead, and what to do about it.
        attempts: How often it was tried before this was said.
    """

    cause: ClassVar[str] = "failed"

    def __init__(self, what: str, detail: str, attempts: int = 1) -> None:
        super().__init__(what, detail, attempts)
        self.what = what
        self.detail = detail
        self.attempts = attempts

    def __str__(self) -> str:
        tries = f" (tried {self.attempts} times)" if self.attempts > 1 else ""
        return f"{self.what}: {self.detail}{tries}"


class UnavailableError(PortError):
    """No answer, or "slow down": nothing changed, try again later.

    Attributes:
        retry_after: Seconds that the other side asked to wait, if it did.
    """

    cause = "unavailable"

    def __init__(
        self,
        what: str,
        detail: str,
        attempts: int = 1,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, detail, attempts)
        self.retry_after = retry_after


class RefusedError(PortError):
    """Understood, and no: trying again will not help."""

    cause = "refused"


class AccessDeniedError(RefusedError):
    """Who asks has not the right to, or is not who he says he is."""

    cause = "access_denied"


class NotFoundError(RefusedError):
    """There is no such thing."""

    cause = "not_found"


class QuotaSpentError(RefusedError):
    """As much was asked as may be asked for now: come back in minutes, or hours."""

    cause = "quota_spent"


class PayloadTooLargeError(RefusedError):
    """More than the other side takes in one piece; nothing was sent.

    Attributes:
        of: What is too large.
        size: How large it is.
        limit: How large it may be.
    """

    cause = "payload_too_large"

    def __init__(
        self, what: str, of: str, size: int, limit: int, *, unit: str, advice: str
    ) -> None:
        super().__init__(
            what, f"{of} has {size:,} {unit}, and may have {limit:,}; {advice}"
        )
        self.of = of
        self.size = size
        self.limit = limit


class UnusableFileError(RefusedError):
    """A file that was named on this machine is not there, or is not of its kind."""

    cause = "unusable_file"


class StoreFullError(RefusedError):
    """The store has no room left."""

    cause = "store_full"


class NotOurStoreError(RefusedError):
    """The place holds something that is not a mirror, or not one we can read."""

    cause = "not_our_store"


class NoLedgerError(NotOurStoreError):
    """There is no ledger in the store yet, and nothing to look at."""

    def __init__(self) -> None:
        super().__init__(
            "the store", "there is no ledger in it; bottles sync begins one"
        )


class FollowerError(RefusedError):
    """The store follows another mirror, and records no runs of its own."""

    cause = "follower"

    def __init__(self, ledger: str) -> None:
        super().__init__(
            "this mirror",
            f"it follows the mirror that records ledger {ledger}, and all that it has"
            " comes from there: run this there, then bottles export there and bottles"
            " import here",
        )


class StoreUnfitError(RefusedError):
    """The place does not keep what a store must promise: no mirror is safe in it."""

    cause = "store_unfit"


class MalformedError(PortError):
    """An answer that cannot be read."""

    cause = "malformed"


class DamagedExportError(MalformedError):
    """An export is not as it was written, or not all of it is there."""

    cause = "damaged_export"


class WrongDigestError(MalformedError):
    """Bytes came that are not those of the digest that was asked for."""

    cause = "wrong_digest"


class UntrustedError(MalformedError):
    """An answer whose signature is not that of whom it claims to be from."""

    cause = "bad_signature"


class ConflictError(PortError):
    """Another got there first: nothing was written, read again."""

    cause = "conflict"


class OutcomeUnknownError(PortError):
    """The write may have landed: read before trying again."""

    cause = "outcome_unknown"


class HandLostError(PortError):
    """A process that worked for this one is gone, and nobody knows how far it came."""

    cause = "hand_lost"
