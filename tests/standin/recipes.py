"""The formulae that the small catalog is made of, each with what makes it odd.

All names are invented; each recipe copies a trait that homebrew/core really has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NEW_ARM = ("arm64_tahoe", "arm64_sequoia", "arm64_sonoma")
LINUX = ("arm64_linux", "x86_64_linux")
MAIN_TAGS = (*NEW_ARM, "sonoma", *LINUX)
"""What Homebrew builds today, in the order of a bottle block."""

Bound = tuple[str | Mapping[str, str | list[str]], Mapping[str, str]]
"""An entry of ``uses_from_macos`` and the entry of its bounds."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What sets a formula apart; all else is made from its name.

    ``same`` lists the tags whose bottles have equal bytes; ``without_bottles`` is the
    bottle block of a formula that has no tags.
    """

    name: str
    version: str | None = "1.0.0"
    tags: tuple[str, ...] = MAIN_TAGS
    revision: int = 0
    rebuild: int = 0
    scheme: int = 0
    same: tuple[str, ...] = ()
    relocatable: bool = True
    needs: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    macos: tuple[Bound, ...] = ()
    requires: tuple[str, ...] = ()
    variations: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    oldnames: tuple[str, ...] = ()
    versioned: tuple[str, ...] = ()
    deprecated: bool = False
    disabled: bool = False
    without_bottles: Mapping[str, Any] = field(default_factory=dict)
    desc: str = "Invented formula for a stand-in upstream"


def _on(tags: tuple[str, ...], **fields: tuple[str, ...]) -> dict[str, Any]:
    return {tag: {name: list(value) for name, value in fields.items()} for tag in tags}


_OLD_ARM = ("arm64_ventura", "arm64_monterey", "arm64_big_sur")
_OLD_INTEL = ("ventura", "monterey", "big_sur", "catalina")

UNSIZED = frozenset({"cellar-door", "stout-legacy", "last-orders"})
"""Formulae whose bottles are older than ``sh.brew.bottle.size`` (2023-04)."""

ODD_RECIPES = (
    # Names.
    Recipe("ledger", "3.4.1", aliases=("hledger-classic",), needs=("sieve", "hops+3")),
    Recipe(
        "kettle", "3.0.2", versioned=("kettle@2", "kettle@1.9"), aliases=("kettle@3",)
    ),
    Recipe("kettle@2", "2.14.0", revision=1, rebuild=2),
    Recipe("kettle@1.9", "1.9.12", deprecated=True),
    Recipe("hops+3", "3.24.52", needs=("sieve",)),
    Recipe("libcask++", "1.14", rebuild=1),
    Recipe("libcask++@2", "2.12.3", revision=3),
    Recipe("mash.cpp", "8210", desc="Größenwahn in C++, “quoted” \\ back\tslash"),
    Recipe("wort2.10", "2.10_beta3"),
    Recipe("pint_glass", "0.4"),
    Recipe("yeast-3g", "2026.7.7"),
    Recipe("vat-3", "3.48"),
    # Versions.
    Recipe("foam264", "r3222"),
    Recipe("drayman", "svn1113"),
    Recipe("ale-tools", "2.4-rc1-7", revision=2),
    Recipe("porter", "20260822-1", rebuild=8),
    Recipe("old-peculier", "5.6", scheme=2, revision=52),
    Recipe("ale", "4-1"),
    # Bottles.
    Recipe("recipes-data", "2026.08", tags=("all",)),
    Recipe("beermat@3", "3.1", tags=("all",), rebuild=1, needs=("kettle@2",)),
    Recipe("coaster", "0.9.1", tags=("all",), revision=1),
    Recipe("gauge", "1.2.3", same=NEW_ARM),
    Recipe("hydrometer", "0.7", same=("arm64_sequoia", "arm64_sonoma"), rebuild=3),
    Recipe("tun", "6.6.6", same=LINUX),
    Recipe("bung", "1.0.1", relocatable=False),
    Recipe("stout-legacy", "1.1.9", tags=(*_OLD_ARM, *_OLD_INTEL, "x86_64_linux")),
    Recipe("last-orders", "2.3", tags=(*NEW_ARM[2:], *_OLD_ARM, "sonoma", *_OLD_INTEL)),
    Recipe("cellar-door", "0.2", tags=(*NEW_ARM[1:], *_OLD_ARM, "sonoma", *LINUX)),
    Recipe("firkin", "9.0", tags=("arm64_tahoe", "tahoe", *LINUX)),
    Recipe("stillage", "1.5", tags=("sonoma", "ventura", "x86_64_linux")),
    Recipe("bunghole-utils", "2.9", tags=LINUX, requires=("linux",)),
    Recipe("dray.app", "3.3", tags=(*NEW_ARM, "sonoma"), requires=("macos",)),
    Recipe("portable-spigot", "4.0.6", tags=("arm64_big_sur", "catalina", *LINUX)),
    # No bottles at all.
    Recipe("homebrewed", "1.0", tags=()),
    Recipe("spontaneous", None, tags=()),
    Recipe("flat-pint", "0.1", tags=(), without_bottles={"stable": None}),
    # Withdrawn, with bottles all the same.
    Recipe("shandy", "1.4.4", disabled=True, needs=("gauge",)),
    Recipe("mead", "0.3", deprecated=True, oldnames=("honeywine", "hydromel")),
    # Dependencies.
    Recipe(
        "brewhouse",
        "12.1",
        aliases=("brew-house", "bh"),
        needs=("kettle@2", "mashtun", "libcask++"),
        build=("grinder",),
        test=("gauge",),
        recommended=("hydrometer",),
        optional=("beermat@3",),
        macos=(
            ({"grinder": "build"}, {}),
            ("sieve", {"since": "sequoia"}),
            ({"coaster": ["build", "test"]}, {}),
        ),
        variations={
            **_on(LINUX, dependencies=("kettle@2", "mashtun", "libcask++", "tun")),
            **_on(_OLD_INTEL, dependencies=("kettle@2", "mashtun", "stillage")),
            **_on(("arm64_sonoma",), dependencies=("kettle@2", "mashtun", "yeast-3g")),
        },
    ),
    Recipe(
        "mashtun",
        "2.2.1",
        revision=1,
        needs=("false-bottom",),
        variations=_on(LINUX, dependencies=("false-bottom", "bunghole-utils")),
    ),
    Recipe("false-bottom", "1.0.3", needs=("gauge",), macos=(("sieve", {}),)),
    Recipe(
        "grinder",
        "3.8.2",
        build=("vat-3",),
        variations=_on(_OLD_INTEL, build_dependencies=("vat-3", "mead")),
    ),
    Recipe("sieve", "1.3.2"),
)

_FIRST = (
    *("amber", "bitter", "copper", "dark", "early", "frosted", "golden", "hazy"),
    *("iron", "jolly", "keen", "light", "mild", "noble", "oaken", "pale"),
)
_SECOND = (
    *("anvil", "barrel", "chisel", "dipper", "easel", "funnel", "gimlet", "hammer"),
    *("ingot", "jigger", "kiln", "ladle", "mallet", "nozzle", "oven", "pestle"),
)


def ordinary_recipe(index: int, tags: tuple[str, ...] = MAIN_TAGS) -> Recipe:
    """Return the formula of this number: nothing odd, but no two alike."""
    draw = hashlib.sha256(b"%d" % index).digest()
    turn, place = divmod(index, len(_FIRST) * len(_SECOND))
    name = f"{_FIRST[place % len(_FIRST)]}-{_SECOND[place // len(_FIRST)]}"
    return Recipe(
        f"{name}-{turn + 1}" if turn else name,
        f"{draw[0] % 12}.{draw[1] % 40}.{draw[2] % 20}",
        tags,
        revision=max(0, draw[3] % 8 - 5),
        rebuild=max(0, draw[4] % 6 - 4),
    )
