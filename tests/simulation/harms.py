"""What becomes of a store that others may write to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from random import Random
from typing import Any

from adapters.ledger.layout import HASH_FILE
from tests.simulation.judge import Judge


def harm_bottle(judge: Judge, random: Random) -> None:
    """Change or remove an object that the ledger promises."""
    promises = judge.model.promises()
    if random.random() < 0.5:
        # Few look at those, and few would notice.
        promises = sorted(judge.model.superseded) or promises
    if promises:
        body = b"what nobody offered" if random.random() < 0.6 else None
        judge.harm(random.choice(promises), body)


def harm_hash_file(judge: Judge, random: Random) -> None:
    """Remove, damage or replace the hash file."""
    if judge.published:
        seq = max(random.choices(sorted(judge.published), k=2))
        harm = random.choice(_HARMS)
        judge.harm(HASH_FILE, harm(judge.published[seq]))


def lie(judge: Judge, random: Random) -> None:
    """Put a hash file in place of which the log knows nothing.

    Nobody can tell whether it lies or the log was cut: all must stop.
    """
    if judge.published:
        seq = random.choice(sorted(judge.published))
        judge.harm(HASH_FILE, random.choice(_LIES)(judge.published[seq]))
        judge.lies = True


def heal(judge: Judge) -> None:
    """Remove what lies."""
    if judge.lies:
        judge.harm(HASH_FILE, None)


def _removed(_: bytes) -> None:
    return None


def _as_it_was(body: bytes) -> bytes:
    return body


def _cut_off(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _another_day(body: bytes) -> bytes:
    return body.replace(b'"download_date":"20', b'"download_date":"19')


def _of_another(body: bytes) -> bytes:
    nobody = "00000000-0000-4000-8000-000000000000"
    return _changed(body, id=nobody, sha256="cd" * 32)


def _ahead(body: bytes) -> bytes:
    return _changed(body, seq=1_000_000)


def _of_another_history(body: bytes) -> bytes:
    return _changed(body, sha256="ab" * 32)


def _changed(body: bytes, **position: object) -> bytes:
    said: dict[str, Any] = json.loads(body)
    del said["sum"]
    said["ledger"] = {**said["ledger"], **position}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    summed = text.removesuffix("}").encode()
    return b'%s,"sum":"%s"}\n' % (summed, hashlib.sha256(summed).hexdigest().encode())


_HARMS: tuple[Callable[[bytes], bytes | None], ...] = (
    _removed,
    _as_it_was,
    _cut_off,
    _another_day,
    _another_day,
    _of_another,
)
_LIES: tuple[Callable[[bytes], bytes], ...] = (_ahead, _of_another_history)
