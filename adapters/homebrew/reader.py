"""The catalog's text, read entry by entry: the hot path.

The whole tree of the text is never in memory. What an entry is, is said in
``schemas``; here is the short way for the regular ones, which are nearly all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.homebrew.json_text import JsonText
from adapters.homebrew.schemas import NEEDS_KEYS, NOT_AT_RUN_TIME, load_entry
from domain.catalog import Skipped
from domain.errors import InvalidValueError
from domain.formula import Formula, Needs, SystemDependency
from domain.tags import Tag


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
