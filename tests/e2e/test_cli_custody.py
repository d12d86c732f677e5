"""``ledger check`` and ``ledger repair``, and a sync that meets damage."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.standin.server import Upstream
from tests.support.command import Bottles, tree

MIRROR = Path("mirror")
REPLICA = Path("replica")
COMMITS = MIRROR / "ledger/v1/commits"
HASH_FILE = MIRROR / "bottles_hash.json"
# Commits are counted here: nobody reads, and nothing is published.
SONOMA = ("--tag", "arm64_sonoma", "--views", "none")


def commit(seq: int) -> Path:
    return COMMITS / f"{seq:020}.jsonl"


@pytest.fixture(autouse=True)
def two_runs(bottles: Bottles, upstream: Upstream) -> None:
    """Sync two formulae, one after the other, and keep a replica."""
    assert upstream.formulae
    bottles.json("sync", "ledger", *SONOMA)
    bottles.json("sync", "gauge", *SONOMA)
    shutil.copytree(MIRROR, REPLICA)


def overwrite(path: Path, body: bytes) -> None:
    path.unlink()
    path.write_bytes(body)


def cut_short(path: Path) -> None:
    overwrite(path, path.read_bytes()[:-40])


class TestChecking:
    def test_a_good_log_is_said_to_be_good(self, bottles: Bottles) -> None:
        before = tree(MIRROR)

        listed, read = bottles("ledger", "check"), bottles("ledger", "check", "--read")

        assert (listed.status, read.status) == (0, 0)
        assert listed.out.startswith("good: 6 commits, head 5:")
        assert listed.out.endswith(
            "Next: bottles ledger check --read looks at every byte\n"
        )
        assert read.out.startswith("good: 6 commits, 7 events, head 5:")
        assert tree(MIRROR) == before

    def test_the_answer_has_its_shape(self, bottles: Bottles) -> None:
        answer = bottles.json("ledger", "check", "--read")

        (last,) = bottles.json("ledger", "log", "-n", "1")["commits"]
        assert answer == {
            "ok": True,
            "head": {"seq": 5, "sha256": last["sha256"]},
            "commits": 6,
            "events": 7,
            "damage": [],
            "gaps": [],
        }

    def test_a_missing_commit_is_found_without_reading(self, bottles: Bottles) -> None:
        commit(2).unlink()
        before = tree(MIRROR)

        ended = bottles("ledger", "check", "--json")

        assert ended.status == 3
        assert not ended.answer["ok"]
        (damage,) = ended.answer["damage"]
        assert set(damage) == {"class", "from", "to", "detail", "sources"}
        assert (damage["class"], damage["from"], damage["to"]) == ("gap", 2, 2)
        told = bottles("ledger", "check").out
        assert "DAMAGED: 5 commits, head 5:" in told
        assert "  commit 2: gap: " in told
        assert "    no good copy is known" in told
        assert "Next: bottles ledger repair, which tells what it would do" in told
        assert tree(MIRROR) == before

    def test_a_changed_byte_is_found_by_reading(self, bottles: Bottles) -> None:
        cut_short(commit(1))

        assert bottles("ledger", "check").status == 0
        ended = bottles("ledger", "check", "--read", "--json")

        assert ended.status == 3
        (damage,) = ended.answer["damage"]
        assert (damage["class"], damage["from"], damage["to"]) == ("truncated", 1, 1)

    def test_a_copy_that_is_named_is_told_of(self, bottles: Bottles) -> None:
        cut_short(commit(1))

        ended = bottles("ledger", "check", "--read", "--from", "replica", "--json")

        (damage,) = ended.answer["damage"]
        assert damage["sources"] == ["replica"]

    def test_a_tail_that_is_gone_is_found_by_a_pin(self, bottles: Bottles) -> None:
        (last,) = bottles.json("ledger", "log", "-n", "1")["commits"]
        commit(5).unlink()
        HASH_FILE.unlink()

        unpinned = bottles("ledger", "check", "--read")
        pinned = bottles(
            "ledger", "check", "--pin", f"{last['seq']}:{last['sha256']}", "--json"
        )

        assert unpinned.status == 0
        assert pinned.status == 3
        (damage,) = pinned.answer["damage"]
        assert (damage["class"], damage["from"]) == ("head behind a pin", 5)

    def test_a_pin_that_is_none_is_wrong_usage(self, bottles: Bottles) -> None:
        ended = bottles("ledger", "check", "--pin", "5")

        assert (ended.status, ended.out) == (2, "")
        assert "'5' is not SEQ:SHA256" in ended.err

    def test_a_damaged_hash_file_is_the_next_runs_to_rebuild(
        self, bottles: Bottles
    ) -> None:
        cut_short(HASH_FILE)

        ended = bottles("ledger", "check", "--read")

        assert ended.status == 3
        assert "hash file damaged" in ended.out
        assert "Next: bottles ledger replay, which rebuilds the hash file" in ended.out
        assert bottles("ledger", "replay").status == 0
        assert bottles("ledger", "check", "--read").status == 0


class TestRepairing:
    def test_without_yes_nothing_is_changed(self, bottles: Bottles) -> None:
        cut_short(commit(1))
        before = tree(MIRROR)

        without = bottles("ledger", "repair")
        with_copy = bottles("ledger", "repair", "--from", "replica")

        assert (without.status, with_copy.status) == (3, 3)
        assert (
            "Nothing was changed. Next: 1 range without a good copy: name one with"
            " --from, or give up with --yes --declare-gaps\n"
        ) in without.out
        assert "    good copies: replica" in with_copy.out
        assert (
            "Nothing was changed. Next: stop all who write, then give --yes\n"
        ) in with_copy.out
        assert "without a good copy" not in with_copy.out
        assert not bottles("ledger", "repair", "--json").answer["ok"]
        assert tree(MIRROR) == before

    def test_of_nothing_is_nothing(self, bottles: Bottles) -> None:
        before = tree(MIRROR)

        ended = bottles("ledger", "repair")

        assert ended.status == 0
        assert ended.out.startswith("good: 6 commits, 7 events")
        assert tree(MIRROR) == before

    @pytest.mark.parametrize(
        "source", ["replica", f"replica/ledger/v1/commits/{1:020}.jsonl"]
    )
    @pytest.mark.parametrize("damage", [cut_short, Path.unlink])
    def test_puts_back_what_a_copy_has(
        self, bottles: Bottles, source: str, damage: Callable[[Path], None]
    ) -> None:
        whole = commit(1).read_bytes()
        damage(commit(1))

        ended = bottles("ledger", "repair", "--from", source, "--yes", "--json")

        assert ended.status == 0
        assert commit(1).read_bytes() == whole
        (repair,) = ended.answer["repairs"]
        assert (repair["from"], repair["to"]) == (1, 1)
        assert repair["source"] == source
        assert (ended.answer["ok"], ended.answer["declared"]) == (True, False)
        assert bottles("ledger", "check", "--read").status == 0
        assert bottles("sync", "ledger", "gauge", *SONOMA).status == 0

    def test_tells_a_person_what_it_did(self, bottles: Bottles) -> None:
        cut_short(commit(1))

        ended = bottles("ledger", "repair", "--from", "replica", "--yes")

        assert ended.out.startswith("commit 1 (truncated): restored from replica\n")
        assert "good: 7 commits, 8 events" in ended.out
        assert "Next: let the writers write again; bottles verify" in ended.out

    def test_of_what_no_repair_helps_it_says_what_does(self, bottles: Bottles) -> None:
        (COMMITS / "notes.txt").write_bytes(b"")

        ended = bottles("ledger", "repair")

        assert (
            "Nothing was changed. Next: move away what lies where only commits"
        ) in ended.out
        assert "--yes" not in ended.out

    def test_tells_of_all_else_that_it_restored(self, bottles: Bottles) -> None:
        (document, *_) = (MIRROR / "ledger/v1/documents").iterdir()
        whole = tree(MIRROR)
        document.unlink()
        (MIRROR / "ledger/v1/ledger.json").unlink()

        told = bottles("ledger", "repair", "--from", "replica")
        assert "Next: stop all who write, then give --yes\n" in told.out
        answer = bottles.json("ledger", "repair", "--from", "replica", "--yes")

        assert answer["others"] == [
            f"document {document.stem} restored from replica",
            "the ledger's identity restored from replica",
        ]
        assert tree(MIRROR) == whole
        document.unlink()
        ended = bottles("ledger", "repair", "--from", "replica", "--yes")
        assert ended.out.startswith(f"document {document.stem} restored from replica\n")
        assert "nothing to restore" not in ended.out

    def test_a_pin_of_another_mirror_gives_nothing_up(self, bottles: Bottles) -> None:
        before = tree(MIRROR)
        pin = ("--pin", f"{10**15}:{'ab' * 32}")

        checked = bottles("ledger", "check", "--read", *pin)
        ended = bottles("ledger", "repair", "--yes", "--declare-gaps", *pin)

        assert f"commits 6 to {10**15}: head behind a pin" in checked.out
        assert ended.status not in {0, 3}
        assert f"pin {10**15}: it does not belong to this log, or" in ended.err
        assert tree(MIRROR) == before

    def test_a_plan_of_which_no_copy_is_left_is_told_of_no_more(
        self, bottles: Bottles
    ) -> None:
        (document, *_) = (MIRROR / "ledger/v1/documents").iterdir()
        document.unlink()

        told = bottles("ledger", "repair")
        assert "1 document without a good copy: name one with --from, or" in told.out
        ended = bottles("ledger", "repair", "--yes", "--declare-gaps")

        assert ended.status == 0
        assert ("(document missing): none is left, and nothing needs it\n") in ended.out
        assert bottles("ledger", "check", "--read").status == 0
        assert bottles("sync", "ledger", "gauge", *SONOMA).status == 0

    def test_a_wrong_copy_is_no_copy(self, bottles: Bottles) -> None:
        commit(1).unlink()
        wrong = REPLICA / "ledger/v1/commits" / commit(1).name
        overwrite(wrong, commit(2).read_bytes())

        ended = bottles("ledger", "repair", "--from", "replica", "--yes")

        assert ended.status == 3
        assert "commit 1 (gap): no good copy was found" in ended.out
        assert not commit(1).exists()

    def test_a_place_that_is_none_is_told(self, bottles: Bottles) -> None:
        commit(1).unlink()

        ended = bottles("ledger", "repair", "--from", "nowhere")

        assert (ended.status, ended.out) == (2, "")
        assert (
            "'nowhere' is not a mirror's folder, s3://bucket[/prefix], or a"
            in ended.err
        )
        assert not Path("nowhere").exists()

    def test_what_no_copy_is_left_of_is_given_up_only_when_that_is_said(
        self, bottles: Bottles
    ) -> None:
        commit(1).unlink()

        plain = bottles("ledger", "repair", "--yes", "--json")
        assert plain.status == 3
        assert (plain.answer["declared"], plain.answer["gaps"]) == (False, [])
        assert len(list(COMMITS.iterdir())) == 5

        ended = bottles("ledger", "repair", "--yes", "--declare-gaps", "--json")
        assert ended.status == 0
        assert ended.answer["declared"]
        assert ended.answer["gaps"] == [{"from": 1, "to": 1}]
        (repair,) = ended.answer["repairs"]
        assert repair["source"] is None
        assert "declared gap: commit 1 (gap)" in bottles("ledger", "check").out

    def test_after_a_gap_the_mirror_is_whole_again(self, bottles: Bottles) -> None:
        before = bottles.json("verify")
        commit(1).unlink()
        assert bottles("ledger", "repair", "--yes", "--declare-gaps").status == 0

        answer = bottles.json("verify", "--deep")
        synced = bottles.json("sync", "ledger", "gauge", *SONOMA)

        assert (answer["ok"], answer["orphans"]) == (before["ok"], [])
        assert synced["mirrored"]["bottles"] == 0
        assert bottles("ledger", "check", "--read").status == 0
        assert bottles("explain", "ledger").status == 0


class TestASync:
    @pytest.mark.parametrize("seq", [0, 1, 5])
    @pytest.mark.parametrize("damage", [cut_short, Path.unlink])
    def test_on_a_damaged_log_changes_nothing(
        self, bottles: Bottles, seq: int, damage: Callable[[Path], None]
    ) -> None:
        if seq < 5:
            HASH_FILE.unlink()
        damage(commit(seq))
        before = tree(MIRROR)

        ended = bottles("sync", "tap-root", *SONOMA, "--json")

        assert (ended.status, ended.out) == (3, "")
        assert f"the ledger is damaged at commit {seq}: " in ended.err
        assert tree(MIRROR) == before


def test_copies_are_named_for_a_check_that_reads(bottles: Bottles) -> None:
    ended = bottles("ledger", "check", "--from", "replica")
    assert ended.status == 2
    assert "--from needs --read" in ended.err
