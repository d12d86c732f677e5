"""``internal/packages.TAG``: what brew 6 and later read in place of the catalog.

It has neither lists of bottles nor addresses: for each formula it has the one bottle
that a client of the tag pours. What is blank or zero is left out, and what is a
symbol to brew begins with a colon. Source: Homebrew/brew
``dev-cmd/generate-internal-api.rb`` and ``api/formula_struct.rb`` (``serialize``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from adapters.homebrew.json_text import JsonText
from adapters.homebrew.schemas import LONGEST_REASON, LONGEST_TITLE, cut
from domain.bottle import Bottle, Digest, pkg_version_of
from domain.catalog import Skipped
from domain.errors import InvalidValueError
from domain.packages import Packages
from domain.tags import Tag

_SYMBOL: Final = ":"


def read_packages(payload: bytes, client: Tag, what: str) -> Packages:
    """Return what ``payload`` offers to a client of the tag ``client``.

    Args:
        payload: The document without its envelope, in UTF-8.
        client: The tag that the document was asked for.
        what: What it is called in an error.

    Raises:
        MalformedError: It is no such document, or another tag's, or has no bottle.
    """
    text = JsonText(payload, what)
    read = _Read(client)
    for section, name, value in _members(text):
        read.take(section, name, value)
    if read.of is not None and read.of != client:
        raise text.malformed(
            f"it is for clients of {cut(read.of, LONGEST_TITLE)}, not of {client}"
        )
    if not read.bottles:
        first = next((f", the first: {reason}" for reason in read.refused.values()), "")
        raise text.malformed(
            f"it offers no bottle: {len(read.refused):,} entries were refused{first}"
        )
    return Packages(
        tag=client,
        generated_at=read.generated_at,
        bottles=read.bottles,
        aliases={
            other: name for other, name in read.aliases.items() if other not in read.met
        },
        skipped=tuple(
            Skipped(_title(name), reason) for name, reason in read.refused.items()
        ),
    )


def _members(text: JsonText) -> Iterator[tuple[str, str, object]]:
    """Yield the members of each object in the outermost one, in their order.

    What else there is, the head of a tap, is passed over.
    """
    if not text.accept("{"):
        raise text.malformed(f"not a list of packages: it begins with {text.excerpt()}")
    for section in text.names():
        if text.accept("{"):
            for name in text.names():
                yield section, name, text.value()
        else:
            text.value()
    if not text.ended:
        raise text.malformed(f"something follows the packages: {text.excerpt()}")


@dataclass(slots=True)
class _Read:
    """What has been read of a document so far."""

    client: Tag
    of: str | None = None
    generated_at: datetime | None = None
    met: set[str] = field(default_factory=set)
    bottles: dict[str, Bottle] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def take(self, section: str, name: str, value: object) -> None:
        """Keep what a mirror needs of one member of a section."""
        match section, name, value:
            case "formulae", _, _:
                self._take_formula(name, value)
            case "formula_aliases", _, str(meant):
                self.aliases[name] = meant
            case "formula_renames", _, str(meant):
                # An alias wins over an old name, wherever it stands.
                self.aliases.setdefault(name, meant)
            case "metadata", "bottle_tag", str(tag):
                self.of = tag.removeprefix(_SYMBOL)
            case "metadata", "generated_at", int(seconds):
                self.generated_at = _moment(seconds)

    def _take_formula(self, name: str, entry: object) -> None:
        # Of a name that is there twice, the last one counts.
        self.met.add(name)
        self.bottles.pop(name, None)
        self.refused.pop(name, None)
        try:
            bottle = _bottle(name, entry, self.client)
        except InvalidValueError as error:
            self.refused[name] = cut(str(error), LONGEST_REASON)
        else:
            if bottle is not None:
                self.bottles[name] = bottle


def _bottle(name: str, entry: object, client: Tag) -> Bottle | None:
    """Return the bottle of an entry, None when it has none.

    Raises:
        InvalidValueError: It is no entry, or what it says makes no bottle.
    """
    if not isinstance(entry, dict):
        raise InvalidValueError("entry", type(entry).__name__, "a JSON object")
    digest = entry.get("bottle_checksum")
    if digest is None:
        return None
    version = _text(entry, "stable_version")
    revision = _number(entry, "revision")
    if revision < 0:
        raise InvalidValueError(f"revision of {name}", revision, "0 or more")
    tag = _text({"bottle_tag": client, **entry}, "bottle_tag")
    return Bottle(
        name,
        pkg_version_of(version, revision),
        _number(entry, "bottle_rebuild"),
        Tag(tag.removeprefix(_SYMBOL)),
        Digest(_text(entry, "bottle_checksum")),
    )


def _text(entry: Mapping[str, object], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str):
        raise InvalidValueError(name, value, "text")
    return value


def _number(entry: Mapping[str, object], name: str) -> int:
    value = entry.get(name, 0)
    # True is an integer to Python.
    if type(value) is not int:
        raise InvalidValueError(name, value, "an integer")
    return value


def _moment(seconds: int) -> datetime | None:
    """Return a time in Unix seconds as one; None where no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _title(name: str) -> str:
    return cut(name, LONGEST_TITLE) if name else "an entry without a name"
