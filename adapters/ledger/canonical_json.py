"""JSON as this mirror writes it, and as it reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from io import BytesIO

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


class NotJsonError(ValueError):
    """A text is not JSON."""


def written(value: object) -> str:
    """Return ``value`` in its one written form.

    Keys are sorted, nothing is put between the tokens, and what is not ASCII is
    escaped: so text of any origin, a lone surrogate included, can be written and
    comes back as it was.
    """
    return _ENCODER.encode(value)


def written_list(values: Iterable[object]) -> bytes:
    """Return a list in its one written form.

    It is written value by value: all of them at once, as JSON has them, would be in
    memory several times.
    """
    text = BytesIO()
    text.write(b"[")
    for number, value in enumerate(values):
        text.write(b"," if number else b"")
        text.write(written(value).encode())
    text.write(b"]")
    return text.getvalue()


def written_object(fields: Iterable[tuple[str, object]]) -> bytes:
    """Return an object in its one written form, field by field as a list is.

    Args:
        fields: Names and values, sorted by their names.
    """
    text = BytesIO()
    text.write(b"{")
    for number, (name, value) in enumerate(fields):
        text.write(b"," if number else b"")
        text.write(f"{written(name)}:{written(value)}".encode())
    text.write(b"}")
    return text.getvalue()


def parsed(text: str) -> object:
    """Return what ``text`` says.

    Raises:
        NotJsonError: It is not JSON, or nested deeper than can be read.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(f"not JSON ({error})") from error


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


# Python would take NaN and Infinity, which no other reader knows.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
