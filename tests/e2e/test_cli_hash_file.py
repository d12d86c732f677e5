"""The hash file under the hands of others: a sync says what it found, and heals it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.standin.server import Upstream
from tests.support.command import Bottles

HASH_FILE = Path("mirror/bottles_hash.json")
SONOMA = ("--tag", "arm64_sonoma")


@pytest.fixture(autouse=True)
def older(bottles: Bottles, upstream: Upstream) -> bytes:
    """Sync two formulae, one after the other; return the hash file in between."""
    assert upstream.formulae
    bottles.json("sync", "ledger", *SONOMA)
    older = HASH_FILE.read_bytes()
    bottles.json("sync", "gauge", *SONOMA)
    return older


def overwrite(body: bytes) -> None:
    HASH_FILE.unlink()
    HASH_FILE.write_bytes(body)


def cut_short() -> None:
    overwrite(HASH_FILE.read_bytes()[:-40])


def flip_a_bit() -> None:
    body = bytearray(HASH_FILE.read_bytes())
    body[len(body) // 2] ^= 1
    overwrite(bytes(body))


def lose_all_but_the_bottles() -> None:
    said = json.loads(HASH_FILE.read_bytes())
    overwrite(json.dumps({"bottles": said["bottles"]}).encode())


def synced(bottles: Bottles) -> str:
    """Sync with nothing to do, and return what it said of the hash file."""
    ended = bottles("sync", "ledger", "gauge", *SONOMA)
    assert ended.status == 0
    healed = HASH_FILE.read_bytes()
    HASH_FILE.unlink()
    assert bottles("ledger", "replay").status == 0
    assert HASH_FILE.read_bytes() == healed, "it is what the log gives, to the byte"
    assert bottles("ledger", "check", "--read").status == 0
    return ended.err


@pytest.mark.parametrize(
    "damage",
    [
        cut_short,
        flip_a_bit,
        lose_all_but_the_bottles,
        lambda: overwrite(b""),
        lambda: overwrite(b"not JSON"),
    ],
    ids=["cut short", "bit flipped", "of the first format", "empty", "not JSON"],
)
def test_a_damaged_one_is_told_of_and_healed(
    bottles: Bottles, damage: Callable[[], None]
) -> None:
    damage()

    told = synced(bottles)

    assert "Invalid hash file format: bottles_hash.json: " in told
    assert "it is rebuilt from the log" in told


def test_a_missing_one_is_made_anew(bottles: Bottles) -> None:
    HASH_FILE.unlink()

    assert "Invalid hash file" not in synced(bottles)


def test_an_older_one_is_read_on_from(bottles: Bottles, older: bytes) -> None:
    overwrite(older)

    assert "Invalid hash file" not in synced(bottles)


def test_one_of_another_ledger_is_told_of_and_replaced(bottles: Bottles) -> None:
    bottles.json("sync", "ledger", *SONOMA, "--store", "other")
    overwrite(Path("other/bottles_hash.json").read_bytes())

    told = synced(bottles)

    assert "Invalid hash file format: bottles_hash.json: it is of ledger " in told


def test_a_missing_one_comes_back_to_the_byte_by_one_command(bottles: Bottles) -> None:
    whole = HASH_FILE.read_bytes()
    for damage in (HASH_FILE.unlink, cut_short, flip_a_bit):
        damage()
        assert bottles("ledger", "replay").status == 0
        assert HASH_FILE.read_bytes() == whole


def test_every_state_since_can_be_printed(bottles: Bottles, older: bytes) -> None:
    answers = bottles.json("ledger", "log")["commits"]
    for seq in range(len(answers)):
        ended = bottles("ledger", "replay", "--at", str(seq))
        assert ended.status == 0
        assert json.loads(ended.out)["ledger"]["seq"] == seq
    assert bottles("ledger", "replay", "--at", "4").out.encode() == older
