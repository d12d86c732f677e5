"""The plan of the whole catalog for a mirror of last week's, from start to answer."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from application.opened_ledger import open_ledger
from benchmarks.program import ROOT, Measured, bottles, measured
from benchmarks.table import MB, Table
from domain.bottle import Bottle
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig, parse_store
from domain.events import BottleMirrored
from domain.selection import choose
from domain.tags import MACOS_NEWEST_FIRST
from entrypoints.cli.command_container import Manner
from entrypoints.cli.container import CliContainer
from tests.standin.catalog import plain_catalog
from tests.standin.recipes import MAIN_TAGS
from tests.standin.signing import public_key_pem, signed

_RUNS: Final = 5
_FORMULAE: Final = 8_560  # of homebrew/core in August 2026
_CHANGED: Final = 24  # one in so many formulae in a week
_LARGEST: Final = 10_000_000  # bytes that a bottle is said to have
_READ: Final = "import gzip, json, sys; json.load(gzip.open(sys.argv[1]))"
_NOBODY: Final = "http://127.0.0.1:9"
_WEEKS: Final = ("formula-2026-08-15.json.gz", "formula-2026-08-22.json.gz")

_UNSIGNED: Final = "bottles plan, unsigned file"
_SIGNED: Final = "bottles plan, signed document"
_PEER: Final = "gzip and jq: how many are lacking"
_LIMIT: Final = "limit: Python unpacks and parses"

# Which keys the mirror has not, or has with another digest: nothing is checked, no size
# is known, nothing is told of what may be copied or what was superseded.
_QUERY: Final = r"""
$mirror[0].bottles as $held
| [.[] | .bottle.stable as $stable | select($stable) | $stable.files as $files
  | (if .revision > 0 then "_\(.revision)" else "" end) as $revision
  | (if $stable.rebuild > 0 then "-\($stable.rebuild)" else "" end) as $rebuild
  | "\(.name)-\(.versions.stable)\($revision)\($rebuild)-" as $stem
  | $clients[] | first(.[] | select($files[.]))
  | select($held[$stem + .].sha256 != $files[.].sha256) | $stem + .]
| unique | length
"""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Two catalogs, and what is to be said of them."""

    before: Path
    now: Path
    which: str


def measure(place: Path) -> Table:
    weeks = _weeks(place)
    held = hold(place, weeks.before)
    commands = {
        _UNSIGNED: ("--catalog", str(weeks.now)),
        _SIGNED: _signed(place, weeks.now),
    }
    runs: dict[str, list[Measured]] = {}
    for _ in range(_RUNS):
        for name, arguments in commands.items():
            run = bottles(
                *("plan", *arguments, "--registry", _NOBODY, "--json", "--quiet"),
                cwd=place,
            )
            runs.setdefault(name, []).append(run)
        if jq := shutil.which("jq"):
            told = runs[_UNSIGNED][0].answer
            run = measured(*_asked(jq, weeks.now, told["tags"]), cwd=place)
            assert int(run.stdout) == told["to_fetch"]["bottles"]
            runs.setdefault(_PEER, []).append(run)
        run = measured(sys.executable, "-c", _READ, str(weeks.now), cwd=place)
        runs.setdefault(_LIMIT, []).append(run)
    answer = runs[_UNSIGNED][0].answer
    assert (
        len({run.answer["plan_sha256"] for each in commands for run in runs[each]}) == 1
    )
    answer = runs[_UNSIGNED][0].answer
    return Table(
        f"bottles plan of {weeks.which}: {answer['catalog']['formulae']:,} formulae,"
        f" {answer['offered']['bottles']:,} bottles; {held:,} are held,"
        f" {answer['to_fetch']['bottles']:,} lacking; median of {_RUNS}",
        (("", "wall s", "CPU s", "peak MB"), *_rows(runs)),
        tuple(_notes(runs)),
    )


def _rows(runs: dict[str, list[Measured]]) -> Iterator[tuple[str, ...]]:
    for name, those in runs.items():
        yield (
            name,
            f"{median(run.wall for run in those):.2f}",
            f"{median(run.cpu for run in those):.2f}",
            f"{max(run.peak for run in those) / MB:.0f}",
        )


def _notes(runs: dict[str, list[Measured]]) -> Iterator[str]:
    yield "the registry is out of reach: what is new has no size but a guess"
    if _PEER in runs:
        yield "jq's peak is that of the larger of its two processes; it checks nothing"
    else:
        yield "jq, the peer, is not installed"
    yield (
        "goal: at most 1.0 s; 200 MB for the unsigned file, 250 MB for the signed"
        " document"
    )


def hold(place: Path, catalog: Path) -> int:
    """Make a mirror, at the place where it is by default, that holds a catalog."""
    config = SyncConfig(store=parse_store(str(place / "mirror")), catalog=str(catalog))
    container = CliContainer(
        config=config, cloud=CloudConfig(), manner=Manner(quiet=True)
    )
    offered = container.mirror.catalog().fetch()
    assert offered is not None
    runs = container.mirror.runs()
    run = runs.begin(open_ledger(runs.log, runs.hash_file))

    def mirrored(bottle: Bottle) -> BottleMirrored:
        size = int(bottle.digest[:8], 16) % _LARGEST
        return BottleMirrored(bottle, size, bottle.object_key(run.day), "fetched")

    chosen = choose(offered, config.selection).bottles()
    run.journal.record(map(mirrored, chosen))
    run.publish()
    return len(run.journal.ledger.held)


def _signed(place: Path, catalog: Path) -> tuple[str, ...]:
    """Return the options for a catalog that is signed with a key of our own."""
    document, key = place / "formula.jws.json.gz", place / "key.pem"
    document.write_bytes(gzip.compress(signed(gzip.decompress(catalog.read_bytes()))))
    key.write_text(public_key_pem())
    return ("--catalog", str(document), "--api-public-key", str(key))


def _asked(jq: str, catalog: Path, tags: list[str]) -> tuple[str, ...]:
    """Return the command that has jq count what the mirror lacks."""
    macos = [f"arm64_{name}" for name in MACOS_NEWEST_FIRST]
    clients = [[tag, "all", *macos[macos.index(tag) + 1 :]] for tag in tags]
    command = 'gzip -dc "$1" | "$0" --slurpfile mirror "$2" --argjson clients "$3" "$4"'
    return (
        *("sh", "-c", command, jq, str(catalog), "mirror/bottles_hash.json"),
        *(json.dumps(clients), _QUERY),
    )


def _weeks(place: Path) -> Weeks:
    data = data_folder()
    before, now = (data / name for name in _WEEKS)
    if before.exists() and now.exists():
        return Weeks(before, now, f"the real catalog ({now.name})")
    entries = plain_catalog(_FORMULAE, MAIN_TAGS)
    now = _written(place / "formula.json.gz", entries)
    for entry in entries[::_CHANGED]:
        for file in entry["bottle"]["stable"]["files"].values():
            file["sha256"] = hashlib.sha256(file["sha256"].encode()).hexdigest()
    before = _written(place / "formula-before.json.gz", entries)
    return Weeks(before, now, "an invented catalog (no real one: BOTTLES_TEST_DATA)")


def catalog_of(place: Path) -> tuple[Path, str]:
    """Return the newest real catalog, or one that is as large."""
    real = sorted(data_folder().glob("formula-*.json.gz"))
    if real:
        return real[-1], f"the real catalog ({real[-1].name})"
    made = _written(place / "formula.json.gz", plain_catalog(_FORMULAE, MAIN_TAGS))
    return made, "an invented catalog (no real one: BOTTLES_TEST_DATA)"


def data_folder() -> Path:
    """Return where real catalogs are, if there are any."""
    told = os.environ.get("BOTTLES_TEST_DATA")
    return Path(told) if told else ROOT.parent / "shared" / "data"


def _written(path: Path, entries: list[dict[str, Any]]) -> Path:
    path.write_bytes(gzip.compress(json.dumps(entries).encode(), compresslevel=6))
    return path
