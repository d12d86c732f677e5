"""Moments: of a ledger by a commit's number, a day or a time; or some time ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

import click

_AGO: Final = re.compile(r"([0-9]{1,6})([smhdw])")
_UNITS: Final = {
    "s": "seconds",
    "m": "minutes",
    "h": "hours",
    "d": "days",
    "w": "weeks",
}


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


class Since(click.ParamType["datetime | timedelta"]):
    """A date or time in UTC, or how long ago: ``90m``, ``2h``, ``1d``."""

    name = "since"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime | timedelta:
        """Return what ``value`` means."""
        text = str(value)
        ago = _AGO.fullmatch(text)
        if ago:
            return timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"{text!r} is not how long ago, as 90m, 2h or 1d, nor a date as"
                " 2026-11-22, or a time as 2026-11-22T04:11:00Z",
                param,
                ctx,
            )
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
