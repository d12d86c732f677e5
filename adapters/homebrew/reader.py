"""The catalog's text, read entry by entry: the whole tree of it is never in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator

from adapters.homebrew.json_text import JsonText
from adapters.homebrew.plain_entries import plain_entries, plain_formula
from adapters.homebrew.schemas import load_entry
from domain.catalog import Skipped
from domain.formula import Formula
from ports.errors import MalformedError


def read_formulae(body: bytes, what: str) -> Iterator[Formula | Skipped]:
    """Yield what each entry of ``body`` is, which is a JSON array, in their order.

    Args:
        body: The catalog, in UTF-8.
        what: What it is called in an error.

    Raises:
        MalformedError: It is not a JSON array, or stops being one. What is before that
            place has been yielded.
    """
    entries = plain_entries(body)
    if entries is None:
        # The long way: it tells where a text is damaged, and reads what is only odd.
        for position, entry in enumerate(read_entries(body, what), start=1):
            yield load_entry(entry, position)
        return
    for position, text in enumerate(entries, start=1):
        formula = plain_formula(text)
        if formula is None:
            yield load_entry(_value(bytes(text), position, what), position)
        else:
            yield formula


def _value(text: bytes, position: int, what: str) -> object:
    try:
        value: object = json.loads(text.decode())
    except RecursionError as error:
        raise MalformedError(what, f"entry {position} is nested too deeply") from error
    return value


def read_entries(body: bytes, what: str) -> Iterator[object]:
    """Yield the entries of ``body``, which is a JSON array, one after the other.

    Args:
        body: The catalog, in UTF-8.
        what: What it is called in an error.

    Raises:
        MalformedError: It is not a JSON array, or stops being one. Entries before
            that place have been yielded.
    """
    text = JsonText(body, what)
    if not text.accept("["):
        raise text.malformed(f"not a list of formulae: it begins with {text.excerpt()}")
    closed = text.sees("]")
    while not closed:
        yield text.value()
        closed = text.sees("]")
        if not closed:
            text.expect(",")
    text.expect("]")
    if not text.ended:
        raise text.malformed(
            f"something follows the list of formulae: {text.excerpt()}"
        )
