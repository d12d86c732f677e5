"""What a benchmark gives: a small table of plain text."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1_000_000
GB = 1_000_000_000


class NotMeasuredError(Exception):
    """What is to be measured with is not on this machine."""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures, and what has to be known to read them.

    Attributes:
        title: What was measured.
        rows: The first row is the heading.
        worded: How many of the last columns are words, not figures.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    worded: int = 0

    def __str__(self) -> str:
        columns = list(zip(*self.rows, strict=True))
        widths = [max(map(len, column)) for column in columns]
        lines = [self.title]
        for row in self.rows:
            words = {0, *range(len(row) - self.worded, len(row))}
            cells = [
                cell.ljust(width) if at in words else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append(("  " + "  ".join(cells)).rstrip())
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])
