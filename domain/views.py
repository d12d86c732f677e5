"""Where clients find what the mirror holds: the names that brew asks for.

Source of the forms: Homebrew/brew ``github_packages.rb`` and ``utils/bottles.rb``.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from domain.bottle import Bottle, Digest, ObjectKey, image_of

View: TypeAlias = Literal["registry", "flat"]
"""``registry`` serves HOMEBREW_ARTIFACT_DOMAIN, ``flat`` HOMEBREW_BOTTLE_DOMAIN."""

API: Final = "api/"
"""The prefix of the API's documents, which serves HOMEBREW_API_DOMAIN."""

REGISTRY: Final = "v2/homebrew/core/"
"""The prefix of the registry view; brew puts it behind the domain by itself."""

FLAT: Final = "flat/"
"""The prefix of the flat view. It is never the root: a formula is called ledger."""

INDEX_MEDIA_TYPE: Final = "application/vnd.oci.image.index.v1+json"

PORTABLE_RUBY: Final = "portable-ruby"
"""The formula that brew itself runs on, and fetches before any other."""


def blob_key(bottle: Bottle) -> ObjectKey:
    """Return where the registry view has the bytes of ``bottle``."""
    return ObjectKey(f"{REGISTRY}{bottle.image}/blobs/sha256:{bottle.digest}")


def index_key(name: str, tagref: str) -> ObjectKey:
    """Return where the registry view has the index of a release of formula ``name``."""
    return ObjectKey(f"{REGISTRY}{image_of(name)}/manifests/{tagref}")


def kept_index_key(name: str, digest: Digest) -> ObjectKey:
    """Return where an index lies under its own digest, whatever is published."""
    return ObjectKey(f"{REGISTRY}{image_of(name)}/manifests/sha256:{digest}")


def flat_key(bottle: Bottle) -> ObjectKey:
    """Return where the flat view has the bytes of ``bottle``."""
    return ObjectKey(f"{FLAT}{bottle.file_name}")


def flat_index_key(name: str, tagref: str) -> ObjectKey:
    """Return where the flat view has the index of a release of formula ``name``."""
    return ObjectKey(f"{FLAT}{image_of(name)}/manifests/{tagref}")


def generation_document_key(number: int, document: str) -> ObjectKey:
    """Return where a generation keeps its document ``document`` of the API."""
    return ObjectKey(f"generations/{number}/{API}{document}")


def api_key(document: str) -> ObjectKey:
    """Return where the document ``document`` of the API is published."""
    return ObjectKey(f"{API}{document}")
