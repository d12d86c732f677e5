"""Kinds of settings: what may stand there, and what it means.

A value comes as text, from the command line or the environment, or as TOML has it.
Both are read by one field, which accepts the same in either place. What a value
means is checked by the domain: no rule is written here that is written there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from marshmallow import ValidationError, fields

from domain.brewfile import Brewfile, parse_brewfile
from domain.cloud_config import CloudConfig
from domain.config import ExternalUrl, SyncConfig
from domain.errors import InvalidValueError
from domain.exposure_config import ExposureConfig, parse_share, parse_views
from domain.views import View

_T = TypeVar("_T")

_SHOWN = 80  # characters of a value in a message
_SEPARATORS = re.compile(r"[,\s]+")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_AMOUNT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([kMGT]?B)?", re.IGNORECASE)
_UNITS: Final = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SWITCH: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")
_PEM: Final = "-----BEGIN PUBLIC KEY-----"


def refused(value: object, wanted: str) -> ValidationError:
    """Return the error that ``value`` is not what was wanted."""
    shown = repr(value)
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}…"
    return ValidationError(f"{shown} is not {wanted}")


class Setting(fields.Field[_T], Generic[_T]):
    """A value that the domain has the last word on."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> _T:  # noqa: ANN401
        try:
            return self.read(value)
        except InvalidValueError as error:
            raise refused(error.value, error.wanted) from error

    def _serialize(self, value: _T | None, *_: Any, **__: Any) -> object:  # noqa: ANN401
        return None if value is None else self.write(value)

    def read(self, value: object) -> _T:
        """Return what ``value`` means.

        Raises:
            ValidationError, InvalidValueError: It cannot stand here.
        """
        raise NotImplementedError

    def write(self, value: _T) -> object:
        """Return what ``read`` reads as ``value``."""
        return value


class Owned(Setting[_T], Generic[_T]):
    """A value that a configuration has rules for, as a whole made of defaults."""

    def __init__(
        self,
        owner: Callable[..., SyncConfig | CloudConfig | ExposureConfig] = SyncConfig,
    ) -> None:
        super().__init__()
        self._owner = owner

    def settled(self, value: _T) -> _T:
        """Return what the configuration makes of ``value``.

        Raises:
            InvalidValueError: It cannot stand there.
        """
        name = str(self.name)
        made: _T = getattr(self._owner(**{name: value}), name)
        return made


class Text(Owned[str]):
    """Text that says something, checked by the domain where it has a rule."""

    def read(self, value: object) -> str:
        return self.settled(_text(value))


class Region(Setting[str]):
    """The name of an AWS region."""

    def read(self, value: object) -> str:
        text = _text(value)
        if not _REGION.fullmatch(text):
            raise refused(text, "the name of a region, as eu-central-1")
        return text


class Unshown(Setting[str]):
    """Text that is a secret, or that a secret may be mistaken for. No message shows it.

    Args:
        parse: The domain's parser of it.
    """

    def __init__(self, parse: Callable[[str], str]) -> None:
        super().__init__()
        self._parse = parse

    def read(self, value: object) -> str:
        try:
            return self._parse(value if isinstance(value, str) else "")
        except InvalidValueError as error:
            raise ValidationError(
                f"what is given (it is not shown) is not {error.wanted}"
            ) from error


class PublicKey(Setting[str]):
    """A public key in PEM, or the path of a file with one."""

    def read(self, value: object) -> str:
        text = _text(value)
        if "-----BEGIN" not in text:
            pem, named = _file(text, "a public key in PEM, nor a file with one"), text
        else:
            pem, named = text, "the text given"
        if _PEM not in pem:
            raise refused(named, f"a public key in PEM, which begins with {_PEM}")
        return pem


class Whole(Owned[int]):
    """A whole number within the domain's bounds."""

    def read(self, value: object) -> int:
        return self.settled(self.number(value))

    def number(self, value: object) -> int:
        """Return the number that ``value`` is.

        Raises:
            ValidationError: It is none.
        """
        # Not isinstance: that would take true for 1.
        if type(value) is int:
            return value
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            return int(value)
        raise refused(value, "a whole number")


class Bytes(Whole):
    """Bytes as a whole number, or with a decimal unit: ``500MB``, ``1.5 GB``."""

    def number(self, value: object) -> int:
        if type(value) is int:
            return value
        amount = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
        if amount is None:
            raise refused(value, "a number of bytes, as 500MB or 2GB (1 GB = 10^9)")
        number = Decimal(amount[1]) * _UNITS[(amount[2] or "").upper()]
        if number != int(number):
            raise refused(value, "a whole number of bytes")
        return int(number)


class Switch(Setting[bool]):
    """Yes or no."""

    def read(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in _SWITCH:
            return _SWITCH[value.strip().lower()]
        raise refused(value, "true or false")


class Names(Setting[tuple[str, ...]]):
    """Names or globs: a list, or text with commas or spaces in between."""

    def read(self, value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            names = tuple(name for name in _SEPARATORS.split(value) if name)
            # Empty text is more likely an empty variable than "everything".
            if names:
                return names
        elif isinstance(value, list):
            return tuple(_text(name) for name in value)
        raise refused(value, "a list of names")

    def write(self, value: tuple[str, ...]) -> object:
        return list(value)


class Parsed(Setting[_T], Generic[_T]):
    """Text that the domain has a parser for; a list is joined by commas."""

    def __init__(self, parse: Callable[[str], _T], *, listed: bool = False) -> None:
        super().__init__()
        self._parse = parse
        self._listed = listed

    def read(self, value: object) -> _T:
        if self._listed and isinstance(value, list):
            value = ",".join(_text(item) for item in value)
        return self._parse(_text(value))

    def write(self, value: _T) -> object:
        return str(value)


class Views(Setting[tuple[View, ...]]):
    """Views of the mirror, in a list or with commas; or none."""

    def read(self, value: object) -> tuple[View, ...]:
        if isinstance(value, list):
            value = ",".join(_text(item) for item in value)
        return parse_views(_text(value))

    def write(self, value: tuple[View, ...]) -> object:
        return ",".join(value) or "none"


class Share(Setting[int]):
    """A share in per cent, as ``10%``."""

    def read(self, value: object) -> int:
        return parse_share(_text(value))

    def write(self, value: int) -> object:
        return f"{value}%"


class Url(Setting[ExternalUrl]):
    """A URL of which a part may be a secret. No message shows that part."""

    def read(self, value: object) -> ExternalUrl:
        if not isinstance(value, str):
            raise ValidationError("what is given (it is not shown) is not a URL")
        return ExternalUrl(value)

    def write(self, value: ExternalUrl) -> object:
        return value.url


class BrewfilePath(Setting[Brewfile]):
    """The path of a Brewfile, which is read."""

    def read(self, value: object) -> Brewfile:
        path = _text(value)
        brewfile = parse_brewfile(_file(path, "a Brewfile that can be read"))
        if not brewfile.formulae:
            # Nothing named would mean everything, and that is much.
            raise refused(path, "a Brewfile with formulae: it names none")
        return brewfile


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip() and "\0" not in value:
        return value
    raise refused(value, "text that says something")


def _file(path: str, wanted: str) -> str:
    """Return what the file at ``path`` says."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise refused(path, f"{wanted} ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise refused(path, f"{wanted} (it is not text in UTF-8)") from error
