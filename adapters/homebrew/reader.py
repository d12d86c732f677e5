"""The catalog's text, read entry by entry: the hot path.

The whole tree of the text is never in memory. What an entry is, is said in
``schemas``; here is the short way for the regular ones, which are nearly all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from adapters.homebrew.schemas import NEEDS_KEYS, NOT_AT_RUN_TIME, load_entry
from domain.catalog import Skipped
from domain.errors import InvalidValueError
from domain.formula import Formula, Needs, SystemDependency
from domain.tags import Tag
from ports.errors import MalformedError

_SPACE = re.compile(r"[ \t\n\r]*")
_EXCERPT = 40  # bytes


def read_entries(body: bytes, what: str) -> Iterator[object]:
    """Yield the entries of ``body``, which is a JSON array, one after the other.

    Args:
        body: The catalog, in UTF-8.
        what: What it is called in an error.

    Raises:
        MalformedError: It is not a JSON array, or stops being one. Entries before
            that place have been yielded.
    """
    decode = json.JSONDecoder().raw_decode
    # A byte is taken for a character, and the few entries that have others are read
    # again: one that needs four bytes would have the whole text take four times as
    # much memory. The marks of JSON are ASCII.
    text = body.decode("latin-1")
    at = _after("[", text, 0, what)
    closed = text.startswith("]", at)
    while not closed:
        begun = at
        try:
            entry, at = decode(text, at)
            if not text[begun:at].isascii():
                entry = json.loads(body[begun:at].decode())
        except json.JSONDecodeError as error:
            detail = f"{error.msg}, at byte {error.pos:,} of {len(text):,}"
            raise MalformedError(what, f"damaged or cut off: {detail}") from error
        except RecursionError as error:
            detail = f"the entry at byte {begun:,} is nested too deeply"
            raise MalformedError(what, detail) from error
        except UnicodeDecodeError as error:
            detail = f"the entry at byte {begun:,} is not text in UTF-8: {error}"
            raise MalformedError(what, detail) from error
        except ValueError as error:
            # Python makes no integer of more than 4,300 digits out of text.
            detail = f"the entry at byte {begun:,} has a number beyond reason"
            raise MalformedError(what, detail) from error
        yield entry
        at = _space(text, at)
        closed = text.startswith("]", at)
        if not closed:
            at = _after(",", text, at, what)
    at = _after("]", text, at, what)
    if at != len(text):
        raise MalformedError(
            what, f"something follows the list of formulae: {_excerpt(text, at)}"
        )


def _space(text: str, at: int) -> int:
    """Return where the white space at ``at`` ends, which may be at once."""
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _after(mark: str, text: str, at: int, what: str) -> int:
    """Return where what follows ``mark`` begins; only space may come before."""
    at = _space(text, at)
    if text.startswith(mark, at):
        return _space(text, at + 1)
    if mark == "[":
        detail = f"not a list of formulae: it begins with {_excerpt(text, at)}"
    elif at == len(text):
        detail = f"cut off after {at:,} bytes"
    else:
        detail = f"damaged at byte {at:,}: {_excerpt(text, at)}"
    raise MalformedError(what, detail)


def _excerpt(text: str, at: int) -> str:
    if at == len(text):
        return "nothing"
    excerpt = text[at : at + _EXCERPT].encode("latin-1")
    return repr(excerpt.decode(errors="replace"))


def read_entry(entry: object, position: int) -> Formula | Skipped:
    """Return what ``schemas.load_entry`` returns for ``entry``, but sooner."""
    formula = read_regular(entry)
    return load_entry(entry, position) if formula is None else formula


def read_regular(entry: object) -> Formula | None:
    """Return the formula of an entry that is as nearly all of them are.

    None when the schema must be asked. Every type that it asks for is asked for
    here, or by the domain.
    """
    try:
        return _formula(entry)
    except (KeyError, TypeError, _IrregularError, InvalidValueError):
        return None


class _IrregularError(Exception):
    """An entry that the short way does not know."""


def _formula(entry: Any) -> Formula:  # noqa: ANN401
    version, revision = entry["versions"]["stable"], entry["revision"]
    bottle, variations = entry["bottle"], entry["variations"]
    if (
        not (version is None or type(version) is str)
        or type(revision) is not int
        or type(bottle) is not dict
        or type(variations) is not dict
        or "oldname" in entry
    ):
        raise _IrregularError
    rebuild, files = 0, {}
    if bottle:
        stable = bottle["stable"]
        rebuild, files = stable["rebuild"], stable["files"]
        if type(rebuild) is not int or type(files) is not dict:
            raise _IrregularError
    return Formula(
        name=entry["name"],
        version=version,
        revision=revision,
        rebuild=rebuild,
        digests={tag: file["sha256"] for tag, file in files.items()},
        aliases=_names(entry["aliases"]),
        oldnames=_names(entry["oldnames"]),
        needs=_needs(entry),
        variations=_variations(entry, variations) if variations else {},
    )


def _variations(entry: Any, overrides: dict[str, Any]) -> dict[Tag, Needs]:  # noqa: ANN401
    variations = {}
    for tag, override in overrides.items():
        if type(override) is not dict:
            raise _IrregularError
        if not NEEDS_KEYS.isdisjoint(override):
            base = {key: entry[key] for key in NEEDS_KEYS}
            variations[Tag(tag)] = _needs({**base, **override})
    return variations


def _needs(entry: Any) -> Needs:  # noqa: ANN401
    dependencies = _names(entry["dependencies"])
    recommended = _names(entry["recommended_dependencies"])
    uses, bounds = entry["uses_from_macos"], entry["uses_from_macos_bounds"]
    if type(uses) is not list or type(bounds) is not list or len(uses) != len(bounds):
        raise _IrregularError
    return Needs(
        dependencies + recommended if recommended else dependencies,
        tuple(_from_system(uses, bounds)) if uses else (),
    )


def _from_system(uses: list[Any], bounds: list[Any]) -> Iterator[SystemDependency]:
    for use, bound in zip(uses, bounds, strict=True):
        if type(bound) is not dict:
            raise _IrregularError
        since = _name(bound["since"]) if bound else None
        if type(use) is str:
            yield SystemDependency(_name(use), since)
        elif type(use) is dict and len(use) == 1:
            ((name, kind),) = use.items()
            if type(kind) is not str:
                raise _IrregularError
            _name(name)
            if kind not in NOT_AT_RUN_TIME:
                yield SystemDependency(name, since)
        else:
            raise _IrregularError


def _names(values: Any) -> tuple[str, ...]:  # noqa: ANN401
    if type(values) is not list:
        raise _IrregularError
    return tuple(map(_name, values)) if values else ()


def _name(value: Any) -> str:  # noqa: ANN401
    if type(value) is str and value and value.isprintable():
        return value
    raise _IrregularError
