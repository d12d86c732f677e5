"""Another mirror's hash file: imported by hand, or asked by every sync."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.standin.server import Upstream
from tests.support.command import Bottles, tree, write_config

MIRROR = Path("mirror")
OTHER = Path("other/bottles_hash.json")
OLD = Path("old.json")
SONOMA = ("--tag", "arm64_sonoma")
KEY = "ledger-3.4.1-arm64_sonoma"
SELECTED = ("ledger", "gauge")


@pytest.fixture(autouse=True)
def other(bottles: Bottles, upstream: Upstream) -> None:
    """Have another mirror, which has one of the two formulae."""
    assert upstream.formulae
    bottles.json("sync", "ledger", *SONOMA, "--store", "other")


def entry() -> Any:  # noqa: ANN401 - any JSON
    return json.loads(OTHER.read_bytes())["bottles"][KEY]


def write_old(**more: object) -> None:
    """Write a hash file of the first format."""
    first = {n: entry()[n] for n in ("download_date", "file_size", "sha256")}
    OLD.write_text(json.dumps({"bottles": {KEY: first, **more}}))


def mirrored(bottles: Bottles, *more: str) -> int:
    answer = bottles.json("sync", *SELECTED, *SONOMA, *more)
    assert answer["outcome"] == "complete"
    number: int = answer["mirrored"]["bottles"]
    return number


class TestImporting:
    def test_tells_what_is_elsewhere_now(self, bottles: Bottles) -> None:
        answer = bottles.json("ledger", "import", str(OTHER))

        assert set(answer) == {
            *("source", "entries", "news", "unchanged", "migrated", "skipped"),
            "ledger",
        }
        assert answer["source"] == str(OTHER)
        assert (answer["entries"], answer["news"]) == (1, 1)
        assert (answer["unchanged"], answer["skipped"]) == (False, {})
        assert answer["ledger"]["seq"] == 0
        rows = json.loads((MIRROR / "bottles_hash.json").read_bytes())["bottles"]
        assert set(rows[KEY]) == {"download_date", "file_size", "sha256"}

    def test_twice_changes_nothing(self, bottles: Bottles) -> None:
        first = bottles("ledger", "import", str(OTHER))
        before = tree(MIRROR)

        again = bottles("ledger", "import", str(OTHER))

        assert (first.status, again.status) == (0, 0)
        assert first.out.startswith(
            f"1 entry of {OTHER} imported into mirror; 1 was not known before"
        )
        assert again.out.startswith(
            f"Nothing to import: {OTHER} lists what it listed before."
        )
        assert bottles.json("ledger", "import", str(OTHER))["unchanged"]
        assert tree(MIRROR) == before

    def test_tells_what_was_migrated_and_what_was_left_out(
        self, bottles: Bottles
    ) -> None:
        write_old(
            bare={"sha256": "AB" * 32},
            wrong={"sha256": "short"},
            **{f"wrong{number:02}": number for number in range(25)},
        )

        told = bottles("ledger", "import", str(OLD))

        assert told.status == 0
        for line in (
            "2 entries of old.json imported into mirror; 2 were not known before",
            "  missing last_updated: 1",
            "  missing file_size: 1",
            "  missing download_date: 1",
            "  upper-case sha256: 1",
            "26 entries left out",
            "  wrong: sha256: 'short' is not 64 hex digits",
            "  and 6 more",
            "Next: bottles plan",
        ):
            assert line in told.out

    def test_answers_with_every_entry_that_was_left_out(self, bottles: Bottles) -> None:
        write_old(**{f"wrong{number:02}": number for number in range(25)})

        answer = bottles.json("ledger", "import", str(OLD))

        assert len(answer["skipped"]) == 25
        assert answer["migrated"] == {"missing last_updated": 1}

    @pytest.mark.parametrize("body", [None, b"not JSON", b'{"bottles":[]}'])
    def test_a_file_that_is_none_changes_nothing(
        self, bottles: Bottles, body: bytes | None
    ) -> None:
        if body is not None:
            OLD.write_bytes(body)

        ended = bottles("ledger", "import", str(OLD), "--json")

        assert (ended.status, ended.out) == (2, "")
        assert "old.json" in ended.err
        assert not MIRROR.exists()

    def test_a_folder_is_no_file(self, bottles: Bottles) -> None:
        ended = bottles("ledger", "import", "other")

        assert ended.status == 2
        assert "other: is no file: Is a directory" in ended.err

    def test_an_address_without_certificates_is_wrong_usage(
        self, bottles: Bottles
    ) -> None:
        ended = bottles("ledger", "import", "http://mirror.test/bottles_hash.json")

        assert ended.status == 2
        assert not MIRROR.exists()


class TestWhatIsElsewhere:
    @pytest.fixture(autouse=True)
    def imported(self, bottles: Bottles, other: None) -> None:
        """Import what the other mirror has."""
        assert other is None
        bottles.json("ledger", "import", str(OTHER))

    def test_is_left_out_of_the_plan_and_counted(self, bottles: Bottles) -> None:
        answer = bottles.json("plan", *SELECTED, *SONOMA)
        told = bottles("plan", *SELECTED, *SONOMA).out
        everything = bottles.json("plan", *SELECTED, *SONOMA, "--fetch-elsewhere")

        assert (answer["elsewhere"], answer["held"]) == ({"bottles": 1}, {"bottles": 0})
        assert answer["to_fetch"]["bottles"] == 1
        assert "1 bottle that another mirror has (--fetch-elsewhere)" in told
        assert everything["elsewhere"] == {"bottles": 0}
        assert everything["to_fetch"]["bottles"] == 2

    def test_is_not_fetched_until_it_is_wanted(self, bottles: Bottles) -> None:
        assert mirrored(bottles) == 1
        assert mirrored(bottles) == 0
        assert bottles.json("verify")["elsewhere"] == 1

        assert mirrored(bottles, "--fetch-elsewhere") == 1
        assert mirrored(bottles, "--fetch-elsewhere") == 0
        assert bottles.json("verify")["elsewhere"] == 0
        assert bottles("ledger", "check", "--read").status == 0

    def test_is_adopted_if_it_lies_here(self, bottles: Bottles) -> None:
        lying = MIRROR / entry()["object_key"]
        lying.parent.mkdir(exist_ok=True)
        lying.write_bytes((OTHER.parent / entry()["object_key"]).read_bytes())

        answer = bottles.json("sync", "ledger", *SONOMA)

        assert answer["mirrored"] == {"bottles": 1, "bytes": 0}
        assert bottles.json("verify", "--deep")["ok"] == 1
        assert bottles.json("verify")["elsewhere"] == 0
        types = [
            one["event"]["how"] for one in history(bottles) if "how" in one["event"]
        ]
        assert types == ["found"]

    def test_is_told_of_when_the_formula_is_explained(self, bottles: Bottles) -> None:
        assert mirrored(bottles, "--fetch-elsewhere") == 2

        types = [one["event"]["t"] for one in history(bottles)]
        assert types[-1] == "BottleMirrored"
        (held,) = bottles.json("explain", "ledger")["held"]
        assert (held["key"], held["superseded"]) == (KEY, False)

    def test_shows_in_the_log(self, bottles: Bottles) -> None:
        (commit,) = bottles.json("ledger", "log")["commits"]
        assert commit["events"] == {"HashFileImported": 1}
        shown = bottles("ledger", "show", "0")
        assert shown.status == 0
        assert str(OTHER) in shown.out


def history(bottles: Bottles) -> Any:  # noqa: ANN401 - any JSON
    return bottles.json("explain", "ledger")["history"]


class TestASyncThatAsksFirst:
    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch, other: None) -> None:
        """Name the other mirror's hash file in the environment."""
        assert other is None
        monkeypatch.setenv("BOTTLES_EXTERNAL_HASH_FILE_PATH", str(OTHER))

    def test_leaves_out_what_is_elsewhere(self, bottles: Bottles) -> None:
        assert mirrored(bottles) == 1
        before = bottles.json("ledger", "log")["commits"]
        assert mirrored(bottles) == 0

        after = bottles.json("ledger", "log")["commits"]
        assert sum("HashFileImported" in one["events"] for one in after) == 1
        assert len(after) == len(before) + 1

    def test_is_planned_so_and_planning_writes_nothing(self, bottles: Bottles) -> None:
        answer = bottles.json("plan", *SELECTED, *SONOMA)
        dry = bottles.json("sync", "--dry-run", *SELECTED, *SONOMA)

        assert answer["elsewhere"] == dry["elsewhere"] == {"bottles": 1}
        assert answer["to_fetch"]["bottles"] == 1
        assert not MIRROR.exists()

    def test_says_that_it_goes_on_without_it(self, bottles: Bottles) -> None:
        OTHER.unlink()

        ended = bottles("sync", *SELECTED, *SONOMA)

        assert ended.status == 0
        assert "the external hash file is left out: " in ended.err
        assert bottles.json("verify")["ok"] == 2

    def test_does_nothing_without_it_if_it_is_required(
        self, bottles: Bottles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BOTTLES_EXTERNAL_HASH_FILE_REQUIRED", "true")
        assert mirrored(bottles) == 1
        before = tree(MIRROR)
        OTHER.unlink()

        ended = bottles("sync", *SELECTED, *SONOMA, "--json")

        assert (ended.status, ended.out) == (2, "")
        assert "other/bottles_hash.json" in ended.err
        assert tree(MIRROR) == before

    def test_does_not_even_found_a_ledger_then(
        self, bottles: Bottles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BOTTLES_EXTERNAL_HASH_FILE_REQUIRED", "true")
        OTHER.unlink()

        assert bottles("sync", *SELECTED, *SONOMA).status == 2
        assert not MIRROR.exists()

    def test_may_be_told_so_by_its_file_too(
        self,
        bottles: Bottles,
        upstream: Upstream,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.delenv("BOTTLES_EXTERNAL_HASH_FILE_PATH")
        write_config(folder, upstream, external_hash_file_path=str(OTHER))

        assert mirrored(bottles) == 1
