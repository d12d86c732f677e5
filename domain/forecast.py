"""What a mirror will take: how many bytes there, and what they cost each month.

All are estimates, for a person to decide by before anything is fetched; nothing
depends on them. docs/cost.md reckons the same from a table of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.bottle import Bottle, Digest
from domain.config import BucketAddress, SyncConfig
from domain.cost import GB_MONTH_PRICE
from domain.exposure_config import ExposureConfig
from domain.work import GB

ASSUMED_SIZE: Final = 6_000_000
"""Bytes of a bottle of which nobody tells the size: the mean of homebrew-core.

Work is shared out by the median, which most bottles are nearer to. A sum needs the
mean: the few large ones are most of it.
"""
OFF_BY: Final = 40
"""Per cent by which a sum of many such sizes may be off."""

_NEWS: Final = Decimal("0.14")
"""Of all bytes on offer, so many are new each week."""
GRACE: Final = ExposureConfig().retention_days
"""Days for which what is superseded is kept, unless it is said otherwise."""
OLDER_VERSIONS: Final = 30
"""Days for which a bucket keeps what was removed from it."""
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a mirror of some bottles takes.

    Attributes:
        fetched: Bytes that the first sync fetches.
        kept: Bytes that lie in the store in the long run: what is superseded goes when
            its grace is over.
        assumed: Of how many digests the size is assumed.
        storage: US dollars a month for what is kept; None is for a folder.
    """

    bottles: int
    fetched: int
    kept: int
    assumed: int
    storage: Decimal | None


def forecast(
    bottles: Iterable[Bottle], sizes: Mapping[Digest, int], config: SyncConfig
) -> Forecast:
    """Return what a mirror of ``bottles`` takes at the store of ``config``.

    In a bucket each name of a bottle is an object of its own, and so is each view; in a
    folder they are one file.

    Args:
        sizes: Bytes of digests, as far as somebody knows them.
    """
    names: dict[Digest, int] = {}
    for bottle in bottles:
        names[bottle.digest] = names.get(bottle.digest, 0) + 1
    expected = {digest: sizes.get(digest, ASSUMED_SIZE) for digest in names}
    fetched = sum(expected.values())
    in_bucket = isinstance(config.store, BucketAddress)
    if in_bucket:
        objects = sum(expected[digest] * number for digest, number in names.items())
        stored = objects * (1 + len(config.exposure.views))
        days = GRACE + OLDER_VERSIONS
    else:
        stored, days = fetched, GRACE
    kept = int(stored * (1 + _NEWS * days / _WEEK))
    return Forecast(
        bottles=sum(names.values()),
        fetched=fetched,
        kept=kept,
        assumed=len(names.keys() - sizes.keys()),
        storage=kept * GB_MONTH_PRICE / GB if in_bucket else None,
    )
