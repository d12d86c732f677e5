"""Progress on a terminal: bars, and what is in flight."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from rich.console import Console, ConsoleRenderable, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from adapters.board import Board, InFlight, View
from adapters.terminal.plain_progress import first_line, last_line, spelt_progress
from adapters.terminal.words import spelt_bytes, spelt_left, spelt_rate
from domain.plan import SyncPlan
from domain.work import Load
from ports.clock import Clock
from ports.errors import PortError
from ports.progress import Progress

_REFRESHES = 8  # a second
_ROWS = 8
_BAR = 28  # characters
_SMALL_BAR = 14
_NAME = 46  # characters of a bottle's name
_AMOUNTS = 25  # characters of how much of it there is, with what stands between

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
        self._seats = Seats()

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
        self._seats = Seats()
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
        if not self._carrying:
            return counting(*self._count)
        return drawn(self._board.view(), self._seats, self._console.width)


def counting(what: str, done: int, total: int) -> ConsoleRenderable:
    """Return the drawing of how many things are done."""
    grid = Table.grid(padding=(0, 1))
    grid.add_row(
        _bar(done, total, _BAR),
        f"{done:,}/{total:,} {what}",
    )
    return grid


class Seats:
    """Which row each load in flight has: it keeps it, so that nothing jumps about."""

    def __init__(self) -> None:
        self._names: list[str | None] = []

    def seated(self, in_flight: Sequence[InFlight]) -> list[InFlight | None]:
        """Return what each row has; a row that has had something is never taken away.

        Who finds no row waits for one.
        """
        there = {flight.name: flight for flight in in_flight}
        self._names = [name if name in there else None for name in self._names]
        for name in there:
            if name in self._names:
                continue
            if None in self._names:
                self._names[self._names.index(None)] = name
            elif len(self._names) < _ROWS:
                self._names.append(name)
        return [None if name is None else there[name] for name in self._names]


def drawn(view: View, seats: Seats, width: int) -> ConsoleRenderable:
    """Return the drawing of ``view``, in so many columns at most."""
    totals = Table.grid(padding=(0, 1))
    failed = Text(f"{view.failed:,} failed" if view.failed else "", "red")
    totals.add_row(
        "bottles",
        _bar(view.bottles, view.all_bottles, _BAR),
        Text.assemble(f"{view.bottles:,}/{view.all_bottles:,}  ", failed),
    )
    totals.add_row(
        "bytes",
        # A bar of a sum that nobody knows would lie.
        "" if view.unknown else _bar(view.bytes, view.all_bytes, _BAR),
        spelt_progress(view),
    )
    left = "" if view.seconds_left is None else spelt_left(view.seconds_left)
    # A line of its own: with the sums it would not fit into 80 columns.
    totals.add_row("", spelt_rate(view.rate).ljust(_BAR), left)
    rows = seats.seated(view.in_flight)
    flights = Table.grid(padding=(0, 1))
    name = min(_NAME, width - _SMALL_BAR - _AMOUNTS)
    flights.add_column(width=name, no_wrap=True, overflow="ellipsis")
    for flight in rows:
        flights.add_row(*(("", "", "") if flight is None else _row(flight)))
    more = len(view.in_flight) - sum(flight is not None for flight in rows)
    if len(rows) == _ROWS:
        flights.add_row(f"  and {more} more" if more else "")
    return Group(totals, flights)


def _row(flight: InFlight) -> tuple[ConsoleRenderable, ProgressBar, str]:
    return (
        Text(f"  {flight.name}"),
        _bar(flight.passed, flight.size, _SMALL_BAR),
        f"{spelt_bytes(flight.passed)} of {spelt_bytes(flight.size)}",
    )


def _bar(done: int, total: int, width: int) -> ProgressBar:
    # Without colour, which here is what failed.
    return ProgressBar(
        total=total,
        completed=done,
        width=width,
        complete_style="default",
        finished_style="default",
    )
