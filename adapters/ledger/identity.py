"""Which ledger a store holds, and whether the store is a mirror at all."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from marshmallow import ValidationError

from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.layout import COMMITS, HASH_FILE, IDENTITY
from adapters.ledger.schemas import FORMAT, IdentitySchema, explained
from domain.errors import LedgerDamagedError
from ports.errors import NotFoundError, NotOurStoreError
from ports.store import Store

_SCHEMA = IdentitySchema()
# What a mirror has at its top; the days are those of its bottles. Of what a store was
# tried out with some may have been left behind.
_OURS = re.compile(
    rf"{re.escape(HASH_FILE)}\Z"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}/"
    r"|(?:api|flat|generations|ledger|status|v2)/"
    r"|probe-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\."
)
_ENOUGH_KEYS = 1000  # one page of an S3 listing


class NewerLedgerError(NotOurStoreError):
    """A ledger that a newer version of this program founded."""


class Identity(NamedTuple):
    """What ``ledger.json`` says.

    Attributes:
        ledger: The ledger's UUID.
        follows: Since when the store has it by import; None where it is recorded.
    """

    ledger: str
    created: datetime
    follows: datetime | None


def encode_identity(
    ledger: str, created: datetime, follows: datetime | None = None
) -> bytes:
    """Return the content of ``ledger.json``.

    Args:
        follows: Since when a store follows another that records the ledger.
    """
    said = {
        "created": created,
        "follows": follows,
        "format": FORMAT,
        "ledger": ledger,
    }
    return f"{written(_SCHEMA.dump(said))}\n".encode()


def decode_identity(body: bytes) -> Identity:
    """Return what ``ledger.json`` says.

    Raises:
        NotOurStoreError: It is something else.
        NewerLedgerError: It is of a newer format.
    """
    try:
        said = parsed(body.decode())
    except (UnicodeDecodeError, NotJsonError) as error:
        raise NotOurStoreError(IDENTITY, f"{error}; restore it") from error
    version = said.get("format") if isinstance(said, dict) else None
    if type(version) is int and version > FORMAT:
        raise NewerLedgerError(
            IDENTITY,
            f"format {version} was made by a newer version of this program: update it",
        )
    try:
        identity: dict[str, Any] = _SCHEMA.load(said)  # type: ignore[arg-type]
    except ValidationError as error:
        raise NotOurStoreError(IDENTITY, f"{explained(error)}; restore it") from error
    return Identity(identity["ledger"], identity["created"], identity["follows"])


def read_identity(store: Store) -> Identity | None:
    """Return which ledger is in ``store``, None when it has none.

    Raises:
        NotOurStoreError: The store holds something else, or a newer format.
        LedgerDamagedError: It has commits, and nothing that can be read says of which
            ledger.
    """
    try:
        identity = _identity(store)
        if identity is None and _has_commits(store):
            # Another may have founded it in between, which comes before any commit.
            identity = _identity(store)
            if identity is None:
                raise _damaged("there is none, and there are commits")
    except NewerLedgerError:
        raise
    except NotOurStoreError as error:
        if _has_commits(store):
            raise _damaged("it cannot be read, and there are commits") from error
        raise
    if identity is None:
        _check_ours(store)
    return identity


def has_identity(store: Store) -> bool:
    """Return whether there is something that says which ledger it is."""
    return store.info(IDENTITY) is not None


def _damaged(how: str) -> LedgerDamagedError:
    return LedgerDamagedError(
        0, f"{IDENTITY}: {how}: stop all who write, and run bottles ledger repair"
    )


def _has_commits(store: Store) -> bool:
    return next(store.list(COMMITS), None) is not None


def _identity(store: Store) -> Identity | None:
    try:
        body = store.get(IDENTITY).body
    except NotFoundError:
        return None
    return decode_identity(body)


def _check_ours(store: Store) -> None:
    first: str | None = None
    for found in islice(store.list(""), _ENOUGH_KEYS):
        if _OURS.match(found.key):
            return
        first = first or found.key
    if first is not None:
        raise NotOurStoreError(
            first,
            "the store holds things that no mirror made; name an empty place, or one"
            " that holds a mirror",
        )
