"""One log gives one hash file, whoever folds it, and wherever and however it is cut."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from domain.ledger import replay
from tests.support.seeded_logs import LOGS, commits_of, events_of

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "38e6981d024f0eed6d1aa876b0a6fff215fc2282c79cbbf94fb10c77736f8966"
"""Of all hash files that the seeded logs give, the golden one's among them."""

OTHERS = [f"3.{minor}" for minor in range(11, 15) if (3, minor) != sys.version_info[:2]]
NEEDED = "import marshmallow, msgspec"


def digest_by(python: str, hash_seed: str) -> str:
    """Return the digest that a Python gives which hashes text as it is told."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python, "-m", "tests.support.seeded_logs"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def pythons(version: str) -> Iterator[str]:
    """Yield what may be a Python of this version: on the path, or pyenv's."""
    if found := shutil.which(f"python{version}"):
        yield found
    yield from map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))


def is_able(python: str) -> bool:
    """Return whether it runs, and has the packages that the ledger needs."""
    asked = subprocess.run(
        [python, "-c", NEEDED], capture_output=True, check=False, timeout=60
    )
    return asked.returncode == 0


@pytest.mark.parametrize("hash_seed", ["0", "1", "2718281828"])
def test_no_order_of_hashing_shows(hash_seed: str) -> None:
    assert digest_by(sys.executable, hash_seed) == DIGEST


@pytest.mark.parametrize("version", OTHERS)
def test_every_other_python_gives_the_same(version: str) -> None:
    able = next(filter(is_able, pythons(version)), None)
    if able is None:
        pytest.skip(f"no Python {version} here that has marshmallow and msgspec")
    assert digest_by(able, "random") == DIGEST


def test_a_fold_from_the_hash_file_gives_the_same_bytes_at_every_cut() -> None:
    for seed in range(LOGS):
        commits = commits_of(events_of(seed), seed)
        whole = encode_hash_file(replay(commits))
        for cut in range(len(commits)):
            published = encode_hash_file(replay(commits[:cut]))
            start = decode_hash_file(published)
            assert encode_hash_file(replay(commits[cut:], start)) == whole, (seed, cut)


def test_however_events_are_cut_into_commits_the_same_is_held() -> None:
    for seed in range(LOGS):
        events = events_of(seed)
        one = replay(commits_of(events, seed))
        other = replay(commits_of(events, LOGS + seed))
        assert one.held == other.held
        assert one.state == other.state
        assert one.elsewhere == other.elsewhere
        assert one.superseded.keys() == other.superseded.keys()
