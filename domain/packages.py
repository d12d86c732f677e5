"""What one client's document of the API offers it: a bottle for each formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from domain.bottle import Bottle
from domain.catalog import Skipped
from domain.tags import Tag


@dataclass(frozen=True, slots=True)
class Packages:
    """The bottles that ``internal/packages.TAG`` offers to clients of that tag.

    Attributes:
        generated_at: When upstream made the document; None when it does not say.
        bottles: By formula, the one that brew would pour: its own tag may be
            another than the client's. Formulae without one are left out.
        aliases: Aliases and old names, and the formula each of them means.
        skipped: Entries that were refused, by name.
    """

    tag: Tag
    generated_at: datetime | None
    bottles: Mapping[str, Bottle]
    aliases: Mapping[str, str]
    skipped: tuple[Skipped, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "bottles", MappingProxyType(dict(self.bottles)))
        object.__setattr__(self, "aliases", MappingProxyType(dict(self.aliases)))
