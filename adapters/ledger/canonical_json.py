"""JSON as this mirror writes it, and as it reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
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


def list_pieces(values: Iterable[object]) -> Iterator[bytes]:
    """Yield a list in its one written form, value by value."""
    mark = b"["
    for value in values:
        yield mark + written(value).encode()
        mark = b","
    yield b"]" if mark == b"," else b"[]"


def object_pieces(fields: Iterable[tuple[str, object]]) -> Iterator[bytes]:
    """Yield an object in its one written form, field by field.

    Args:
        fields: Names and values, sorted by their names.
    """
    mark = "{"
    for name, value in fields:
        yield f"{mark}{written(name)}:{written(value)}".encode()
        mark = ","
    yield b"}" if mark == "," else b"{}"


def gathered(pieces: Iterable[bytes]) -> bytes:
    """Return what ``pieces`` are together; of a long text there is one in memory."""
    text = BytesIO()
    text.writelines(pieces)
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
