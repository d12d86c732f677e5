"""The configuration of what clients see, and for how long what is old is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, get_args

from domain.errors import InvalidValueError
from domain.views import View

VIEWS: Final[tuple[View, ...]] = get_args(View)

_PERCENT = re.compile(r"([0-9]{1,3})\s*%")
_WHOLE: Final = 100  # per cent


def parse_views(text: str) -> tuple[View, ...]:
    """Return the views that ``text`` lists, with commas; ``none`` is none of them.

    Raises:
        InvalidValueError: One of them is no view.
    """
    words = [word for word in re.split(r"[,\s]+", text.strip()) if word]
    if words == ["none"]:
        return ()
    if not words or not set(words) <= set(VIEWS):
        raise InvalidValueError("views", text, "registry, flat, both of them, or none")
    return tuple(view for view in VIEWS if view in words)


def parse_share(text: str) -> int:
    """Return the per cent that ``text`` says, as ``10%``.

    Raises:
        InvalidValueError: It is no share from 0 to 100 per cent.
    """
    found = _PERCENT.fullmatch(text.strip())
    if found is None or int(found[1]) > _WHOLE:
        raise InvalidValueError("share", text, "from 0% to 100%, as 10%")
    return int(found[1])


@dataclass(frozen=True, slots=True)
class ExposureConfig:
    """How the mirror shows itself to brew, and what it lets go.

    Attributes:
        views: The forms in which clients find bottles.
        publish: Whether a complete run ends with a generation being published.
        keep_generations: How many can be gone back to, the visible one included.
        retention_days: Days for which a superseded bottle is kept; 0 is for ever.
        gc_auto: Whether a complete run ends with superseded bottles being evicted.
        max_evict: Per cent of the bottles held that are evicted at once, at most.

    Raises:
        InvalidValueError: One of them cannot be what it is.
    """

    views: tuple[View, ...] = ("registry",)
    publish: bool = True
    keep_generations: int = 4
    retention_days: int = 30
    gc_auto: bool = False
    max_evict: int = 10

    def __post_init__(self) -> None:
        # What is visible may lag behind what is published by a generation: a process
        # can die between the two.
        for name, value, least in (
            ("keep_generations", self.keep_generations, 2),
            ("retention_days", self.retention_days, 0),
        ):
            if value < least:
                raise InvalidValueError(name, value, f"{least} or more")

    @property
    def grace(self) -> timedelta | None:
        """How long a superseded bottle is kept; None is for ever."""
        return timedelta(days=self.retention_days) if self.retention_days else None
