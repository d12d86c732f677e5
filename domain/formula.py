"""A formula as the catalog describes it: the part that a mirror needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from domain.bottle import (
    Bottle,
    Digest,
    is_digest,
    parse_digest,
    parse_formula_name,
    parse_release,
    pkg_version_of,
)
from domain.errors import InvalidValueError
from domain.tags import ALL, Tag, is_linux, macos_age, parse_tag, pour_tag


@dataclass(frozen=True, slots=True)
class SystemDependency:
    """A dependency that macOS may bring along (``uses_from_macos``).

    Attributes:
        name: The formula that is needed where the system does not bring it.
        since: The first macOS that brings it; None when every macOS does.
    """

    name: str
    since: str | None = None

    def is_needed_on(self, client: Tag) -> bool:
        """Return whether a client of this tag needs the formula."""
        if is_linux(client):
            return True
        if self.since is None:
            return False
        return macos_age(client) > macos_age(Tag(self.since))


@dataclass(frozen=True, slots=True)
class Needs:
    """What a formula needs in order to run, once it is poured."""

    dependencies: tuple[str, ...] = ()
    from_system: tuple[SystemDependency, ...] = ()

    def on(self, client: Tag) -> Iterator[str]:
        """Yield the formulae that must be there too on a client of this tag."""
        yield from self.dependencies
        for dependency in self.from_system:
            if dependency.is_needed_on(client):
                yield dependency.name


@dataclass(frozen=True, slots=True)
class Formula:
    """A package definition of the catalog, and the bottles it offers.

    Attributes:
        version: Upstream's stable version, None for a formula that has none.
        revision: Homebrew's packaging revision of that version.
        rebuild: The bottles' own counter.
        digests: The bottle's digest for each tag that has one.
        variations: What is needed instead, for clients of these tags.
        pkg_version: The version as file names have it: ``VERSION[_REVISION]``.
    """

    name: str
    version: str | None
    revision: int
    rebuild: int
    digests: Mapping[Tag, Digest]
    aliases: tuple[str, ...] = ()
    oldnames: tuple[str, ...] = ()
    needs: Needs = Needs()
    variations: Mapping[Tag, Needs] = field(default_factory=dict)
    # Kept: planning asks each of 8,560 formulae for it again and again.
    pkg_version: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.version is None or self.revision < 0:
            # Else it is looked at with the release.
            parse_formula_name(self.name)
        if self.revision < 0:
            raise InvalidValueError(
                f"revision of {self.name}", self.revision, "0 or more"
            )
        pkg_version = pkg_version_of(f"{self.version}", self.revision)
        if self.version is not None:
            parse_release(self.name, pkg_version, self.rebuild)
        elif self.digests:
            raise InvalidValueError(
                f"version of {self.name}", None, "a version, though it offers bottles"
            )
        for tag, digest in self.digests.items():
            parse_tag(tag)
            if not is_digest(digest):
                parse_digest(digest)
        object.__setattr__(self, "digests", MappingProxyType(dict(self.digests)))
        object.__setattr__(self, "variations", MappingProxyType(dict(self.variations)))
        object.__setattr__(self, "pkg_version", pkg_version)

    def bottle(self, tag: Tag) -> Bottle:
        """Return the bottle offered under ``tag``, which must be in ``digests``."""
        return Bottle(self.name, self.pkg_version, self.rebuild, tag, self.digests[tag])

    def bottles(self) -> Iterator[Bottle]:
        """Yield every bottle that the formula offers."""
        for tag in self.digests:
            yield self.bottle(tag)

    def needs_on(self, client: Tag) -> Iterator[str]:
        """Yield the formulae that a client of this tag needs beside this one.

        What macOS brings along is judged by the macOS that the bottle was built
        on, which may be older than the client's. Source: Homebrew/brew
        ``dependency.rb`` (``use_macos_install?``).
        """
        poured = pour_tag(client, self.digests)
        built_on = client if poured is None or poured == ALL else poured
        yield from self.variations.get(client, self.needs).on(built_on)
