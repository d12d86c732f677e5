"""The hash file as bytes, and back.

What the bytes are is written in ``docs/ledger-format.md``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any, Final

from marshmallow import ValidationError

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import NotJsonError, object_pieces, parsed, written
from adapters.ledger.hash_entries import parted
from adapters.ledger.hash_schemas import HASH_FORMAT, HashFileSchema
from adapters.ledger.hash_state import state_rows
from adapters.ledger.layout import HASH_FILE
from adapters.ledger.plain_state import State, plain_state
from adapters.ledger.plain_tables import Tables, plain_tables
from adapters.ledger.schemas import explained
from adapters.ledger.table_writing import bottle_table, superseded_table
from domain.bottle import Bottle, BottleKey, ObjectKey
from domain.catalog import Validators
from domain.errors import InvalidValueError
from domain.events import Position
from domain.generations import Generation, KeptIndex, ReleaseKey
from domain.ledger import Ledger
from domain.records import (
    Account,
    CatalogSeen,
    ClosedRun,
    Elsewhere,
    HashEntry,
    ImportSeen,
    OpenRun,
    RememberedRun,
    Repair,
    ShardState,
    Sharing,
    Superseded,
)
from domain.state_digest import StateDigest
from ports.errors import MalformedError


class NewerHashFileError(MalformedError):
    """A hash file with more in its state than this version knows how to go on from."""


_SCHEMA: Final = HashFileSchema()
_SUM: Final = re.compile(rb',"sum":"([0-9a-f]{64})"\}\n')
_SUM_LENGTH: Final = len(',"sum":""}\n') + 64


def encode_hash_file(ledger: Ledger) -> bytes:
    """Return the hash file of ``ledger``; equal ledgers have equal bytes.

    Raises:
        InvalidValueError: What it holds is not what its state digest says, and would be
            believed by whoever reads it.
    """
    bottles, digest = bottle_table(ledger)
    if ledger.state != digest:
        raise InvalidValueError(
            "hash file", ledger.state, "the state digest of the bottles that are held"
        )
    state = {name: _written(value) for name, value in state_rows(ledger).items()}
    state["superseded"] = superseded_table(ledger.superseded)
    position = ledger.position
    content = {
        "bottles": bottles,
        "ledger": _written(
            {"id": ledger.id, "seq": position.seq, "sha256": position.sha256}
        ),
        "state": _object(state),
    }
    if ledger.at is not None:
        content["last_updated"] = _written(wire.written_time(ledger.at))
    # The sum comes last, so that it can be that of every byte before it.
    text, summed = BytesIO(), hashlib.sha256()
    for piece in _fields(content):
        summed.update(piece)
        text.write(piece)
    text.write(b',"sum":"%s"}\n' % summed.hexdigest().encode())
    return text.getvalue()


def _written(value: object) -> Iterator[bytes]:
    if isinstance(value, dict):
        # Indexes that are in no generation's list may be thousands.
        yield from object_pieces(sorted(value.items()))
    else:
        yield written(value).encode()


def _object(fields: Mapping[str, Iterator[bytes]]) -> Iterator[bytes]:
    """Yield an object of JSON piece by piece, by what its fields are written as."""
    yield from _fields(fields)
    yield b"}"


def _fields(fields: Mapping[str, Iterator[bytes]]) -> Iterator[bytes]:
    """Yield an object that is not closed yet."""
    for number, name in enumerate(sorted(fields)):
        yield b'%s"%s":' % (b"," if number else b"{", name.encode())
        yield from fields[name]


def decode_hash_file(body: bytes) -> Ledger:
    """Return the ledger that a hash file holds.

    Raises:
        NewerHashFileError: It is of a newer format.
        MalformedError: It is not a hash file, or no more as it was written.
    """
    try:
        ledger = ledger_of(body)
    except UnicodeDecodeError as error:
        raise _malformed(f"not UTF-8 ({error})") from error
    except NotJsonError as error:
        raise _malformed(str(error)) from error
    except ValidationError as error:
        raise _malformed(explained(error)) from error
    summed, tail = memoryview(body)[:-_SUM_LENGTH], body[-_SUM_LENGTH:]
    found = _SUM.fullmatch(tail)
    if found is None or found[1].decode() != hashlib.sha256(summed).hexdigest():
        raise _malformed("it is no more as it was written (sum differs)")
    return ledger


def ledger_of(body: bytes) -> Ledger:
    """Return the ledger that a hash file holds, whatever its sum is.

    Raises:
        NewerHashFileError: It is of a newer format.
        ValidationError: It is not the content of a hash file.
        NotJsonError: It is not even JSON.
        UnicodeDecodeError: It is not even text.
    """
    plain = plain_tables(body)
    if plain is None:
        return ledger_by_schema(parsed(body.decode()))
    tables, rest = plain
    return _ledger(plain_state(rest) or _state_by_schema(rest), tables)


def ledger_by_schema(said: object) -> Ledger:
    """Return what ``ledger_of`` does, in the way that defines it.

    Raises:
        NewerHashFileError: It is of a newer format.
        ValidationError: It is not the content of a hash file.
    """
    _check_format(said)
    whole = parted(said) if isinstance(said, dict) else said
    loaded: dict[str, Any] = _SCHEMA.load(whole)  # type: ignore[arg-type]
    held = {BottleKey(key): _entry(key, row) for key, row in loaded["bottles"].items()}
    tables = Tables(
        held=held,
        bytes=sum([entry.size for entry in held.values()]),
        elsewhere={
            BottleKey(key): Elsewhere(**row) for key, row in loaded["elsewhere"].items()
        },
        superseded={
            ObjectKey(object_key): Superseded(**row)
            for object_key, row in loaded["state"]["superseded"].items()
        },
    )
    return _ledger(_state(loaded), tables)


def _state_by_schema(rest: bytes) -> State:
    said: Any = parsed(rest.decode())
    _check_format(said)
    said["state"]["superseded"] = {}
    return _state(_SCHEMA.load({**said, "bottles": {}, "elsewhere": {}}))


def _check_format(said: object) -> None:
    version = said.get("format") if isinstance(said, dict) else None
    if type(version) is int and version > HASH_FORMAT:
        raise NewerHashFileError(
            "Invalid hash file format",
            f"{HASH_FILE}: format {version} was made by a newer version of this"
            " program: update it",
        )


def _entry(key: str, row: dict[str, Any]) -> HashEntry:
    size, object_key = row.pop("file_size"), row.pop("object_key")
    day = row.pop("download_date")
    digest = row.pop("sha256")
    try:
        bottle = Bottle(digest=digest, **row)
    except InvalidValueError as error:
        raise ValidationError({"bottles": {key: [str(error)]}}) from error
    if bottle.key != key:
        raise ValidationError(
            {"bottles": {key: [f"Is made of the parts of {bottle.key}."]}}
        )
    return HashEntry(bottle, size, object_key, day)


def _state(loaded: dict[str, Any]) -> State:
    position, state = loaded["ledger"], loaded["state"]
    catalog, last_complete = state["catalog"], state["last_complete"]
    return State(
        ledger=position["id"],
        position=Position(position["seq"], position["sha256"]),
        at=loaded["last_updated"],
        catalog=_catalog(catalog) if catalog else None,
        digest=StateDigest(**state["digest"]),
        ended={run.closed.run: run for run in map(_remembered, state["ended"])},
        generations={
            said["number"]: Generation(**said) for said in state["generations"]
        },
        imports={
            source: ImportSeen(**seen) for source, seen in state["imports"].items()
        },
        indexes={
            ReleaseKey(release): KeptIndex(**said)
            for release, said in state["indexes"].items()
        },
        last_complete=ClosedRun(**last_complete) if last_complete else None,
        published=state["published"],
        reconciled=state["reconciled"],
        repairs=tuple(Repair(**repair) for repair in state["repairs"]),
        runs={run: _open(said) for run, said in state["runs"].items()},
        settled=state["settled"],
        shown=state["shown"],
        undeclared=tuple(Repair(**gap) for gap in state["undeclared"]),
    )


def _ledger(said: State, tables: Tables) -> Ledger:
    digest = said.digest
    # The sum of the digest was checked when it was written, and the file's own sum says
    # that all is as it was then. To hash every entry anew would take a fifth of the
    # time of reading, with which every command begins.
    if (digest.bottles, digest.bytes) != (len(tables.held), tables.bytes):
        raise ValidationError({"state": {"digest": ["Is not that of the bottles."]}})
    return Ledger(
        id=said.ledger,
        position=said.position,
        at=said.at,
        held=tables.held,
        superseded=tables.superseded,
        elsewhere=tables.elsewhere,
        imports=said.imports,
        runs=said.runs,
        ended=said.ended,
        last_complete=said.last_complete,
        catalog=said.catalog,
        settled=said.settled,
        repairs=said.repairs,
        undeclared=said.undeclared,
        reconciled=said.reconciled,
        indexes=said.indexes,
        generations=said.generations,
        published=said.published,
        shown=said.shown,
        state=digest,
    )


def _open(said: dict[str, Any]) -> OpenRun:
    sharing = said.pop("sharing")
    if sharing is None:
        return OpenRun(**said)
    shards = {
        _shard(number): ShardState(**state)
        for number, state in sharing.pop("shards").items()
    }
    return OpenRun(**said, sharing=Sharing(**sharing, shards=shards))


def _shard(text: str) -> int:
    # Written as JSON has the names of fields, and in one way only.
    with suppress(ValueError):  # of more digits than Python reads
        if text.isascii() and text.isdecimal() and str(int(text)) == text:
            return int(text)
    raise ValidationError({"state": {"runs": [f"{text[:40]} is no shard."]}})


def _remembered(said: dict[str, Any]) -> RememberedRun:
    account = said["account"]
    return RememberedRun(
        ClosedRun(**said["closed"]),
        said["writers"],
        Account(**account) if account else None,
    )


def _catalog(said: dict[str, Any]) -> CatalogSeen:
    return CatalogSeen(**{**said, "validators": Validators(**said["validators"])})


def _malformed(detail: str) -> MalformedError:
    return MalformedError("Invalid hash file format", f"{HASH_FILE}: {detail}")
