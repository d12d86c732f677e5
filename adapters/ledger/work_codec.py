"""The work of a plan as bytes, and back.

What the bytes are is written in ``docs/ledger-format.md``.
"""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

from marshmallow import ValidationError, fields
from marshmallow.validate import Equal

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import (
    NotJsonError,
    gathered,
    list_pieces,
    parsed,
    written,
)
from adapters.ledger.schemas import Written, explained
from domain.bottle import Bottle
from domain.errors import InvalidValueError
from domain.work import Load, Work
from ports.errors import MalformedError

FORMAT: Final = 1
"""The version of the written form of work."""


class LoadedBottleSchema(Written):
    """A bottle of a load, which gives it its digest."""

    name = wire.text()
    pkg_version = wire.text()
    rebuild = wire.count()
    tag = wire.text()


class LoadSchema(Written):
    """The bytes of one digest, and every bottle that they are."""

    bottles = fields.List(wire.nested(LoadedBottleSchema), required=True)
    estimate = wire.count(required=False)
    sha256 = wire.sha256()
    size = wire.count(required=False)
    source = wire.text(required=False)


class WorkSchema(Written):
    """The work of a plan."""

    # A schema has a method called loads.
    work = fields.List(wire.nested(LoadSchema), required=True, data_key="loads")
    superseded = fields.List(fields.Tuple((wire.text(), wire.sha256())), required=True)
    v = fields.Integer(strict=True, required=True, validate=Equal(FORMAT))


_SCHEMA: Final = WorkSchema()


def encode_work(work: Work) -> bytes:
    """Return the bytes of ``work``; equal work has equal bytes."""
    superseded = written(work.superseded)
    return gathered(
        chain(
            (b'{"loads":',),
            list_pieces(map(_said, work.loads)),
            (f',"superseded":{superseded},"v":{FORMAT}}}\n'.encode(),),
        )
    )


def decode_work(name: str, body: bytes) -> Work:
    """Return the work that ``body``, the document ``name``, is.

    Raises:
        MalformedError: It is no plan's work, or of a newer version.
    """
    try:
        said = parsed(body.decode())
    except (UnicodeDecodeError, NotJsonError) as error:
        raise MalformedError(name, str(error)) from error
    version = said.get("v") if isinstance(said, dict) else None
    if type(version) is int and version > FORMAT:
        raise MalformedError(
            name,
            f"version {version} was made by a newer version of this program: update it",
        )
    try:
        loaded = _SCHEMA.load(said)  # type: ignore[arg-type]
        return Work(
            loads=tuple(_load(load) for load in loaded["work"]),
            superseded=tuple(loaded["superseded"]),
        )
    except ValidationError as error:
        raise MalformedError(name, explained(error)) from error
    except InvalidValueError as error:
        raise MalformedError(name, str(error)) from error


def _said(load: Load) -> dict[str, object]:
    said: dict[str, object] = {
        "bottles": [
            {
                "name": bottle.name,
                "pkg_version": bottle.pkg_version,
                "rebuild": bottle.rebuild,
                "tag": bottle.tag,
            }
            for bottle in load.bottles
        ],
        "sha256": load.digest,
    }
    if load.estimate is not None:
        said["estimate"] = load.estimate
    if load.size is not None:
        said["size"] = load.size
    if load.source is not None:
        said["source"] = load.source
    return said


def _load(said: dict[str, Any]) -> Load:
    digest = said["sha256"]
    bottles = tuple(Bottle(**parts, digest=digest) for parts in said["bottles"])
    return Load(digest, said["size"], bottles, said["source"], said["estimate"])
