"""What ``bottles init`` tells of a mirror that is not there yet."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_UP, Decimal
from pathlib import Path
from textwrap import fill
from typing import Final

from adapters.terminal.words import counted, spelt_bytes
from domain.config import SyncConfig
from domain.forecast import ASSUMED_SIZE, GRACE, OFF_BY, OLDER_VERSIONS, Forecast
from entrypoints.cli.tables import table

_WIDTH: Final = 80
_CENT: Final = Decimal("0.01")
_PROMISE: Final = (
    "Three questions. Nothing is fetched for them but the catalog, and nothing is"
    " written before the end."
)
_RECKONED: Final = (
    'What is told with "about" is estimated. A bottle whose size nobody tells counts as'
    f" {spelt_bytes(ASSUMED_SIZE)}, the mean of homebrew-core: a sum may be off by"
    f' {OFF_BY}%. "Kept" is in the long run, with what upstream has replaced: it goes'
    f" after {GRACE} days, by gc_auto or bottles gc and else never, and from a bucket"
    f' with older versions after {OLDER_VERSIONS} more. "A month" is what storing that'
    " costs in US dollars, by the price of S3 Standard in us-east-1; requests are"
    " cents, and a folder costs nothing."
)


def intro_text() -> str:
    """Return what is said before the first question."""
    return f"{fill(_PROMISE, _WIDTH)}\n\n{fill(_RECKONED, _WIDTH)}"


def answers_text(rows: Sequence[tuple[str, Forecast]]) -> str:
    """Return a table of answers, and what a mirror takes with each."""
    head = ("", "bottles", "to fetch", "kept", "a month")
    return "\n".join(
        table([head, *((answer, *_cells(forecast)) for answer, forecast in rows)])
    )


def init_text(path: Path, config: SyncConfig, forecast: Forecast | None) -> str:
    """Return what ``init`` prints at its end."""
    return "\n".join(
        [
            f"{path} is written. {takes_text(config, forecast)}",
            "",
            "Next: bottles plan shows what would be fetched, bottles sync fetches it",
        ]
    )


def takes_text(config: SyncConfig, forecast: Forecast | None) -> str:
    """Return in sentences what a mirror takes."""
    if forecast is None:
        return "How much that is, nobody knows before the catalog can be read."
    _, to_fetch, kept, month = _cells(forecast)
    return (
        f"{counted(forecast.bottles, 'bottle')} in {config.store}: {to_fetch} to fetch,"
        f" {kept} in the long run, {month} a month."
    )


def init_answer(
    path: Path, config: SyncConfig, forecast: Forecast | None
) -> dict[str, object]:
    """Return what ``init --json`` prints."""
    selection = config.selection
    return {
        "config": str(path),
        "store": str(config.store),
        "target_tags": str(selection.tags),
        "formulae": list(selection.formulae),
        "with_deps": selection.with_deps,
        "forecast": None if forecast is None else _forecast_answer(forecast),
    }


def _forecast_answer(forecast: Forecast) -> dict[str, object]:
    return {
        "bottles": forecast.bottles,
        "bytes": forecast.fetched,
        "assumed_sizes": forecast.assumed,
        "kept_bytes": forecast.kept,
        "dollars_a_month": float((forecast.storage or Decimal(0)).quantize(_CENT)),
    }


def _cells(forecast: Forecast) -> tuple[str, str, str, str]:
    about = "about " if forecast.assumed else ""
    return (
        f"{forecast.bottles:,}",
        f"{about}{spelt_bytes(forecast.fetched)}",
        f"about {spelt_bytes(forecast.kept)}",
        _month(forecast.storage),
    )


def _month(storage: Decimal | None) -> str:
    if storage is None:
        return "nothing"
    if storage < _CENT:
        return "under $0.01"
    return f"about ${storage.quantize(_CENT, ROUND_UP):,}"
