"""Progress on a terminal: bars, and what is in flight."""

from __future__ import annotations

from contextlib import suppress

from rich.console import Console, ConsoleRenderable, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from adapters.board import Board, InFlight, View
from adapters.terminal.plain_progress import first_line, last_line, spelt_progress
from adapters.terminal.words import spelt_bytes, spelt_duration, spelt_rate
from domain.plan import SyncPlan
from domain.work import Load
from ports.clock import Clock
from ports.errors import PortError
from ports.progress import Progress

_REFRESHES = 8  # a second
_ROWS = 8
_BAR = 28  # characters
_SMALL_BAR = 14
_NAME = 44  # characters of a bottle's name

# A closed terminal is no reason to end a run.
_unheard = suppress(OSError, ValueError)


class RichProgress(Progress):
    """Draws two bars and up to eight loads in flight, below what else is told.

    Attributes:
        verbose: Whether every bottle gets a line.
    """

    def __init__(
        self, console: Console, clock: Clock, *, verbose: bool = False
    ) -> None:
        self._console = console
        self._board = Board(clock)
        self._verbose = verbose
        self._live: Live | None = None
        self._count = ("", 0, 0)
        self._carrying = False

    def note(self, sentence: str) -> None:
        self._print(Text(sentence))

    def warn(self, sentence: str) -> None:
        self.note(sentence)

    def counted(self, what: str, done: int, total: int) -> None:
        self._count = (what, done, total)
        if done >= total:
            self._hide()
        elif self._live is None:
            self._show()

    def begin(self, plan: SyncPlan) -> None:
        self._hide()
        self._board.begin(plan)
        self._print(Text(first_line(plan.work)))
        self._carrying = True
        self._show()

    def started(self, load: Load, size: int) -> None:
        self._board.started(load, size)

    def advanced(self, load: Load, count: int) -> None:
        self._board.advanced(load, count)

    def finished(self, load: Load, failure: PortError | None) -> None:
        self._board.finished(load, failed=failure is not None)
        if failure is not None:
            key = load.bottles[0].key
            self._print(Text.assemble(("failed", "red"), f": {key}: {failure}"))
        elif self._verbose:
            for bottle in load.bottles:
                self._print(Text(f"mirrored {bottle.key}"))

    def end(self) -> None:
        self._hide()
        if self._carrying:
            self._carrying = False
            self._print(Text(last_line(self._board.view())))

    def _show(self) -> None:
        self._live = Live(
            console=self._console,
            get_renderable=self._drawn,
            refresh_per_second=_REFRESHES,
            transient=True,
            # What tells of other things goes through ``note``.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with _unheard:
            self._live.start()

    def _hide(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            with _unheard:
                live.stop()

    def _print(self, text: Text) -> None:
        with _unheard:
            self._console.print(text, soft_wrap=True, highlight=False)

    def _drawn(self) -> ConsoleRenderable:
        return drawn(self._board.view()) if self._carrying else counting(*self._count)


def counting(what: str, done: int, total: int) -> ConsoleRenderable:
    """Return the drawing of how many things are done."""
    grid = Table.grid(padding=(0, 1))
    grid.add_row(
        ProgressBar(total=total, completed=done, width=_BAR),
        f"{done:,}/{total:,} {what}",
    )
    return grid


def drawn(view: View) -> ConsoleRenderable:
    """Return the drawing of ``view``."""
    totals = Table.grid(padding=(0, 1))
    failed = f"{view.failed:,} failed" if view.failed else ""
    totals.add_row(
        "bottles",
        ProgressBar(total=view.all_bottles, completed=view.bottles, width=_BAR),
        f"{view.bottles:,}/{view.all_bottles:,}",
        Text(failed, "red"),
    )
    left = ""
    if view.seconds_left is not None:
        left = f"about {spelt_duration(view.seconds_left)} left"
    totals.add_row(
        "bytes",
        # A bar of a sum that nobody knows would lie.
        ""
        if view.unknown
        else ProgressBar(total=view.all_bytes, completed=view.bytes, width=_BAR),
        spelt_progress(view),
        f"{spelt_rate(view.rate)}  {left}",
    )
    flights = Table.grid(padding=(0, 1))
    for flight in view.in_flight[:_ROWS]:
        flights.add_row(*_row(flight))
    if len(view.in_flight) > _ROWS:
        flights.add_row(f"  and {len(view.in_flight) - _ROWS} more")
    return Group(totals, flights)


def _row(flight: InFlight) -> tuple[ConsoleRenderable, ProgressBar, str]:
    name = Text(f"  {flight.name}", no_wrap=True)
    name.truncate(_NAME, overflow="ellipsis")
    return (
        name,
        ProgressBar(total=flight.size, completed=flight.passed, width=_SMALL_BAR),
        f"{spelt_bytes(flight.passed)} of {spelt_bytes(flight.size)}",
    )
