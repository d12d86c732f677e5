"""Sigstore's roots of trust: fetched when they can be, else those that are at hand."""

from __future__ import annotations

from sigstore.errors import Error, TUFError
from sigstore.models import ClientTrustConfig, TrustedRoot
from tuf.api.exceptions import RepositoryError

from ports.errors import RefusedError
from ports.progress import Progress

_WHAT = "the roots of trust of Sigstore"


def public_roots(progress: Progress) -> TrustedRoot:
    """Return the roots of the Sigstore that is for everybody.

    Without a way to it, those serve that were fetched last, or that came with the
    library: what they vouch for is vouched for still, and what is newer than they are
    is refused.

    Raises:
        RefusedError: What came is not signed by those who may renew them, or there is
            no place to keep them in. It is no fault of a bundle.
    """
    try:
        try:
            return ClientTrustConfig.production().trusted_root
        except TUFError as error:
            if isinstance(error.__cause__, RepositoryError):
                raise RefusedError(
                    _WHAT, f"what came to renew them is not good: {error.__cause__}"
                ) from error
            progress.note(
                f"{_WHAT} could not be renewed: those at hand are used, which may not"
                " know the newest keys"
            )
        return ClientTrustConfig.production(offline=True).trusted_root
    except (Error, OSError) as error:
        raise RefusedError(
            _WHAT,
            f"they cannot be kept in this user's folders: {error}; XDG_DATA_HOME and"
            " XDG_CACHE_HOME name others",
        ) from error
