import uuid
from importlib import resources
from pathlib import Path

import pytest

from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.command import Bottles, Ended, tree
from tests.support.seaweed import SeaweedS3
from tests.support.stores import shared_bucket, use_seaweed

MIRROR = Path("mirror")
COMMITS = MIRROR / "ledger" / "v1" / "commits"
NAMES = [
    *("configuration", "store", "probe", "ledger", "last_run", "catalog", "registry"),
]


@pytest.fixture
def mirror(bottles: Bottles, upstream: Upstream) -> Path:
    """Sync a formula; return the mirror."""
    assert upstream.formulae
    bottles.json("sync", "ledger", "--tag", "arm64_sonoma")
    return MIRROR


def _states(ended: Ended) -> dict[str, str]:
    checks = ended.answer["checks"]
    assert all(set(check) == {"check", "state", "detail", "advice"} for check in checks)
    assert ended.answer["ok"] == all(check["state"] != "fail" for check in checks)
    return {check["check"]: check["state"] for check in checks}


def test_a_good_mirror_is_ready_and_left_as_it_was(
    bottles: Bottles, mirror: Path
) -> None:
    before = tree(mirror)

    told = bottles("doctor")
    ended = bottles("doctor", "--json")

    assert told.status == ended.status == 0
    assert told.out.endswith("\n\nall is there that a run needs\n")
    assert told.out.splitlines()[0] == (
        "ok    configuration  read from bottles.toml; the store is mirror"
    )
    assert "ok    last run       complete at 20" in told.out
    assert "signature good" in told.out
    assert _states(ended) == dict.fromkeys(NAMES, "ok")
    assert tree(mirror) == before


@pytest.mark.usefixtures("upstream")
def test_an_empty_place_is_ready_and_stays_empty(bottles: Bottles) -> None:
    ended = bottles("doctor", "--json")

    assert ended.status == 0
    assert _states(ended) == dict.fromkeys(NAMES, "ok")
    assert tree(MIRROR) == {}
    assert bottles.json("sync", "ledger", "--tag", "arm64_sonoma")["mirrored"]


def test_a_damaged_log_is_told_and_left_as_it_is(
    bottles: Bottles, mirror: Path
) -> None:
    newest = max(COMMITS.iterdir())
    newest.write_bytes(newest.read_bytes().replace(b"ledger", b"lodger"))
    before = tree(mirror)

    ended = bottles("doctor", "--json")
    told = bottles("doctor")

    assert ended.status == told.status == 3
    assert _states(ended)["ledger"] == "fail"
    assert _states(ended)["catalog"] == _states(ended)["registry"] == "ok"
    assert "FAIL  ledger         the ledger is damaged at commit " in told.out
    assert "do: let no run begin; bottles ledger check --read" in told.out
    assert "1 of 7 checks failed" in told.out
    assert tree(mirror) == before


@pytest.mark.usefixtures("mirror")
def test_an_upstream_out_of_reach_is_told(bottles: Bottles, upstream: Upstream) -> None:
    upstream.faults.add(Fault("500", path="formula.jws.json"))
    upstream.faults.add(Fault("500", path="core/"))

    ended = bottles("doctor", "--json")

    assert ended.status == 4
    failed = {name for name, state in _states(ended).items() if state == "fail"}
    assert failed == {"catalog", "registry"}


@pytest.mark.usefixtures("mirror")
def test_a_catalog_of_somebody_else_is_told(bottles: Bottles) -> None:
    key = resources.files("adapters.homebrew").joinpath("homebrew-1.pem")

    ended = bottles("doctor", "--api-public-key", str(key))

    assert ended.status == 4
    assert "FAIL  catalog" in ended.out
    assert "do: do not sync from there" in ended.out


def test_damage_counts_more_than_what_is_out_of_reach(
    bottles: Bottles, upstream: Upstream, mirror: Path
) -> None:
    upstream.faults.add(Fault("500", path="formula.jws.json"))
    max((mirror / "ledger" / "v1" / "commits").iterdir()).unlink()

    ended = bottles("doctor", "--json")

    assert ended.status == 3
    assert _states(ended)["ledger"] == _states(ended)["catalog"] == "fail"


@pytest.mark.usefixtures("upstream")
def test_a_place_of_other_things_is_not_touched(bottles: Bottles) -> None:
    MIRROR.mkdir()
    (MIRROR / "cat.jpg").write_bytes(b"meow")

    ended = bottles("doctor", "--json")

    assert ended.status == 2
    assert _states(ended)["store"] == "fail"
    assert _states(ended)["probe"] == "warn"
    assert [path.name for path in MIRROR.iterdir()] == ["cat.jpg"]


@pytest.mark.usefixtures("upstream")
def test_a_store_that_is_no_folder_is_told(bottles: Bottles) -> None:
    MIRROR.write_text("a file")

    ended = bottles("doctor")

    assert ended.status == 4
    assert "FAIL  probe" in ended.out
    assert "a file is where a folder is needed" in ended.out
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("place", [("--json", "doctor"), ("doctor", "--json")])
def test_a_wrong_configuration_is_the_one_finding(
    bottles: Bottles, monkeypatch: pytest.MonkeyPatch, place: tuple[str, ...]
) -> None:
    monkeypatch.setenv("BOTTLES_JOBS", "many")

    ended = bottles(*place)

    assert ended.status == 2
    assert _states(ended) == {"configuration": "fail"}
    (check,) = ended.answer["checks"]
    assert "environment BOTTLES_JOBS" in check["detail"]


@pytest.mark.usefixtures("upstream")
def test_where_the_settings_come_from_is_told_and_no_secret(
    bottles: Bottles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTTLES_REGISTRY_TOKEN", "hush")
    Path("bottles.toml").rename("other.toml")

    ended = bottles("--config", "other.toml", "doctor", "--store", "elsewhere")

    assert (
        "read from other.toml, BOTTLES_REGISTRY_TOKEN; the store is elsewhere"
        in ended.out
    )
    assert "hush" not in ended.out + ended.err


@pytest.fixture
def bucket(seaweed: SeaweedS3, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a server of the tests what AWS is to the command line."""
    use_seaweed(monkeypatch, seaweed)
    return f"s3://{shared_bucket(seaweed)}/doctor/{uuid.uuid4()}"


@pytest.mark.usefixtures("upstream")
def test_a_bucket_is_examined_as_a_folder_is(bottles: Bottles, bucket: str) -> None:
    assert _states(bottles("doctor", "--json", "--store", bucket)) == dict.fromkeys(
        NAMES, "ok"
    )


@pytest.mark.usefixtures("upstream", "bucket")
def test_a_bucket_that_is_not_there_is_told(bottles: Bottles) -> None:
    ended = bottles("doctor", "--store", "s3://no-such-bucket")

    assert ended.status == 4
    assert "create it with: aws s3 mb s3://no-such-bucket" in ended.out
    assert "ok    catalog" in ended.out


@pytest.mark.usefixtures("upstream")
def test_a_profile_that_is_not_there_is_told(
    bottles: Bottles, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    ended = bottles("doctor", "--store", bucket)

    assert ended.status == 4
    assert "The config profile (nobody) could not be found" in ended.out
    assert "ok    registry" in ended.out
