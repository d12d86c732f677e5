"""What an export and each of its segments say of themselves, as JSON and back.

What the bytes are is written in ``docs/air-gap.md``.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, post_dump
from marshmallow.validate import Equal

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.schemas import explained
from domain.events import Position
from domain.export import Export, Segment
from ports.errors import DamagedExportError

FORMAT: Final = 1
"""The version of the written form of exports."""

_SUM: Final = re.compile(rb',"sum":"([0-9a-f]{64})"\}\n')
_SUM_LENGTH: Final = len(',"sum":""}\n') + 64


def segment_name(number: int) -> str:
    """Return what the file of a segment is called."""
    return f"SEGMENT-{number:04d}.tar"


class _Strict(Schema):
    class Meta:
        """Read by marshmallow."""

        unknown = RAISE

    @post_dump
    def leave_out_none(self, said: dict[str, Any], **_: object) -> dict[str, Any]:
        """Write nothing where there is nothing to say: the wire has no null."""
        return {name: value for name, value in said.items() if value is not None}


class PositionSchema(_Strict):
    """A head of the ledger."""

    seq = wire.count()
    sha256 = wire.sha256()


class SegmentSchema(_Strict):
    """A segment, as the export has it."""

    number = wire.count(least=1)
    pieces = wire.count()
    size = wire.count()
    sha256 = wire.sha256()


class ExportSchema(_Strict):
    """The content of ``export.json``, but for its sum."""

    begin = wire.nested(PositionSchema, required=False)
    bottles = wire.count()
    bytes = wire.count()
    commits = wire.count()
    created = wire.moment()
    format = fields.Integer(strict=True, required=True, validate=Equal(FORMAT))
    generations = fields.List(wire.count(least=1), required=True)
    hash_file = wire.sha256()
    head = wire.nested(PositionSchema)
    id = wire.sha256()
    ledger = wire.uuid()
    published = wire.count(least=1, required=False)
    segments = fields.List(wire.nested(SegmentSchema), required=True)
    since = wire.count(least=1, required=False)


_EXPORT: Final = ExportSchema()


def encode_export(export: Export) -> bytes:
    """Return the content of ``export.json``."""
    dumped: dict[str, Any] = _EXPORT.dump(_said_of(export))
    summed = written(dumped).removesuffix("}").encode()
    return b'%s,"sum":"%s"}\n' % (summed, hashlib.sha256(summed).hexdigest().encode())


def decode_export(what: str, body: bytes) -> Export:
    """Return the export that ``body`` describes.

    Raises:
        DamagedExportError: It describes none, or was changed since it was written.
    """
    summed, tail = body[:-_SUM_LENGTH], body[-_SUM_LENGTH:]
    found = _SUM.fullmatch(tail)
    if found is None or found[1].decode() != hashlib.sha256(summed).hexdigest():
        raise DamagedExportError(what, "it is no more as it was written (sum differs)")
    try:
        said = parsed(f"{summed.decode()}}}")
        if isinstance(said, dict) and said.get("format") != FORMAT:
            raise DamagedExportError(
                what, "it was made by a newer version of this program: update it"
            )
        loaded: dict[str, Any] = _EXPORT.load(said)  # type: ignore[arg-type]
    except (UnicodeDecodeError, NotJsonError) as error:
        raise DamagedExportError(what, str(error)) from error
    except ValidationError as error:
        raise DamagedExportError(what, explained(error)) from error
    return _export(loaded)


def segment_header(export: Export, number: int, of: int) -> bytes:
    """Return what a segment says of itself."""
    said = {
        "begin": export.begin.seq if export.begin else -1,
        "export": export.id,
        "format": FORMAT,
        "head": export.head.seq,
        "ledger": export.ledger,
        "number": number,
        "of": of,
    }
    return f"{written(said)}\n".encode()


def _said_of(export: Export) -> dict[str, Any]:
    return {
        name: getattr(export, name) for name in _EXPORT.fields if name != "format"
    } | {"format": FORMAT}


def _export(loaded: dict[str, Any]) -> Export:
    del loaded["format"]
    begin = loaded.pop("begin")
    return Export(
        begin=Position(**begin) if begin else None,
        head=Position(**loaded.pop("head")),
        generations=tuple(loaded.pop("generations")),
        segments=tuple(Segment(**segment) for segment in loaded.pop("segments")),
        **loaded,
    )
