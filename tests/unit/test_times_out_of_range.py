"""Times and numbers that are written in the right form, and that Python cannot hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from adapters.archive.manifest import decode_export, encode_export
from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.hash_codec import decode_hash_file
from adapters.ledger.identity import decode_identity
from domain.errors import LedgerDamagedError
from domain.events import GENESIS
from ports.errors import DamagedExportError, MalformedError, NotOurStoreError
from tests.support.log_writing import commit_after
from tests.unit.test_export import EXPORT

GOLDEN = Path(__file__).parents[1] / "golden"
TIMES = [
    "9999-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00",
]
Change = Callable[[dict[str, Any]], None]


def sealed(body: bytes, change: Change) -> bytes:
    """Return a file that says something else, with its sum put right."""
    said = json.loads(body)
    del said["sum"]
    change(said)
    summed = json.dumps(said, sort_keys=True, separators=(",", ":"))[:-1].encode()
    return b'%s,"sum":"%s"}\n' % (summed, sha256(summed).hexdigest().encode())


@pytest.mark.parametrize("time", TIMES)
def test_in_a_commit_are_damage(time: str) -> None:
    body = encode_commit(commit_after(GENESIS))
    with pytest.raises(LedgerDamagedError, match="at: Not a time like"):
        decode_commit(body.replace(b"2026-11-22T04:11:00Z", time.encode()), 0)


@pytest.mark.parametrize("time", TIMES)
def test_in_the_identity_are_damage(time: str) -> None:
    body = (GOLDEN / "ledger/v1/ledger.json").read_bytes()
    with pytest.raises(NotOurStoreError, match="created: Not a time like"):
        decode_identity(body.replace(b"2026-11-22T04:11:00Z", time.encode()))


@pytest.mark.parametrize("time", TIMES)
def test_in_the_hash_file_are_damage(time: str) -> None:
    def change(said: dict[str, Any]) -> None:
        said["last_updated"] = time

    body = sealed((GOLDEN / "bottles_hash.json").read_bytes(), change)
    with pytest.raises(MalformedError, match="last_updated: Not a time like"):
        decode_hash_file(body)


@pytest.mark.parametrize("time", TIMES)
def test_in_an_export_are_damage(time: str) -> None:
    def change(said: dict[str, Any]) -> None:
        said["created"] = time

    body = sealed(encode_export(EXPORT), change)
    with pytest.raises(DamagedExportError, match="created: Not a time like"):
        decode_export("export.json", body)


def test_a_shard_of_five_thousand_digits_is_damage_of_the_hash_file() -> None:
    def change(said: dict[str, Any]) -> None:
        (run,) = (run for run in said["state"]["runs"].values() if "sharing" in run)
        shards = run["sharing"]["shards"]
        shards["1" * 5_000] = shards.pop("0")

    body = sealed((GOLDEN / "bottles_hash.json").read_bytes(), change)
    with pytest.raises(MalformedError, match="is no shard"):
        decode_hash_file(body)
