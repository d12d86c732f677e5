import json
from pathlib import Path

import pytest

from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault, FaultKind
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.command import (
    Bottles,
    at_one_moment,
    finished,
    start,
    tree,
    write_config,
)
from tests.support.nobody import nobody_listens

MIRROR = Path("mirror")
HASH_FILE = MIRROR / "bottles_hash.json"


def test_a_sync_brings_in_every_bottle_and_a_second_one_nothing(
    bottles: Bottles, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    # When a full hour lies between them, the second has a status page to write.
    at_one_moment(monkeypatch)
    first = bottles.json("sync")
    again = bottles.json("sync")

    assert first["outcome"] == again["outcome"] == "complete"
    assert first["mirrored"]["bottles"] == again["skipped"] > 150
    assert again["mirrored"] == {"bottles": 0, "bytes": 0}
    assert first["copied"] > 0
    # The catalog's 304. The hash file, whose ledger it is, the commit that it was made
    # from, what follows that; the one commit of the run, and the hash file anew.
    assert again["requests"] == {"upstream": 1, "store": 6}
    assert upstream.requests.count("catalog_304") == 1


def test_what_was_fetched_is_what_upstream_has(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json("sync", "ledger", "kettle@2", "--tag", "arm64_sonoma")

    held = json.loads(HASH_FILE.read_text())["bottles"]

    assert sorted(held) == [
        "kettle@2-2.14.0_1-2-arm64_sonoma",
        "ledger-3.4.1-arm64_sonoma",
    ]
    for entry in held.values():
        body = (MIRROR / entry["object_key"]).read_bytes()
        assert body == upstream.content(entry["sha256"])


@pytest.mark.usefixtures("upstream")
@pytest.mark.parametrize(
    ("views", "requests"),
    [
        # The catalog, the registry, and where it redirects.
        ("none", 3),
        # Five documents beside the catalog, and the index.
        ("registry", 3 + 5 + 1),
    ],
)
def test_a_bottle_costs_two_requests_upstream_and_its_release_one(
    bottles: Bottles, views: str, requests: int
) -> None:
    answer = bottles.json("sync", "ledger", "--tag", "arm64_sonoma", "--views", views)

    assert answer["requests"]["upstream"] == requests


@pytest.mark.usefixtures("upstream")
def test_dependencies_come_along_when_they_are_asked_for(bottles: Bottles) -> None:
    alone = bottles.json("plan", "ledger", "--tag", "arm64_sonoma")
    together = bottles.json("plan", "ledger", "--with-deps", "--tag", "arm64_sonoma")
    without = bottles.json(
        *("plan", "ledger", "--with-deps", "--exclude", "hops*"),
        *("--tag", "arm64_sonoma"),
    )

    assert alone["to_fetch"]["bottles"] == 1
    assert together["to_fetch"]["bottles"] == 3
    assert without["to_fetch"]["bottles"] == 2


@pytest.mark.usefixtures("upstream")
def test_a_brewfile_says_what_is_wanted(bottles: Bottles) -> None:
    Path("Brewfile").write_text('brew "ledger"\ncask "firefox"\n')

    ended = bottles("sync", "--brewfile", "Brewfile", "--tag", "arm64_sonoma")

    assert ended.status == 0
    assert "1 bottle mirrored" in ended.out
    assert 'ignored, for it is no formula of homebrew/core: cask "firefox"' in ended.err


@pytest.mark.usefixtures("upstream")
def test_no_more_is_fetched_than_allowed_and_the_rest_waits(bottles: Bottles) -> None:
    ended = bottles("sync", "--max-bytes", "10kB", "--tag", "arm64_sonoma", "-q")
    planned = bottles.json("plan", "--tag", "arm64_sonoma")

    assert ended.status == 0
    assert "2 bottles mirrored (8.2 kB fetched)" in ended.out
    assert "left for a later run: max_bytes is 10.0 kB" in ended.out
    assert "Next: the same command again" in ended.out
    assert planned["held"]["bottles"] == 2


@pytest.mark.usefixtures("upstream")
def test_a_dry_run_is_the_plan_and_writes_nothing(bottles: Bottles) -> None:
    dry = bottles.json("sync", "--dry-run", "ledger")

    assert dry == bottles.json("plan", "ledger")
    assert not MIRROR.exists()


def test_bottles_that_fail_are_told_by_cause_and_stop_no_others(
    bottles: Bottles, upstream: Upstream
) -> None:
    upstream.faults.add(Fault("404", path="core/ledger/", on="blob"))

    ended = bottles("sync", "--tag", "arm64_sonoma")
    after = bottles.json("plan", "--tag", "arm64_sonoma")

    assert ended.status == 1
    assert "Done, but some bottles failed." in ended.out
    assert "not_found (1): ledger-3.4.1-arm64_sonoma" in ended.out
    assert "Next: the same command again" in ended.out
    assert "failed: ledger-3.4.1-arm64_sonoma: " in ended.err
    assert after["to_fetch"]["bottles"] == 1


def test_a_failure_has_its_cause_and_attempts_in_json(
    bottles: Bottles, upstream: Upstream
) -> None:
    upstream.faults.add(Fault("wrong_bytes", on="signed_get"))

    ended = bottles("sync", "ledger", "--tag", "arm64_sonoma", "--json")

    assert ended.status == 1
    assert ended.answer["failed"] == {"wrong_digest": 1}
    (failure,) = ended.answer["failures"]
    assert failure["key"] == "ledger-3.4.1-arm64_sonoma"
    assert failure["attempts"] == 1
    assert "sha256" in failure["detail"]


@pytest.mark.parametrize("fault", ["500", "401", "403"])
def test_an_upstream_that_is_down_stops_the_run_early(
    bottles: Bottles, upstream: Upstream, fault: FaultKind
) -> None:
    upstream.faults.add(Fault(fault, on="blob"))

    ended = bottles("sync", "--tag", "arm64_sonoma", "--jobs", "2", "--json")

    assert ended.status == 4
    assert ended.answer["outcome"] == "failed"
    assert 10 <= len(ended.answer["failures"]) < 20
    assert bottles("verify").status == 0


@pytest.mark.usefixtures("upstream")
def test_a_registry_where_nobody_listens_stops_the_run_early(bottles: Bottles) -> None:
    with nobody_listens() as port:
        registry = f"http://127.0.0.1:{port}"
        ended = bottles("sync", "--registry", registry, "--tag", "arm64_sonoma")

    assert ended.status == 4
    assert ended.out.startswith("Given up.")
    assert "Why: " in ended.out
    assert "Connection refused" in ended.out


@pytest.mark.usefixtures("upstream")
def test_the_end_says_what_where_and_what_next(bottles: Bottles) -> None:
    ended = bottles("sync", "gauge", "--store", "elsewhere")

    assert ended.status == 0
    title, mirrored = ended.out.splitlines()[:2]
    assert title == "Done."
    assert mirrored.startswith(
        "3 bottles mirrored (4.1 kB fetched), 2 of them copied inside the store, 0 held"
        " already, in elsewhere, in "
    )
    # The start, the bottles, the end; the generation, and that it is shown.
    assert "Ledger head: 4:" in ended.out
    assert "Generation 1 is published: 3 bottles." in ended.out
    assert "Next: bottles serve --store elsewhere" in ended.out


@pytest.mark.usefixtures("upstream")
def test_options_count_before_the_command_and_after_it(bottles: Bottles) -> None:
    bottles.json("--store", "one", "sync", "ledger")
    ended = bottles(
        "--json", "-q", "--store", "two", "sync", "ledger", "--store", "one"
    )

    assert ended.answer["mirrored"]["bottles"] == 0
    assert ended.err == ""
    assert not Path("two").exists()


def test_a_bottle_that_was_replaced_lies_beside_the_old_one(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json("sync", "ledger", "--tag", "arm64_sonoma")
    before = tree(MIRROR)

    with Upstream(seed=1) as rebuilt:
        ended = bottles(
            *("sync", "ledger", "--tag", "arm64_sonoma"),
            *("--api-domain", rebuilt.api_domain, "--registry", rebuilt.registry),
        )
        (key,) = json.loads(HASH_FILE.read_text())["bottles"].values()

        assert ended.status == 0
        assert key["sha256"] == rebuilt.digest("ledger", "arm64_sonoma")
    after = tree(MIRROR)
    kept = [path for path in before if path.endswith(".tar.gz")]
    assert all(after[path] == before[path] for path in kept)
    assert upstream.digest("ledger", "arm64_sonoma") != key["sha256"]


def test_what_a_host_tells_one_process_all_heed(folder: Path) -> None:
    with Upstream(plain_catalog(300), sizes=fixed(1_000)) as upstream:
        write_config(
            folder, upstream, target_tags="arm64_sonoma", retry_attempts=3, jobs=8
        )
        upstream.faults.add(
            Fault("429", on="blob", times=1, retry_after=4),
            # A tenth of a second each: who does not wait has enough to do meanwhile.
            Fault("slow", on="signed_get", rate=10_000),
        )

        ended = finished(start("sync", "--json"))

        asked = upstream.requests.recorded("blob")
        (told,) = (one.arrived for one in asked if one.status == 429)
        since = [one.arrived - told for one in asked]
        # What is on its way then still arrives.
        assert not [seconds for seconds in since if 1 < seconds < 4]
        assert max(since) >= 4
        assert ended.answer["mirrored"]["bottles"] == 300
