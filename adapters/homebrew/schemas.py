"""What an entry of Homebrew's catalog is: the part of it that a mirror reads.

These schemas are the definition, and they take their time; ``reader`` is the short
way that most entries go. Source: Homebrew/brew ``formula.rb`` (``to_hash``,
``to_hash_with_variations``) and ``dependable.rb``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from domain.bottle import Digest
from domain.catalog import Skipped
from domain.errors import InvalidValueError
from domain.formula import Formula, Needs, SystemDependency
from domain.tags import Tag

NEEDS_KEYS: Final = frozenset(
    {
        "dependencies",
        "recommended_dependencies",
        "uses_from_macos",
        "uses_from_macos_bounds",
    }
)
"""The fields that say what a formula needs: those that a variation may override."""

NOT_AT_RUN_TIME: Final = frozenset({"build", "test", "optional"})
"""Types of a dependency that a poured bottle runs without."""

LONGEST_TITLE: Final = 80  # characters
LONGEST_REASON: Final = 240  # characters


class _Name(fields.String):
    """A name that can be shown, written and compared; it need not exist."""

    default_error_messages = {"unprintable": "Not a printable name."}  # noqa: RUF012

    def _deserialize(self, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401
        name = super()._deserialize(*args, **kwargs)
        # Control characters would reach a terminal, and half of a surrogate pair,
        # which JSON can spell, no file at all.
        if not (name and name.isprintable()):
            raise self.make_error("unprintable")
        return name


class _SystemUse(fields.Field[Any]):
    """A name, or ``{NAME: type}`` or ``{NAME: [type, …]}``: how macOS is used.

    Loads as the name and whether it is used at run time.
    """

    default_error_messages = {  # noqa: RUF012
        "invalid": "Neither a name nor one name with its types."
    }

    _name = _Name()

    def _deserialize(self, value: object, *_: Any, **__: Any) -> tuple[str, bool]:  # noqa: ANN401
        match value:
            case str():
                return self._named(value), True
            case dict() if len(value) == 1:
                ((name, types),) = value.items()
                listed = types if isinstance(types, list) else [types]
                if all(isinstance(item, str) for item in listed):
                    return self._named(name), NOT_AT_RUN_TIME.isdisjoint(listed)
        raise self.make_error("invalid")

    def _named(self, value: object) -> str:
        name: str = self._name.deserialize(value)
        return name


class _Part(Schema):
    """A part of an entry: the fields that nobody here reads may be anything."""

    class Meta:
        unknown = EXCLUDE


class _Versions(_Part):
    stable = fields.String(required=True, allow_none=True)


class _File(_Part):
    sha256 = fields.String(required=True)


class _Stable(_Part):
    rebuild = fields.Integer(required=True, strict=True)
    files = fields.Dict(fields.String(), fields.Nested(_File), required=True)


class _Bottle(_Part):
    stable = fields.Nested(_Stable, allow_none=True)


class _Bound(_Part):
    since = _Name(allow_none=True)


class _Needs(_Part):
    dependencies = fields.List(_Name(), allow_none=True)
    recommended_dependencies = fields.List(_Name(), allow_none=True)
    uses_from_macos = fields.List(_SystemUse(), allow_none=True)
    uses_from_macos_bounds = fields.List(fields.Nested(_Bound), allow_none=True)


class _Entry(_Needs):
    name = fields.String(required=True)
    versions = fields.Nested(_Versions, required=True)
    revision = fields.Integer(required=True, strict=True)
    bottle = fields.Nested(_Bottle, required=True)
    aliases = fields.List(_Name(), allow_none=True)
    oldnames = fields.List(_Name(), allow_none=True)
    # The one old name that dumps of before 2023 have.
    oldname = _Name(allow_none=True)
    variations = fields.Dict(
        fields.String(), fields.Nested(_Needs, allow_none=False), allow_none=True
    )


_ENTRY = _Entry()


def load_entry(entry: object, position: int) -> Formula | Skipped:
    """Return the formula that ``entry`` describes, or why it describes none.

    Args:
        entry: Any value that JSON can have.
        position: Its place in the catalog, which names it when nothing else does.
    """
    if not isinstance(entry, dict):
        return Skipped(f"entry {position}", "Not a JSON object.")
    try:
        return _formula(_ENTRY.load(entry))
    except ValidationError as error:
        reason = "; ".join(_complaints(error.messages))
    except InvalidValueError as error:
        reason = str(error)
    return Skipped(_title(entry, position), cut(reason, LONGEST_REASON))


def dump_entry(formula: Formula) -> dict[str, Any]:
    """Return the entry of the API that describes ``formula``."""
    files = {tag: {"sha256": digest} for tag, digest in formula.digests.items()}
    stable = {"rebuild": formula.rebuild, "files": files}
    entry: dict[str, Any] = _ENTRY.dump(
        {
            "name": formula.name,
            "versions": {"stable": formula.version},
            "revision": formula.revision,
            "bottle": {"stable": stable} if files or formula.rebuild else {},
            "aliases": formula.aliases,
            "oldnames": formula.oldnames,
            **_dumped(formula.needs),
            "variations": {
                tag: _dumped(needs) for tag, needs in formula.variations.items()
            },
        }
    )
    return entry


def _dumped(needs: Needs) -> Mapping[str, Sequence[object]]:
    return {
        "dependencies": needs.dependencies,
        "recommended_dependencies": (),
        "uses_from_macos": [item.name for item in needs.from_system],
        "uses_from_macos_bounds": [
            {} if item.since is None else {"since": item.since}
            for item in needs.from_system
        ],
    }


def _formula(entry: dict[str, Any]) -> Formula:
    stable = entry["bottle"].get("stable") or {"rebuild": 0, "files": {}}
    oldnames, oldname = tuple(entry.get("oldnames") or ()), entry.get("oldname")
    if oldname is not None and oldname not in oldnames:
        oldnames = (*oldnames, oldname)
    return Formula(
        name=entry["name"],
        version=entry["versions"]["stable"],
        revision=entry["revision"],
        rebuild=stable["rebuild"],
        digests={
            Tag(tag): Digest(file["sha256"]) for tag, file in stable["files"].items()
        },
        aliases=tuple(entry.get("aliases") or ()),
        oldnames=oldnames,
        needs=_needs(entry),
        variations={
            Tag(tag): _needs({**entry, **override})
            for tag, override in (entry.get("variations") or {}).items()
            # The schema leaves nothing in it but what overrides a need.
            if override
        },
    )


def _needs(entry: Mapping[str, Any]) -> Needs:
    uses = entry.get("uses_from_macos") or ()
    bounds = entry.get("uses_from_macos_bounds")
    if bounds is None:
        # Dumps of before Homebrew 4 have no bounds.
        bounds = ({},) * len(uses)
    elif len(bounds) != len(uses):
        raise InvalidValueError(
            "number of uses_from_macos_bounds",
            len(bounds),
            f"{len(uses)}, one for each of uses_from_macos",
        )
    return Needs(
        dependencies=(
            *(entry.get("dependencies") or ()),
            *(entry.get("recommended_dependencies") or ()),
        ),
        from_system=tuple(
            SystemDependency(name, bound.get("since"))
            for (name, at_run_time), bound in zip(uses, bounds, strict=True)
            if at_run_time
        ),
    )


def _complaints(messages: Any, path: tuple[str, ...] = ()) -> Iterator[str]:  # noqa: ANN401
    """Yield a sentence for each mistake: where it is, and what marshmallow says."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            # marshmallow's own names for the whole, and for the halves of an item.
            step = () if key in {"_schema", "key", "value"} else (cut(str(key), 80),)
            yield from _complaints(inner, (*path, *step))
    else:
        yield f"{'.'.join(path)}: {' '.join(messages)}"


def _title(entry: Mapping[str, object], position: int) -> str:
    name = entry.get("name")
    if isinstance(name, str) and name and name.isprintable():
        return cut(name, LONGEST_TITLE)
    return f"entry {position}"


def cut(text: str, longest: int) -> str:
    """Return ``text`` made fit to be shown: printable, and with a middle not too long.

    The end stays, for that is where a reason says what would have been right.
    """
    shown = text if text.isprintable() else repr(text)
    if len(shown) <= longest:
        return shown
    half = longest // 2
    return f"{shown[:half]}…{shown[-half + 1 :]}"
