"""Amounts on the command line."""

from __future__ import annotations

import click


class ByteCount(click.ParamType[int]):
    """A number of bytes above 0, as ``700MB`` or ``4GB``."""

    name = "bytes"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        """Return the number that ``value`` says."""
        # Late, so that help waits for nothing.
        from marshmallow import ValidationError

        from adapters.configuration_fields import Bytes

        try:
            number = Bytes().number(value)
        except ValidationError:
            number = 0
        if number <= 0:
            self.fail(f"{value!r} is no number of bytes, as 700MB or 4GB", param, ctx)
        return number
