"""Platform tags: which there are, and which bottle a client of one would pour.

Source: Homebrew/brew ``macos_version.rb`` (the order of the macOS versions),
``utils/bottles.rb`` and ``extend/os/mac/utils/bottles.rb`` (the fallback).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import chain
from typing import Final, NewType

from domain.errors import InvalidValueError

Tag = NewType("Tag", str)

ALL: Final = Tag("all")
"""The tag of a bottle that suits every platform; no client is of this tag."""

MACOS_NEWEST_FIRST: Final = (
    "golden_gate",
    "tahoe",
    "sequoia",
    "sonoma",
    "ventura",
    "monterey",
    "big_sur",
    "catalina",
    "mojave",
    "high_sierra",
    "sierra",
    "el_capitan",
)
LINUX: Final = (Tag("x86_64_linux"), Tag("arm64_linux"))

_ARM: Final = "arm64_"
_FIRST_ON_ARM: Final = "big_sur"
_TAG = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_LONGEST_TAG = 32  # characters, so that a file can be called after it


@lru_cache(maxsize=256)  # there are some twenty, and each bottle has one
def parse_tag(text: str) -> Tag:
    """Return ``text`` as a tag.

    Raises:
        InvalidValueError: It is not made like a tag.
    """
    if not _TAG.fullmatch(text) or len(text) > _LONGEST_TAG:
        raise InvalidValueError(
            "tag",
            text,
            f"lower-case words joined by _, {_LONGEST_TAG} characters at most",
        )
    return Tag(text)


def is_linux(tag: Tag) -> bool:
    """Return whether a client of ``tag`` runs Linux."""
    return tag.endswith("_linux")


def macos_age(tag: Tag) -> int:
    """Return how many known macOS versions are newer than that of ``tag``.

    A macOS that is not in the table came out after this program did: it is
    taken as newer than every version in the table, and its age is -1. The same
    goes for what is no macOS, so that it is never older than one.
    """
    try:
        return MACOS_NEWEST_FIRST.index(tag.removeprefix(_ARM))
    except ValueError:
        return -1


def known_tags(offered: Iterable[Tag]) -> frozenset[Tag]:
    """Return the tags a client may have: the table's, and what is ``offered``."""
    on_arm = MACOS_NEWEST_FIRST[: MACOS_NEWEST_FIRST.index(_FIRST_ON_ARM) + 1]
    table = {*MACOS_NEWEST_FIRST, *(f"{_ARM}{name}" for name in on_arm)}
    return frozenset({*map(Tag, table), *LINUX, *offered} - {ALL})


def pour_tag(client: Tag, offered: Collection[Tag]) -> Tag | None:
    """Return which of the ``offered`` bottles brew pours on ``client``, if any.

    The exact tag, else ``all``, else on macOS the newest older one of the same
    architecture. Linux has no fallback.
    """
    if client in offered:
        return client
    if ALL in offered:
        return ALL
    if is_linux(client):
        return None
    arm, age = client.startswith(_ARM), macos_age(client)
    older = [
        tag for tag in offered if tag.startswith(_ARM) == arm and macos_age(tag) > age
    ]
    return min(older, key=macos_age, default=None)


def newest_arm_tags(offers: Collection[Collection[Tag]], count: int) -> tuple[Tag, ...]:
    """Return the arm64 tags of the ``count`` newest macOS versions in real use.

    A version is in real use when at least half of the formulae have an arm64
    bottle for it, so that an announced macOS does not push out a living one.

    Args:
        offers: For each formula, the tags it has bottles for.
        count: How many tags are wanted.
    """
    tally = Counter(chain.from_iterable(offers))
    in_use = [
        tag
        for tag, number in tally.items()
        if 2 * number >= len(offers) and tag.startswith(_ARM) and not is_linux(tag)
    ]
    return tuple(sorted(in_use, key=lambda tag: (macos_age(tag), tag))[:count])
