"""The signed API's documents, through the command line: kept, let go or refused."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.standin.catalog import Formula, plain_catalog
from tests.standin.faults import Fault
from tests.standin.packages import packages_of, written
from tests.standin.server import Upstream
from tests.standin.signing import signed
from tests.support.command import Bottles, tree, write_config

NOON = 1_790_000_000  # Unix seconds
MINUTE, HOUR = 60, 3_600  # seconds
CLIENT = "arm64_sonoma"
PACKAGES = f"internal/packages.{CLIENT}.jws.json"
DOCUMENTS = (
    "cask.jws.json",
    "cask_tap_migrations.jws.json",
    "formula.jws.json",
    "formula_tap_migrations.jws.json",
    "internal/executables.txt",
    PACKAGES,
)
SYNC = ("sync", "--tag", CLIENT)
STAGED = Path("mirror", "generations", "staged")
PLAIN = plain_catalog(40)
ONE = str(PLAIN[0]["name"])


@pytest.fixture
def upstream(folder: Path) -> Any:  # noqa: ANN401 - a generator of one
    with Upstream(PLAIN, clock=lambda: NOON) as upstream:
        write_config(folder, upstream)
        yield upstream


def seen(bottles: Bottles) -> dict[str, str]:
    """Return the documents of the catalog that was read last, as the ledger has it."""
    assert bottles("ledger", "check").status == 0
    state = json.loads(Path("mirror", "bottles_hash.json").read_text())["state"]
    documents: dict[str, str] = state["catalog"]["documents"]
    return documents


def serve_packages(upstream: Upstream, formulae: list[Formula], made: int) -> None:
    """Serve packages of some formulae, made at some time."""
    payload = written(packages_of(formulae, CLIENT, made))
    upstream.replace_document(PACKAGES, signed(payload))


def newer(name: str) -> list[Formula]:
    """Return the catalog with one formula one version further on."""
    (old,) = (entry for entry in PLAIN if entry["name"] == name)
    new = {**old, "versions": {**old["versions"], "stable": "999.0"}, "revision": 0}
    return [new if entry is old else entry for entry in PLAIN]


def failed(bottles: Bottles, status: int, *told: str) -> None:
    """Hold a sync that must fail to changing nothing that is recorded or visible."""
    before = recorded()
    ended = bottles(*SYNC)
    assert ended.status == status, ended.err
    for text in told:
        assert text in ended.err
    assert recorded() == before


def recorded() -> dict[str, bytes]:
    """Return all of the mirror but for what is staged."""
    return {
        path: body
        for path, body in tree(Path("mirror")).items()
        if not path.startswith("generations/staged/")
    }


def test_a_sync_keeps_the_documents_byte_for_byte(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json(*SYNC)
    documents = seen(bottles)
    assert sorted(documents) == sorted(DOCUMENTS)
    assert upstream.requests.count("document") == len(DOCUMENTS) - 1
    assert upstream.requests.count("catalog") == 1
    for sha256 in documents.values():
        assert (STAGED / sha256).is_file()


def test_a_plan_keeps_none(bottles: Bottles, upstream: Upstream) -> None:
    bottles.json("plan", "--tag", CLIENT)
    assert upstream.requests.count("document") == len(DOCUMENTS) - 1
    assert not Path("mirror").exists()


def test_when_nothing_has_changed_one_answer_is_enough(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json(*SYNC)
    upstream.reset_requests()
    assert bottles.json(*SYNC)["requests"]["upstream"] == 1
    assert upstream.requests.counts() == {"catalog_304": 1}


def test_for_another_client_its_documents_are_fetched(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json(*SYNC)
    upstream.reset_requests()
    bottles.json("sync", "--tag", "arm64_tahoe")
    assert "internal/packages.arm64_tahoe.jws.json" in seen(bottles)
    assert upstream.requests.count("document") == len(DOCUMENTS) - 1


@pytest.mark.parametrize(
    "setting", [("--views", "none"), ("--catalog", "formula.json")]
)
def test_where_nothing_can_be_published_the_catalog_is_enough(
    bottles: Bottles, upstream: Upstream, setting: tuple[str, str]
) -> None:
    bottles.json(*SYNC, *setting)
    assert upstream.requests.count("document") == 0
    assert not STAGED.exists()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_web_page_in_place_of_any_document_is_refused(
    bottles: Bottles, upstream: Upstream, name: str
) -> None:
    bottles.json(*SYNC)
    upstream.publish(plain_catalog(41), published_at=NOON + HOUR)
    upstream.faults.add(Fault("html", path=name))
    failed(bottles, 4, f"{name}: a web page came in place of the document")
    upstream.faults.clear()
    assert bottles.json(*SYNC)["mirrored"]["bottles"] == 1


@pytest.mark.parametrize(
    "name", [name for name in DOCUMENTS if name.endswith(".jws.json")]
)
def test_a_bad_signature_of_any_document_stops_the_run(
    bottles: Bottles, upstream: Upstream, name: str
) -> None:
    bottles.json(*SYNC)
    upstream.publish(plain_catalog(41), published_at=NOON + HOUR)
    upstream.faults.add(Fault("bad_signature", path=name))
    failed(bottles, 4, f"{name}: the signature by homebrew-1 is not good")


def test_packages_that_lost_what_the_catalog_still_has_are_refused(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json(*SYNC)
    upstream.publish(PLAIN, published_at=NOON + HOUR)
    serve_packages(upstream, list(upstream.formulae)[:37], NOON + HOUR)
    failed(bottles, 4, f"{PACKAGES}: it holds 37 bottles", "last 40", "not believed")
    upstream.restore_documents()
    assert bottles(*SYNC).status == 0


def test_a_tag_that_upstream_stops_building_stops_no_run(
    bottles: Bottles, upstream: Upstream
) -> None:
    other = ("sync", "--tag", f"{CLIENT},arm64_tahoe")
    both = plain_catalog(40, (CLIENT, "arm64_tahoe"))
    upstream.publish(both, published_at=NOON)
    bottles.json(*other)
    # What is built anew has no bottle for the older macOS any more.
    anew = plain_catalog(40, ("arm64_tahoe",))
    upstream.publish([*both[:30], *anew[30:]], published_at=NOON + HOUR)

    ended = bottles(*other)

    assert ended.status == 0, ended.err
    assert f"{PACKAGES} has 30 bottles, and had 40 when it was seen last" in ended.err


def test_packages_that_are_older_by_hours_are_refused(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json(*SYNC)
    upstream.publish(PLAIN, published_at=NOON + HOUR)
    serve_packages(upstream, list(upstream.formulae), NOON - 2 * HOUR)
    failed(bottles, 4, PACKAGES, "older than the one seen last", "try again later")


def test_what_is_older_by_minutes_is_let_go_and_the_run_goes_on(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json(*SYNC)
    before = seen(bottles)
    # Each of them comes from another cache, and each of those is behind.
    upstream.publish(plain_catalog(41), published_at=NOON + HOUR)
    serve_packages(upstream, newer(ONE), NOON - 20 * MINUTE)
    upstream.replace_document("cask.jws.json", signed(b"[]"), NOON - 20 * MINUTE)

    ended = bottles(*SYNC)

    assert ended.status == 0
    assert f"{PACKAGES} comes older than it was seen last" in ended.err
    assert "cask.jws.json comes older than it was seen last" in ended.err
    after = seen(bottles)
    assert after[PACKAGES] == before[PACKAGES]
    assert after["cask.jws.json"] == before["cask.jws.json"]
    assert after["formula.jws.json"] != before["formula.jws.json"]


def test_a_catalog_that_is_older_by_minutes_is_let_go_and_the_run_goes_on(
    bottles: Bottles, upstream: Upstream
) -> None:
    upstream.publish(plain_catalog(41), published_at=NOON + 10 * MINUTE)
    bottles.json(*SYNC, "--max-bytes", "1")
    before = seen(bottles)
    upstream.faults.add(Fault("older_catalog"))

    ended = bottles(*SYNC)

    assert ended.status == 0
    assert "formula.jws.json comes older than it was seen last" in ended.err
    assert seen(bottles) == before
    assert bottles.json("plan", "--tag", CLIENT)["held"] == {"bottles": 41}


def test_packages_that_are_ahead_are_mirrored_beside_the_catalog(
    bottles: Bottles, upstream: Upstream
) -> None:
    old = upstream.digest(ONE, CLIENT)
    upstream.publish(newer(ONE), published_at=NOON + HOUR)
    ahead = list(upstream.formulae)
    upstream.publish(PLAIN, published_at=NOON + 2 * HOUR)
    serve_packages(upstream, ahead, NOON + 2 * HOUR)

    planned = bottles.json("plan", "--tag", CLIENT)
    assert planned["to_fetch"]["bottles"] == 41
    assert bottles.json(*SYNC)["mirrored"]["bottles"] == 41
    held = json.loads(Path("mirror", "bottles_hash.json").read_text())["bottles"]
    of_one = [held[key]["sha256"] for key in held if key.startswith(f"{ONE}-")]
    assert len(of_one) == 2
    assert old in of_one


def test_what_packages_still_name_is_not_superseded(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json(*SYNC)
    behind = list(upstream.formulae)
    upstream.publish(newer(ONE), published_at=NOON + HOUR)
    serve_packages(upstream, behind, NOON + MINUTE)
    assert bottles.json(*SYNC)["mirrored"]["bottles"] == 1
    assert "BottleSuperseded" not in bottles("ledger", "log").out

    upstream.restore_documents()
    upstream.publish(newer(ONE), published_at=NOON + 2 * HOUR)
    assert bottles.json(*SYNC)["mirrored"]["bottles"] == 0
    assert "1 BottleSuperseded" in bottles("ledger", "log").out


def test_what_upstream_does_not_have_is_told(
    bottles: Bottles, upstream: Upstream
) -> None:
    upstream.replace_document("internal/executables.txt", None)
    ended = bottles(*SYNC)
    assert ended.status == 0
    assert "upstream has no internal/executables.txt: it is not published" in ended.err
    assert "internal/executables.txt" not in seen(bottles)


def test_the_ruby_that_brew_runs_on_is_mirrored_beside_what_is_named(
    bottles: Bottles, upstream: Upstream
) -> None:
    ruby = {
        **plain_catalog(1, ("arm64_big_sur", "catalina"))[0],
        "name": "portable-ruby",
        "full_name": "portable-ruby",
    }
    upstream.publish([*PLAIN[:2], ruby], published_at=NOON + HOUR)
    held = ("plan", ONE, "--tag", CLIENT)
    assert bottles.json(*held)["offered"]["bottles"] == 2
    assert bottles.json(*held, "--views", "none")["offered"]["bottles"] == 1
    excluded = bottles.json(*held, "--exclude", "portable-ruby")
    assert excluded["offered"]["bottles"] == 1


def test_what_another_run_may_have_just_staged_outlives_a_publication(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json(*SYNC)
    fresh, old = STAGED / ("a" * 64), STAGED / ("b" * 64)
    for path in (fresh, old):
        path.write_text("of a run that is still to be planned")
    long_ago = time.time() - HOUR  # noqa: TID251 - the files' own clock
    os.utime(old, (long_ago, long_ago))
    upstream.publish(newer(ONE), published_at=NOON + HOUR)
    assert bottles.json(*SYNC)["published"]["generation"] == 2
    assert fresh.exists()
    assert not old.exists()


def test_a_file_that_is_called_as_the_document_of_the_api_is_a_file_all_the_same(
    bottles: Bottles, upstream: Upstream
) -> None:
    url = f"{upstream.api_domain}/formula.jws.json"
    Path("formula.jws.json").write_bytes(requests.get(url, timeout=30).content)
    file = ("--catalog", "./formula.jws.json")
    assert bottles.json(*SYNC, *file)["mirrored"]["bottles"] == 40
    again = bottles(*SYNC, *file)
    assert again.status == 0
    assert "nothing is published" not in again.err
    told = bottles("publish", "--tag", CLIENT)
    assert told.status == 2
    assert "the catalog was not read from the signed API" in told.err
