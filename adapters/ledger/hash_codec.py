"""The hash file as bytes, and back.

What the bytes are is written in ``docs/ledger-format.md``.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from marshmallow import ValidationError

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.hash_entries import (
    bottle_rows,
    held_of,
    superseded_of,
    superseded_rows,
)
from adapters.ledger.hash_schemas import HashFileSchema, StateSchema
from adapters.ledger.layout import HASH_FILE
from adapters.ledger.schemas import explained
from domain.bottle import Bottle, BottleKey, ObjectKey
from domain.catalog import Validators
from domain.errors import InvalidValueError
from domain.events import Position, StateDigest
from domain.ledger import Ledger, digest_of
from domain.records import CatalogSeen, ClosedRun, HashEntry, OpenRun, Superseded
from ports.errors import MalformedError

_SCHEMA: Final = HashFileSchema()
_STATE: Final = StateSchema()
_SUM: Final = re.compile(rb',"sum":"([0-9a-f]{64})"\}\n')
_SUM_LENGTH: Final = len(',"sum":""}\n') + 64


def encode_hash_file(ledger: Ledger) -> bytes:
    """Return the hash file of ``ledger``; equal ledgers have equal bytes."""
    content: dict[str, object] = {
        "bottles": bottle_rows(ledger.held),
        "ledger": {
            "id": ledger.id,
            "seq": ledger.position.seq,
            "sha256": ledger.position.sha256,
        },
        "state": {
            **_STATE.dump(
                {
                    "catalog": ledger.catalog,
                    "digest": ledger.state,
                    "last_complete": ledger.last_complete,
                    "last_run": ledger.last_run,
                    "runs": ledger.runs,
                    "settled": ledger.settled,
                }
            ),
            "superseded": superseded_rows(ledger.superseded),
        },
    }
    if ledger.at is not None:
        content["last_updated"] = wire.written_time(ledger.at)
    # The sum comes last, so that it can be that of every byte before it.
    summed = written(content).removesuffix("}").encode()
    return b'%s,"sum":"%s"}\n' % (summed, hashlib.sha256(summed).hexdigest().encode())


def decode_hash_file(body: bytes) -> Ledger:
    """Return the ledger that a hash file holds.

    Raises:
        MalformedError: It is not a hash file, or no more as it was written.
    """
    try:
        said = parsed(body.decode())
        ledger = ledger_of(said)
    except UnicodeDecodeError as error:
        raise _malformed(f"not UTF-8 ({error})") from error
    except NotJsonError as error:
        raise _malformed(str(error)) from error
    except ValidationError as error:
        raise _malformed(explained(error)) from error
    summed, tail = body[:-_SUM_LENGTH], body[-_SUM_LENGTH:]
    found = _SUM.fullmatch(tail)
    if found is None or found[1].decode() != hashlib.sha256(summed).hexdigest():
        raise _malformed("it is no more as it was written (sum differs)")
    return ledger


def ledger_of(said: object) -> Ledger:
    """Return the ledger that the content of a hash file is.

    Raises:
        ValidationError: It is not the content of a hash file.
    """
    if isinstance(said, dict) and isinstance(state := said.get("state"), dict):
        held = held_of(said.get("bottles"))
        superseded = superseded_of(state.get("superseded"))
        if held is not None and superseded is not None:
            short = {**said, "bottles": {}, "state": {**state, "superseded": {}}}
            return _ledger(_SCHEMA.load(short), held, superseded)
    return ledger_by_schema(said)


def ledger_by_schema(said: object) -> Ledger:
    """Return what ``ledger_of`` does, in the way that defines it."""
    loaded: dict[str, Any] = _SCHEMA.load(said)  # type: ignore[arg-type]
    return _ledger(
        loaded,
        {BottleKey(key): _entry(key, row) for key, row in loaded["bottles"].items()},
        {
            ObjectKey(object_key): Superseded(**row)
            for object_key, row in loaded["state"]["superseded"].items()
        },
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


def _ledger(
    loaded: dict[str, Any],
    held: dict[BottleKey, HashEntry],
    superseded: dict[ObjectKey, Superseded],
) -> Ledger:
    position, state = loaded["ledger"], loaded["state"]
    digest = StateDigest(**state["digest"])
    if digest != digest_of(held.values()):
        raise ValidationError({"state": {"digest": ["Is not that of the bottles."]}})
    catalog, last_run, last_complete = (
        state[name] for name in ("catalog", "last_run", "last_complete")
    )
    return Ledger(
        id=position["id"],
        position=Position(position["seq"], position["sha256"]),
        at=loaded["last_updated"],
        held=held,
        superseded=superseded,
        runs={run: OpenRun(**said) for run, said in state["runs"].items()},
        last_run=ClosedRun(**last_run) if last_run else None,
        last_complete=ClosedRun(**last_complete) if last_complete else None,
        catalog=_catalog(catalog) if catalog else None,
        settled=state["settled"],
        state=digest,
    )


def _catalog(said: dict[str, Any]) -> CatalogSeen:
    return CatalogSeen(**{**said, "validators": Validators(**said["validators"])})


def _malformed(detail: str) -> MalformedError:
    return MalformedError("Invalid hash file format", f"{HASH_FILE}: {detail}")
