"""What the ledger's schemas are made of: forms that admit one spelling each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from marshmallow import Schema, ValidationError, fields, missing
from marshmallow.validate import OneOf, Range, Regexp

_T = TypeVar("_T")

SHA256 = re.compile(r"[0-9a-f]{64}\Z")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def written_time(at: datetime) -> str:
    """Return ``at`` as the wire has it: ``2026-11-22T04:11:00Z``."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='seconds')}Z"


def read_time(text: str) -> datetime:
    """Return the time that ``text`` is on the wire.

    Raises:
        ValueError: It is none, or spelt in another way than it is written.
    """
    at = datetime.fromisoformat(text)
    # Of another offset it could be a time that is out of Python's range in UTC.
    if at.tzinfo != UTC or written_time(at) != text:
        raise ValueError(text)
    return at


def written_sum(number: int) -> str:
    """Return a number below 2**256 as the wire has it: 64 hex digits."""
    return f"{number:064x}"


class Flag(fields.Boolean):
    """``true`` or ``false``, and none of the words that could mean them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:  # noqa: ANN401
        if isinstance(value, bool):
            return value
        raise self.make_error("invalid", input=value)


class Spelt(fields.Field[_T], Generic[_T]):
    """A value that is a string on the wire, spelt in exactly one way."""

    def __init__(
        self,
        wanted: str,
        read: Callable[[str], _T],
        write: Callable[[_T], str],
        *,
        attribute: str | None = None,
        required: bool = True,
    ) -> None:
        super().__init__(
            required=required,
            attribute=attribute,
            load_default=missing if required else None,
            allow_none=False,
            error_messages={"spelling": f"Not {wanted}."},
        )
        self._read = read
        self._write = write

    def _serialize(self, value: _T | None, *_: Any, **__: Any) -> str | None:  # noqa: ANN401
        return None if value is None else self._write(value)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> _T:  # noqa: ANN401
        if isinstance(value, str):
            try:
                meaning = self._read(value)
            except ValueError:
                pass
            else:
                # Python reads more spellings than one, and more in each version.
                if self._write(meaning) == value:
                    return meaning
        raise self.make_error("spelling")


def day() -> Spelt[date]:
    """Return a field for ``2026-11-22``."""
    return Spelt("a date like 2026-11-22", date.fromisoformat, date.isoformat)


def moment(attribute: str | None = None, *, required: bool = True) -> Spelt[datetime]:
    """Return a field for ``2026-11-22T04:11:00Z``."""
    return Spelt(
        "a time like 2026-11-22T04:11:00Z",
        read_time,
        written_time,
        attribute=attribute,
        required=required,
    )


def state_sum() -> Spelt[int]:
    """Return a field for the sum of a state digest."""
    return Spelt("64 lower-case hex digits", lambda text: int(text, 16), written_sum)


def count(
    attribute: str | None = None, *, least: int = 0, required: bool = True
) -> fields.Integer:
    """Return a field for an integer, which ``true``, ``1.0`` and ``"1"`` are not."""
    return fields.Integer(
        strict=True,
        required=required,
        load_default=missing if required else None,
        allow_none=False,
        attribute=attribute,
        validate=Range(min=least),
    )


def text(attribute: str | None = None, *, required: bool = True) -> fields.String:
    """Return a field for a string, which may be left out if it is not required."""
    return fields.String(
        required=required,
        load_default=missing if required else None,
        allow_none=False,
        attribute=attribute,
    )


def object_key() -> fields.String:
    """Return a field for an object's key, which every store could write."""
    return fields.String(required=True, validate=_check_is_utf8)


def one_of(
    words: Iterable[str], attribute: str | None = None, *, required: bool = True
) -> fields.String:
    """Return a field for one of ``words``."""
    return fields.String(
        required=required,
        load_default=missing if required else None,
        allow_none=False,
        attribute=attribute,
        validate=OneOf(tuple(words)),
    )


def sha256(attribute: str | None = None, *, required: bool = True) -> fields.String:
    """Return a field for a SHA-256, which may be left out if it is not required."""
    return fields.String(
        required=required,
        load_default=missing if required else None,
        allow_none=False,
        attribute=attribute,
        validate=Regexp(SHA256, error="Not 64 lower-case hex digits."),
    )


def flag() -> Flag:
    """Return a field for ``true`` or ``false``."""
    return Flag(required=True)


def nested(schema: type[Schema], *, required: bool = True) -> fields.Nested:
    """Return a field for an object, which may be left out if it is not required."""
    return fields.Nested(
        schema,
        required=required,
        load_default=missing if required else None,
        allow_none=False,
    )


def by_name(
    values: fields.Field[Any],
    names: fields.String | None = None,
    *,
    attribute: str | None = None,
    required: bool = True,
) -> fields.Dict:
    """Return a field for an object whose names are as various as its values."""
    return fields.Dict(
        keys=names or fields.String(),
        values=values,
        attribute=attribute,
        required=required,
        load_default=missing if required else dict,
    )


def uuid() -> fields.String:
    """Return a field for a UUID in its usual form, in lower case."""
    return fields.String(
        required=True, validate=Regexp(UUID, error="Not a UUID in lower case.")
    )


def _check_is_utf8(value: str) -> None:
    # JSON can escape half of a surrogate pair, and nothing else can hold it.
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValidationError("Not text that UTF-8 could hold.") from error
