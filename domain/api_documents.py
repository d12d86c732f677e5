"""The documents of the API that a mirror publishes, by the names clients ask for.

Source: Homebrew/brew ``api.rb``, ``api/internal.rb`` and ``cmd/update.sh``. brew 6 and
later read the packages of their own tag, and older ones all the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.tags import Tag, parse_tag

CATALOG: Final = "formula.jws.json"
"""The signed catalog: what the others are judged by, and published with."""

_BESIDE: Final = (
    "cask.jws.json",
    "formula_tap_migrations.jws.json",
    "cask_tap_migrations.jws.json",
    "internal/executables.txt",
)
_PACKAGES: Final = "internal/packages."
_SIGNED: Final = ".jws.json"


def packages_document(client: Tag) -> str:
    """Return the name of what ``client`` is offered, below the API's address."""
    return f"{_PACKAGES}{client}{_SIGNED}"


def beside_catalog(clients: Iterable[Tag]) -> dict[str, Tag | None]:
    """Return what is published for ``clients`` beside the catalog.

    Returns:
        By the name of each document, the client whose packages it has, if they are
        what it has.
    """
    packages = {packages_document(client): client for client in clients}
    return {**packages, **dict.fromkeys(_BESIDE)}


def clients_of(documents: Iterable[str]) -> dict[str, Tag]:
    """Return the clients whose packages are among ``documents``, by their names."""
    return {
        name: parse_tag(name.removeprefix(_PACKAGES).removesuffix(_SIGNED))
        for name in documents
        if name.startswith(_PACKAGES)
    }


def is_signed(document: str) -> bool:
    """Return whether a document bears a signature that clients check."""
    return document.endswith(_SIGNED)


def media_type(document: str) -> str:
    """Return the type that clients are told a document has."""
    return "application/json" if is_signed(document) else "text/plain; charset=utf-8"
