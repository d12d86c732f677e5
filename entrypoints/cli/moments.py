"""Moments of a ledger: a commit's number, a day, or a time."""

from __future__ import annotations

from datetime import UTC, datetime, time

import click


class Moment(click.ParamType[int | datetime]):
    """A commit's number, or a date or time in UTC; a date means its last second."""

    name = "moment"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int | datetime:
        """Return what ``value`` means."""
        text = str(value)
        if text.isascii() and text.isdigit():
            return int(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"{text!r} is not the number of a commit, a date as 2026-11-22, or a"
                " time as 2026-11-22T04:11:00Z",
                param,
                ctx,
            )
        if "T" not in text and ":" not in text:
            moment = datetime.combine(moment.date(), time(23, 59, 59))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
