import json
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.folder.store import FolderStore
from adapters.system_clock import SystemClock
from tests.standin.server import Upstream
from tests.support.command import Bottles, tree
from tests.support.shown_mirror import grown

MIRROR = Path("mirror")
OLD = "jq-1.0-arm64_sonoma"
_SYNC = ("sync", "ledger", "--tag", "arm64_sonoma")
GOES = [
    "bat-1.0-arm64_sonoma",
    "curl-1.0-1-arm64_sonoma",
    "curl-1.0-arm64_sonoma",
    OLD,
]


@pytest.fixture
def old_mirror(folder: Path) -> Path:
    """Make a mirror whose last run was 65 days ago, and return its folder."""
    made = grown(SystemClock().now() - timedelta(days=100)).disk
    store = FolderStore(folder / MIRROR)
    for info in made.list(""):
        store.create(info.key, made.get(info.key).body)
    return folder / MIRROR


@pytest.mark.usefixtures("old_mirror")
class TestLooking:
    def test_what_may_go_is_told_and_stays(self, bottles: Bottles) -> None:
        before = tree(MIRROR)

        answer = bottles.json("gc", "--max-evict", "50%")

        assert sorted(old["key"] for old in answer["evict"]) == GOES
        assert answer["refused"] is None
        assert answer["evicted"] == answer["lost"] == []
        assert answer["removed"] == {"objects": 0, "left": 0, "why_left": None}
        assert answer["held"] == {"bottles": 10}
        assert (answer["share"], answer["max_evict"]) == ("40%", "50%")
        assert [kept["needed_by"] for kept in answer["kept"]] == [[3], [4], [5]]
        assert tree(MIRROR) == before

    def test_a_person_reads_why(self, bottles: Bottles) -> None:
        out = bottles("gc", "--max-evict", "50%").out

        assert out.startswith("4 bottles of mirror may be evicted, ")
        assert f"  {OLD} " in out
        assert "no generation that is kept needs them" in out
        assert "old bottles kept for generations" in out
        assert out.endswith("Next: bottles gc --yes evicts them\n")

    def test_within_its_grace_nothing_may_go(self, bottles: Bottles) -> None:
        answer = bottles.json("gc", "--retention-days", "3650")

        assert answer["evict"] == []
        assert all(kept["until"] for kept in answer["kept"])
        out = bottles("gc", "--retention-days", "3650").out
        assert "Nothing of mirror may be evicted." in out
        assert "in their grace, the first until " in out

    def test_kept_for_ever(self, bottles: Bottles) -> None:
        assert "kept for ever" in bottles("gc", "--retention-days", "0").out

    def test_too_much_is_told_without_being_an_error(self, bottles: Bottles) -> None:
        ended = bottles("gc")

        assert ended.status == 0
        assert "Not now: 4 of 10 bottles would go at once" in ended.out


@pytest.mark.usefixtures("old_mirror")
class TestActing:
    def test_what_may_go_goes(self, bottles: Bottles) -> None:
        ended = bottles("gc", "--yes", "--max-evict", "40%")

        assert ended.status == 0
        assert ended.out.startswith("4 bottles evicted from mirror, ")
        left = json.loads((MIRROR / "bottles_hash.json").read_text())["bottles"]
        assert OLD not in left
        assert bottles("ledger", "check", "--read").status == 0
        assert bottles("verify").status == 0
        assert not [file for file in tree(MIRROR) if "jq-1.0" in str(file)]

    def test_each_is_explained(self, bottles: Bottles) -> None:
        bottles.json("gc", "--yes", "--max-evict", "40%")

        story = bottles.json("explain", "jq")["history"]

        evicted = [one for one in story if one["event"]["t"] == "BottleEvicted"]
        assert [one["event"]["key"] for one in evicted] == [OLD]
        assert "its grace was over" in evicted[0]["reason"]

    def test_too_much_at_once_is_refused(self, bottles: Bottles) -> None:
        before = tree(MIRROR)

        ended = bottles("gc", "--yes")

        assert ended.status == 2
        assert "bottles gc --yes --max-evict 40%" in ended.err
        assert tree(MIRROR) == before

    def test_a_machine_is_told_what_went(self, bottles: Bottles) -> None:
        answer = bottles.json("gc", "--yes", "--max-evict", "40%")

        assert sorted(answer["evicted"]) == GOES
        assert answer["removed"]["objects"] > len(GOES)
        assert answer["removed"]["left"] == 0
        again = bottles.json("gc", "--yes")
        assert again["evict"] == again["evicted"] == []


def test_without_a_mirror_there_is_nothing_to_let_go(bottles: Bottles) -> None:
    ended = bottles("gc", "--yes")

    assert ended.status == 2
    assert "there is no ledger" in ended.err
    assert not MIRROR.exists()


@pytest.mark.usefixtures("old_mirror")
class TestAtTheEndOfARun:
    def test_a_complete_sync_lets_go_what_is_old(
        self, bottles: Bottles, upstream: Upstream
    ) -> None:
        assert upstream.formulae

        ended = bottles(*_SYNC, "--gc-auto", "--max-evict", "60%")

        assert ended.status == 0
        assert "published" in ended.out or "Generation" in ended.out
        story = bottles.json("explain", "jq")["history"]
        assert story[-1]["event"]["t"] == "BottleEvicted"
        assert not [file for file in tree(MIRROR) if "jq-1.0" in str(file)]
        assert bottles("ledger", "check", "--read").status == 0
        assert bottles.json("verify")["orphans"] == []

    def test_without_being_told_to_it_does_not(
        self, bottles: Bottles, upstream: Upstream
    ) -> None:
        assert upstream.formulae
        assert bottles(*_SYNC).status == 0
        story = bottles.json("explain", "jq")["history"]
        assert "BottleEvicted" not in {one["event"]["t"] for one in story}

    def test_what_would_be_too_much_fails_no_run(
        self, bottles: Bottles, upstream: Upstream
    ) -> None:
        assert upstream.formulae

        ended = bottles(*_SYNC, "--gc-auto", "--max-evict", "1%")

        assert ended.status == 0
        assert "what is old is not evicted: " in ended.err
        assert "bottles gc --yes --max-evict " in ended.err
