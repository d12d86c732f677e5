import json
from pathlib import Path

import pytest

from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.command import Bottles, tree

HASH_FILE = Path("mirror/bottles_hash.json")
# Commits are counted here: nobody reads, and nothing is published.
SONOMA = ("--tag", "arm64_sonoma", "--views", "none")


@pytest.fixture
def two_runs(bottles: Bottles, upstream: Upstream) -> bytes:
    """Sync two formulae, one after the other; return the hash file in between."""
    assert upstream.formulae
    bottles.json("sync", "ledger", *SONOMA)
    between = HASH_FILE.read_bytes()
    bottles.json("sync", "gauge", *SONOMA)
    return between


@pytest.mark.usefixtures("two_runs")
def test_the_log_is_listed_newest_first(bottles: Bottles) -> None:
    commits = bottles.json("ledger", "log")["commits"]

    assert [commit["seq"] for commit in commits] == [5, 4, 3, 2, 1, 0]
    assert commits[-1]["events"] == {"CatalogRead": 1, "SyncStarted": 1}
    assert commits[1]["events"] == {"BottleMirrored": 1}
    assert set(commits[0]) == {"seq", "sha256", "at", "run", "events"}
    assert bottles.json("ledger", "log", "-n", "2")["commits"] == commits[:2]


@pytest.mark.usefixtures("two_runs")
def test_a_person_reads_the_log_line_by_line(bottles: Bottles) -> None:
    commits = bottles.json("ledger", "log")["commits"]

    lines = bottles("ledger", "log").out.splitlines()

    assert len(lines) == 6
    for commit, line in zip(commits, lines, strict=True):
        parts = line.split()
        assert parts[:3] == [
            str(commit["seq"]),
            commit["sha256"][:12],
            commit["at"],
        ]
    assert lines[1].endswith("1 BottleMirrored")


@pytest.mark.usefixtures("two_runs")
def test_a_commit_is_shown_with_all_its_events(bottles: Bottles) -> None:
    commit = bottles.json("ledger", "show", "1")
    log = bottles.json("ledger", "log")["commits"]

    (event,) = commit["events"]
    assert event["t"] == "BottleMirrored"
    assert event["key"] == "ledger-3.4.1-arm64_sonoma"
    assert commit["prev"] == log[-1]["sha256"]
    assert set(commit) == {
        *("seq", "sha256", "at", "run", "id", "ledger", "prev", "writer", "wseq"),
        "events",
    }
    shown = bottles("ledger", "show", "1").out
    assert f"sha256   {commit['sha256']}" in shown
    assert "fetched ledger-3.4.1-arm64_sonoma (4.1 kB) at " in shown


@pytest.mark.usefixtures("two_runs")
def test_every_kind_of_event_can_be_shown(bottles: Bottles) -> None:
    text = "".join(bottles("ledger", "show", str(seq)).out for seq in range(6))

    assert "read the catalog http://127.0.0.1" in text
    assert ": 1 bottle, 0 B" in text
    assert ": complete (4,096 bytes, 0 copied, 0 failed, 1 mirrored, 0 skipped)" in text


@pytest.mark.usefixtures("two_runs")
def test_a_commit_that_is_not_there_is_wrong_usage(bottles: Bottles) -> None:
    for arguments in (("show", "6"), ("replay", "--at", "6")):
        ended = bottles("ledger", *arguments, "--json")
        assert ended.status == 2
        assert ended.out == ""
        assert "the log's last commit is 5" in ended.err


def test_the_hash_file_of_then_is_printed_to_the_byte(
    bottles: Bottles, two_runs: bytes
) -> None:
    before = tree(Path("mirror"))

    ended = bottles("ledger", "replay", "--at", "2")

    assert ended.status == 0
    assert ended.out.encode() == two_runs
    assert tree(Path("mirror")) == before


@pytest.mark.usefixtures("two_runs")
def test_a_day_means_its_end_and_a_time_that_moment(bottles: Bottles) -> None:
    last = bottles.json("ledger", "log", "-n", "1")["commits"][0]

    at_the_end = bottles("ledger", "replay", "--at", last["at"][:10])
    at_that_time = bottles("ledger", "replay", "--at", last["at"])
    before_all = bottles("ledger", "replay", "--at", "2020-01-01")
    nonsense = bottles("ledger", "replay", "--at", "yesterday")

    assert at_the_end.out.encode() == at_that_time.out.encode()
    assert at_the_end.out.encode() == HASH_FILE.read_bytes()
    assert (before_all.status, nonsense.status) == (2, 2)
    assert "'yesterday' is not the number of a commit, a date as" in nonsense.err


@pytest.mark.usefixtures("two_runs")
def test_a_lost_hash_file_is_rebuilt_to_the_byte(bottles: Bottles) -> None:
    whole = HASH_FILE.read_bytes()
    HASH_FILE.unlink()

    answer = bottles.json("ledger", "replay")
    ended = bottles("ledger", "replay")

    assert HASH_FILE.read_bytes() == whole
    head = bottles.json("ledger", "log", "-n", "1")["commits"][0]
    assert answer["ledger"]["seq"] == head["seq"]
    assert answer["ledger"]["sha256"] == head["sha256"]
    assert answer["held"] == {"bottles": 2, "bytes": 8_192}
    assert "is rebuilt from 6 commits: 2 bottles, 8.2 kB" in ended.out


def test_a_formulas_story_is_told_from_its_failure_to_its_loss(
    bottles: Bottles, upstream: Upstream
) -> None:
    upstream.faults.add(Fault("404", path="core/ledger/", on="blob", times=1))
    assert bottles("sync", "ledger", *SONOMA).status == 1
    bottles.json("sync", "ledger", *SONOMA)
    entry = json.loads(HASH_FILE.read_text())["bottles"]["ledger-3.4.1-arm64_sonoma"]
    Path("mirror", entry["object_key"]).unlink()
    assert bottles("verify", "--repair").status == 0

    answer = bottles.json("explain", "ledger")
    told = bottles("explain", "ledger").out

    types = [event["event"]["t"] for event in answer["history"]]
    assert types == ["BottleFailed", "BottleMirrored", "BottleLost", "BottleMirrored"]
    (held,) = answer["held"]
    assert held["key"] == "ledger-3.4.1-arm64_sonoma"
    assert not held["superseded"]
    assert "failed ledger-3.4.1-arm64_sonoma: not_found after 1 attempt: " in told
    assert "lost ledger-3.4.1-arm64_sonoma: found nothing at " in told
    assert "  ledger-3.4.1-arm64_sonoma: held, 4.1 kB" in told


def test_what_upstream_dropped_is_told_as_superseded(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json("sync", "ledger", "gauge", *SONOMA)
    upstream.publish([one for one in upstream.formulae if one["name"] != "ledger"])
    bottles.json("sync", "gauge", *SONOMA)

    answer = bottles.json("explain", "ledger")
    told = bottles("explain", "ledger").out

    assert [one["superseded"] for one in answer["held"]] == [True]
    assert "superseded ledger-3.4.1-arm64_sonoma: upstream no longer offers it" in told
    assert "  ledger-3.4.1-arm64_sonoma: superseded on " in told


@pytest.mark.usefixtures("two_runs")
def test_an_unknown_formula_names_the_nearest(bottles: Bottles) -> None:
    ended = bottles("explain", "ledgr")

    assert ended.status == 2
    assert ended.err == (
        "bottles: the ledger knows no formula 'ledgr'; nearest: ledger\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        ("ledger", "log"),
        ("ledger", "show", "0"),
        ("ledger", "replay"),
        ("ledger", "replay", "--at", "0"),
        ("explain", "jq"),
        ("verify",),
    ],
)
def test_where_there_is_no_ledger_nothing_is_made(
    bottles: Bottles, command: tuple[str, ...]
) -> None:
    ended = bottles(*command)

    assert ended.status == 2
    assert ended.out == ""
    assert "there is no ledger" in ended.err
    assert not Path("mirror").exists()
