"""``bottles status`` and ``bottles report``, and the page that every sync leaves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import requests

from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.command import Bottles, finished, start, until
from tests.support.pages import Page
from tests.support.served import served

TAGS = ("arm64_tahoe", "arm64_sonoma")
CHOSEN = tuple(word for tag in TAGS for word in ("--tag", tag))
SYNC = ("sync", "ledger", "kettle@2", *CHOSEN)
PAGE = Path("mirror/status")


def _pages() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in PAGE.iterdir()}


def _rows(name: str = "index.html") -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in Page((PAGE / name).read_bytes()).rows if row}


@pytest.mark.usefixtures("upstream")
def test_a_sync_leaves_a_page_that_says_what_it_did(bottles: Bottles) -> None:
    answer = bottles.json(*SYNC)

    said = json.loads((PAGE / "status.json").read_bytes())
    assert said["ledger"] == answer["ledger"]
    assert said["complete"] is True
    assert said["last_complete"]["run_id"] == answer["run_id"]
    assert said["held"] == answer["mirrored"]
    (run,) = said["runs"]
    assert (run["outcome"], run["failed"]) == ("complete", {})
    held = json.loads(Path("mirror/bottles_hash.json").read_bytes())["bottles"]
    assert {tag: row["held"] for tag, row in said["tags"].items()} == {
        tag: sum(key.endswith(f"-{tag}") for key in held) for tag in said["tags"]
    }
    assert said["generation"]["number"] == 1
    assert said["generation"]["shown"] is True
    page = Page((PAGE / "index.html").read_bytes())
    assert not page.wrong
    assert answer["ledger"]["sha256"] in page.text
    assert "nothing is missing" in page.text
    assert _rows("l.html")["ledger"]
    assert _rows("k.html")["kettle@2"]


def test_what_fails_is_named_on_the_page_until_it_is_there(
    bottles: Bottles, upstream: Upstream
) -> None:
    upstream.faults.add(Fault("404", path="core/ledger/blobs"))
    ended = bottles(*SYNC, "--retry-attempts", "1")
    assert ended.status == 1
    said = json.loads((PAGE / "status.json").read_bytes())
    assert said["complete"] is False
    assert {each["formula"] for each in said["missing"]} == {"ledger"}
    (run,) = said["runs"]
    assert run["failed"] == {"not_found": len(said["missing"])}
    page = Page((PAGE / "index.html").read_bytes())
    assert f"{len(said['missing'])} bottles missing" in page.text
    assert all(each["key"] in page.text for each in said["missing"])
    receipt = bottles("report").out
    assert all(f"{each['key']}: not_found" in receipt for each in said["missing"])

    upstream.faults.clear()
    bottles.json(*SYNC)
    said = json.loads((PAGE / "status.json").read_bytes())
    assert (said["complete"], said["missing"]) == (True, [])


@pytest.mark.usefixtures("upstream")
def test_by_hand_it_says_the_same_from_the_log_alone(bottles: Bottles) -> None:
    bottles.json(*SYNC)
    bottles.json("sync", "ledger", "kettle@2", "gauge", *CHOSEN)
    pages = _pages()

    written = bottles.json("status")
    assert written["written"][0] == "status/index.html"
    assert _pages() == pages
    for path in PAGE.iterdir():
        path.unlink()
    assert bottles("status").status == 0
    assert _pages() == pages
    (PAGE / "status.json").write_text('{"format":1,"ledger":[]}')
    assert bottles("status").status == 0
    assert _pages() == pages


@pytest.mark.usefixtures("upstream")
def test_a_sync_is_done_though_its_page_cannot_be_written(bottles: Bottles) -> None:
    bottles.json(*SYNC)
    shutil.rmtree(PAGE)
    PAGE.write_text("not a folder")

    ended = bottles("sync", "ledger", "kettle@2", "gauge", *CHOSEN)

    assert ended.status == 0
    assert "the status page was not written: " in ended.err
    assert bottles("ledger", "check").status == 0
    PAGE.unlink()
    bottles.json("sync", "ledger", "kettle@2", "gauge", "jolly-anvil", *CHOSEN)
    for letter, name in (("g", "gauge"), ("j", "jolly-anvil"), ("l", "ledger")):
        assert _rows(f"{letter}.html")[name]


@pytest.mark.usefixtures("upstream")
def test_what_a_killed_sync_left_is_mended_by_one_with_nothing_to_do(
    bottles: Bottles,
) -> None:
    process = start(*SYNC)
    until((PAGE / "status.json").exists)
    process.kill()
    finished(process)

    bottles.json(*SYNC)
    letters = {name: body for name, body in _pages().items() if len(name) == 6}
    assert len(letters) == 27
    bottles.json("status")
    assert letters.items() <= _pages().items()


@pytest.mark.usefixtures("upstream")
def test_the_receipt_is_told_in_three_forms(bottles: Bottles) -> None:
    first = bottles.json(*SYNC)
    bottles.json("sync", "ledger", "kettle@2", "gauge", *CHOSEN)

    now = bottles.json("report")
    then = bottles.json("report", "--run", first["run_id"])
    # As the log shows it.
    assert bottles.json("report", "--run", first["run_id"][:12]) == then
    assert now["complete"] is then["complete"] is True
    assert now["ledger"]["seq"] > then["ledger"]["seq"]
    assert (
        sum(tag["held"] for tag in then["tags"].values())
        == (first["mirrored"]["bottles"])
    )
    named = now["catalog"]["formulae"]
    assert now["catalog"]["not_selected"] == named - 3
    assert then["catalog"]["not_selected"] == named - 2
    text = bottles("report").out
    assert f"Of {named} formulae in the catalog, {named - 3} are not selected" in text
    pin = f"{now['ledger']['seq']}:{now['ledger']['sha256']}"
    assert text.endswith(f"Ledger head         {pin}\n")
    assert bottles("ledger", "check", "--pin", pin).status == 0
    markdown = bottles("report", "--markdown").out
    assert markdown.endswith(f"`{pin}` of ledger `{now['ledger']['id']}`\n")
    for tag, row in now["tags"].items():
        assert f"| {tag} | {row['named']} | {row['held']} |" in markdown
    for unknown in ("none", ""):
        refused = bottles("report", "--run", unknown)
        assert refused.status != 0
        assert f"run {unknown}" in refused.err


def test_there_is_no_page_of_a_store_without_a_ledger(bottles: Bottles) -> None:
    for command in ("status", "report"):
        ended = bottles(command)
        assert ended.status == 2
        assert "no ledger" in ended.err
    assert not Path("mirror").exists()


@pytest.mark.usefixtures("upstream")
def test_the_page_is_served(bottles: Bottles) -> None:
    bottles.json(*SYNC)
    with served("--store", "mirror") as (_, url):
        answer = requests.get(url, timeout=30)
        assert answer.url == f"{url}/status/index.html"
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.content == (PAGE / "index.html").read_bytes()
        for link in Page(answer.content).links:
            if link.startswith("data:"):
                continue
            found = requests.get(f"{url}/status/{link}", timeout=30)
            assert found.status_code == 200, link
