"""Pins on the command line: heads that were seen before."""

from __future__ import annotations

import re
from typing import Final

import click

from domain.events import Position

_PIN: Final = re.compile(r"([0-9]{1,20}):([0-9a-f]{64})")


class Pin(click.ParamType[Position]):
    """A commit's number and the SHA-256 that it had, as ``42:9f86d0…``."""

    name = "pin"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Position:
        """Return the position that ``value`` names."""
        found = _PIN.fullmatch(str(value))
        if found is None:
            self.fail(
                f"{value!r} is not SEQ:SHA256, as a sync tells them of its last commit",
                param,
                ctx,
            )
        return Position(int(found[1]), found[2])
