import json
from pathlib import Path

import pytest

from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.command import Bottles, tree

MIRROR = Path("mirror")
KEY = "ledger-3.4.1-arm64_sonoma"


@pytest.fixture
def ledger_bottle(bottles: Bottles, upstream: Upstream) -> Path:
    """Sync some formulae; return where one of their bottles lies."""
    assert upstream.formulae
    bottles.json("sync", "ledger", "gauge", "--tag", "arm64_sonoma")
    entries = json.loads((MIRROR / "bottles_hash.json").read_text())["bottles"]
    return MIRROR / str(entries[KEY]["object_key"])


@pytest.mark.usefixtures("ledger_bottle")
def test_a_good_mirror_is_said_to_be_good(bottles: Bottles) -> None:
    before = tree(MIRROR)

    answer = bottles.json("verify", "--deep")

    assert answer == {
        "checked": 2,
        "ok": 2,
        "missing": [],
        "corrupt": [],
        "elsewhere": 0,
        "orphans": [],
        "repaired": [],
    }
    good = "2 of 2 objects in mirror good\n"
    assert bottles("verify").out == (
        f"{good}\nNext: bottles verify --deep reads every byte\n"
    )
    assert bottles("verify", "--deep").out == good
    assert tree(MIRROR) == before


def test_what_is_missing_is_told_and_nothing_is_changed(
    bottles: Bottles, ledger_bottle: Path
) -> None:
    ledger_bottle.unlink()
    before = tree(MIRROR)

    ended = bottles("verify", "--json")

    assert ended.status == 3
    assert ended.answer["missing"] == [KEY]
    assert ended.answer["ok"] == 1
    assert "Next: bottles verify --repair" in bottles("verify").out
    assert tree(MIRROR) == before


def test_wrong_bytes_of_the_right_size_are_found_by_reading_them(
    bottles: Bottles, ledger_bottle: Path
) -> None:
    whole = ledger_bottle.read_bytes()
    ledger_bottle.unlink()
    ledger_bottle.write_bytes(bytes(len(whole)))

    ended = bottles("verify", "--deep", "--json")

    assert ended.status == 3
    assert ended.answer["corrupt"] == [KEY]


def test_repairing_fetches_it_again(bottles: Bottles, ledger_bottle: Path) -> None:
    whole = ledger_bottle.read_bytes()
    ledger_bottle.unlink()
    ledger_bottle.write_bytes(b"half")

    ended = bottles("verify", "--repair", "--json")

    assert ended.status == 0
    assert ended.answer["corrupt"] == ended.answer["repaired"] == [KEY]
    assert ledger_bottle.read_bytes() == whole
    assert bottles("verify", "--deep").status == 0


def test_what_cannot_be_repaired_is_still_damage(
    bottles: Bottles, upstream: Upstream, ledger_bottle: Path
) -> None:
    ledger_bottle.unlink()
    upstream.faults.add(Fault("404", on="blob"))

    ended = bottles("verify", "--repair")

    assert ended.status == 3
    assert f"  {KEY}: nothing at " in ended.out
    assert "0 bottles fetched again" in ended.out
    assert f"failed: {KEY}: " in ended.out


@pytest.mark.usefixtures("ledger_bottle")
def test_orphans_are_told_and_removed_when_that_is_asked(bottles: Bottles) -> None:
    orphan = MIRROR / "2020-01-01" / "foreign-1.0.arm64_sonoma.bottle.tar.gz"
    orphan.parent.mkdir()
    orphan.write_bytes(b"foreign")

    told = bottles("verify")
    assert told.status == 0
    assert "1 object that the ledger does not know, left alone" in told.out
    assert orphan.exists()

    removed = bottles.json("verify", "--prune-orphans")
    assert removed["orphans"] == [str(orphan.relative_to(MIRROR))]
    assert not orphan.exists()


@pytest.mark.usefixtures("ledger_bottle")
def test_orphans_that_must_not_go_now_end_with_1(bottles: Bottles) -> None:
    orphan = MIRROR / "2020-01-01" / "foreign-1.0.arm64_sonoma.bottle.tar.gz"
    orphan.parent.mkdir()
    orphan.write_bytes(b"foreign")
    # As a run leaves it that has not come to its end.
    commits = sorted((MIRROR / "ledger/v1/commits").iterdir(), reverse=True)
    for commit in commits:
        ends_it = "SyncCompleted" in commit.read_text()
        commit.unlink()
        if ends_it:
            break
    (MIRROR / "bottles_hash.json").unlink()
    ended = bottles("verify", "--prune-orphans")
    assert ended.status == 1
    assert "1 object that the ledger does not know, left alone" in ended.out
    assert "is under way" in ended.err
    assert orphan.exists()
