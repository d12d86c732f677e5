"""A bottle on offer, and every name that it goes by.

Names are always built from the catalog, never parsed: ``ntfs-3g``,
``x264-r3222`` and 97 versions with a hyphen break every split.
Source of the forms: Homebrew/brew ``bottle.rb`` and ``github_packages.rb``.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from dataclasses import dataclass, field, fields
from datetime import date
from functools import lru_cache
from typing import NewType
from urllib.parse import quote

from domain.errors import InvalidValueError
from domain.tags import Tag, parse_tag

Digest = NewType("Digest", str)
"""A SHA-256 in lower-case hex: the only name under which bytes are trusted."""

BottleKey = NewType("BottleKey", str)
"""``NAME-TAGREF-TAG``: what the hash file and the ledger call a bottle."""

ObjectKey = NewType("ObjectKey", str)
"""Where an object lies in the store, parts joined by ``/``."""

_DIGITS = 64  # of a SHA-256 in hex
# Each part of a name, split at @, is a folder of the image's name.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*(@[A-Za-z0-9][A-Za-z0-9+._-]*)*")
_PKG_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9@+._~,:-]*")
# Of 255 bytes that a file's name may have, tag, rebuild and suffixes take up to 66.
_LONGEST_STEM = 180
_HIGHEST_REBUILD = 9_999


def is_digest(text: str) -> bool:
    """Return whether ``text`` is 64 lower-case hex digits."""
    # Every bottle asks, and a regular expression takes two and a half times as long.
    try:
        return unhexlify(text).hex() == text and len(text) == _DIGITS
    except ValueError:
        return False


def parse_digest(text: str) -> Digest:
    """Return ``text`` as a digest.

    Raises:
        InvalidValueError: It is not 64 lower-case hex digits.
    """
    if not is_digest(text):
        raise InvalidValueError("sha256 digest", text, "64 lower-case hex digits")
    return Digest(text)


def check_release(name: str, pkg_version: str, rebuild: int) -> None:
    """Check that one release of a formula gives names that a store can hold.

    Raises:
        InvalidValueError: A part could leave its folder, or is too long.
    """
    parse_formula_name(name)
    if not _PKG_VERSION.fullmatch(pkg_version) or ".." in pkg_version:
        raise InvalidValueError(
            f"version of {name}", pkg_version, "made of letters, digits and @+._~,:-"
        )
    if not 0 <= rebuild <= _HIGHEST_REBUILD:
        raise InvalidValueError(
            f"rebuild of {name}", rebuild, f"a number from 0 to {_HIGHEST_REBUILD}"
        )
    if len(name) + len(pkg_version) > _LONGEST_STEM:
        raise InvalidValueError(
            "name and version",
            f"{name}-{pkg_version}",
            f"at most {_LONGEST_STEM} characters, so that a file can be called so",
        )


def parse_formula_name(text: str) -> str:
    """Return ``text``, which is a formula's name.

    Raises:
        InvalidValueError: It has a character that could leave its folder or
            that no formula of Homebrew has.
    """
    if not _NAME.fullmatch(text) or ".." in text:
        raise InvalidValueError(
            "formula name", text, "letters, digits and +._-, in parts joined by @"
        )
    return text


def stem_of(name: str, pkg_version: str, rebuild: int) -> str:
    """Return how the keys of a release's bottles begin: what follows is their tag.

    Raises:
        InvalidValueError: A part could leave its folder, or is too long.
    """
    return parse_release(name, pkg_version, rebuild)[2]


@dataclass(frozen=True, slots=True, order=True, init=False)
class Bottle:
    """One build of a formula for one platform, as the catalog offers it.

    Attributes:
        key: What the hash file calls this bottle: ``NAME-TAGREF-TAG``.

    Raises:
        InvalidValueError: A part could not be part of a name in the store.
    """

    name: str
    pkg_version: str
    rebuild: int
    tag: Tag
    digest: Digest
    # Kept: planning asks each of some 20,000 bottles for its key again and again.
    key: BottleKey = field(init=False, repr=False, compare=False)

    # Written out, because a log of a million events makes half as many bottles: what
    # dataclasses would generate takes half as long again.
    def __init__(
        self, name: str, pkg_version: str, rebuild: int, tag: Tag, digest: Digest
    ) -> None:
        # Of equal names, one is kept: memory that is not asked for is found sooner.
        name, pkg_version, stem = parse_release(name, pkg_version, rebuild)
        tag = parse_tag(tag)
        if not is_digest(digest):
            parse_digest(digest)
        _set_name(self, name)
        _set_pkg_version(self, pkg_version)
        _set_rebuild(self, rebuild)
        _set_tag(self, tag)
        _set_digest(self, digest)
        _set_key(self, stem + tag)

    @property
    def tagref(self) -> str:
        """The tag of the OCI index that names this bottle: ``PKGVER[-REBUILD]``."""
        return tagref(self.pkg_version, self.rebuild)

    @property
    def image(self) -> str:
        """The OCI image under ``homebrew/core``: ``@`` becomes ``/``, ``+`` ``x``."""
        return image_of(self.name)

    @property
    def ref_name(self) -> str:
        """What the OCI index calls this bottle: ``PKGVER.TAG[.REBUILD]``."""
        rebuild = f".{self.rebuild}" if self.rebuild else ""
        return f"{self.pkg_version}.{self.tag}{rebuild}"

    @property
    def file_name(self) -> str:
        """The flat file name: ``NAME-PKGVER.TAG.bottle[.REBUILD].tar.gz``."""
        rebuild = f".{self.rebuild}" if self.rebuild else ""
        return f"{self.name}-{self.pkg_version}.{self.tag}.bottle{rebuild}.tar.gz"

    @property
    def url_name(self) -> str:
        """The flat file name as brew asks for it: all but ``A-Za-z0-9-_.~`` encoded."""
        return quote(self.file_name, safe="")

    def of(self, digest: Digest) -> Bottle:
        """Return the bottle that had this name when it was of another digest."""
        return Bottle(self.name, self.pkg_version, self.rebuild, self.tag, digest)

    def object_key(self, day: date) -> ObjectKey:
        """Return where this bottle lies in a run of the UTC day ``day``."""
        return ObjectKey(f"{day.isoformat()}/{self.file_name}")

    def beside(self, object_key: ObjectKey) -> ObjectKey:
        """Return where it lies when another digest has taken ``object_key``."""
        return ObjectKey(f"{object_key}.{self.digest[:12]}")


(
    _set_name,
    _set_pkg_version,
    _set_rebuild,
    _set_tag,
    _set_digest,
    _set_key,
) = (Bottle.__dict__[each.name].__set__ for each in fields(Bottle))


def pkg_version_of(version: str, revision: int) -> str:
    """Return the version as names have it: ``VERSION[_REVISION]``."""
    return f"{version}_{revision}" if revision else version


def tagref(pkg_version: str, rebuild: int) -> str:
    """Return the OCI index tag of a version: ``PKGVER[-REBUILD]``."""
    return f"{pkg_version}-{rebuild}" if rebuild else pkg_version


@lru_cache(maxsize=16_384)  # 8,560 formulae, and those that they replace
def parse_release(name: str, pkg_version: str, rebuild: int) -> tuple[str, str, str]:
    """Return what the bottles of a release share: two parts, and how a key begins.

    Raises:
        InvalidValueError: A part could leave its folder, or is too long.
    """
    check_release(name, pkg_version, rebuild)
    return name, pkg_version, f"{name}-{tagref(pkg_version, rebuild)}-"


def image_of(name: str) -> str:
    """Return the OCI image of the formula ``name``, under ``homebrew/core``."""
    return name.replace("@", "/").replace("+", "x")
