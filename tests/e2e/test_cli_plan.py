import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.standin.server import Upstream
from tests.support.command import Bottles


def plan_of(bottles: Bottles, catalog: Path, *arguments: str) -> dict[str, object]:
    # Port 9 discards: nobody listens there.
    registry = ("--registry", "http://127.0.0.1:9")
    ended = bottles("plan", "--catalog", str(catalog), *registry, "--json", *arguments)
    assert ended.status == 0, ended.err
    assert ended.err.startswith("sizes are not known: ")
    answer: dict[str, object] = ended.answer
    return answer


@pytest.mark.parametrize(
    ("tags", "chosen", "count", "digests"),
    [
        (
            "latest:3",
            ["arm64_tahoe", "arm64_sequoia", "arm64_sonoma"],
            22_879,
            21_112,
        ),
        (
            "arm64_sonoma,arm64_ventura,monterey",
            ["arm64_sonoma", "arm64_ventura", "monterey"],
            11_761,
            11_623,
        ),
        ("x86_64_linux", ["x86_64_linux"], 8_402, None),
    ],
)
def test_plans_the_real_catalog_with_a_registry_out_of_reach(
    bottles: Bottles,
    real_data: Path,
    tags: str,
    chosen: list[str],
    count: int,
    digests: int | None,
) -> None:
    catalog = (real_data / "formula-2026-08-22.json.gz").resolve()

    answer = plan_of(bottles, catalog, "--tag", tags)

    assert answer["catalog"] == {
        "source": str(catalog),
        "sha256": "82b649a304ea0c138813fc28666a9eb0a65c532565ca2c34ad0eff770226ab09",
        "formulae": 8_560,
        "skipped": 0,
        "signed": False,
    }
    assert answer["tags"] == chosen
    assert answer["offered"] == {"bottles": count, "bytes": 0}
    to_fetch = answer["to_fetch"]
    assert isinstance(to_fetch, dict)
    assert to_fetch["bottles"] == count
    if digests is not None:
        assert to_fetch["unknown_sizes"] == digests
        assert to_fetch["copies"] == count - digests
    assert answer["route"] == "ecs"


@pytest.mark.usefixtures("upstream")
def test_the_answer_has_the_shape_that_scripts_rely_on(bottles: Bottles) -> None:
    tags = "arm64_sonoma,x86_64_linux"
    answer = bottles.json("plan", "ledger", "gauge", "--tag", tags)
    source, sha256 = answer["catalog"].pop("source"), answer["catalog"].pop("sha256")
    plan_sha256 = answer.pop("plan_sha256")

    assert answer == {
        "catalog": {"formulae": 75, "skipped": 0, "signed": True},
        "tags": ["arm64_sonoma", "x86_64_linux"],
        "offered": {"bottles": 4, "bytes": 16_384},
        "held": {"bottles": 0},
        "elsewhere": {"bottles": 0},
        "to_fetch": {"bottles": 4, "bytes": 16_384, "copies": 0, "unknown_sizes": 0},
        "by_tag": {
            "arm64_sonoma": {"bottles": 2, "bytes": 8_192},
            "x86_64_linux": {"bottles": 2, "bytes": 8_192},
        },
        "route": "lambda",
        "shards": 1,
    }
    assert source.endswith("/api/formula.jws.json")
    assert len(sha256) == len(plan_sha256) == 64


@pytest.mark.usefixtures("upstream")
def test_a_plan_with_nothing_left_to_do_still_tells_what_there_is(
    bottles: Bottles,
) -> None:
    bottles.json("sync", "ledger")

    answer = bottles.json("plan", "ledger")
    ended = bottles("plan", "ledger")

    assert answer["catalog"]["formulae"] == 75
    assert answer["held"] == {"bottles": 3}
    assert answer["to_fetch"]["bottles"] == 0
    assert (answer["route"], answer["shards"]) == ("none", 0)
    assert "Nothing to fetch: the mirror is complete." in ended.out


@pytest.mark.usefixtures("upstream")
def test_a_person_reads_tags_totals_biggest_formulae_route_and_time(
    bottles: Bottles,
) -> None:
    ended = bottles("plan", "--tag", "arm64_sonoma", "ledger", "gauge", "bung")

    assert ended.status == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith("catalog   http://127.0.0.1:")
    assert lines[0].endswith("/api/formula.jws.json (75 formulae; signature good)")
    assert lines[1:] == [
        "store     mirror",
        "offered   3 bottles, 0 of them held",
        "to fetch  3 bottles, 12.3 kB",
        "",
        "  client        lacks  to fetch",
        "  arm64_sonoma      3   12.3 kB",
        "",
        "biggest formulae",
        "  bung    4.1 kB",
        "  gauge   4.1 kB",
        "  ledger  4.1 kB",
        "",
        "in the cloud  Lambda, 1 shard",
        "time          about 1 s at 25.0 MB/s (assumed)",
        "",
        "Next: bottles sync with the same words fetches it",
    ]


def test_sizes_that_nobody_tells_are_said_to_be_unknown(
    bottles: Bottles, upstream: Upstream
) -> None:
    ended = bottles("plan", "ledger", "--registry", "http://127.0.0.1:9")

    assert ended.status == 0
    assert "to fetch  3 bottles, sizes not known" in ended.out
    assert "not known, as no size is" in ended.out
    assert "sizes are not known: ledger-3.4.1-arm64_" in ended.err
    assert upstream.requests.count("manifest") == 0


@pytest.mark.usefixtures("upstream")
def test_sizes_that_are_guessed_are_said_to_be_about_right(bottles: Bottles) -> None:
    here = ("--tag", "arm64_sonoma")
    bottles("sync", "ledger", *here)
    nowhere = ("gauge", "bung", *here, "--registry", "http://127.0.0.1:9")

    answer = bottles.json("plan", *nowhere)
    told = bottles("plan", *nowhere).out

    assert answer["to_fetch"] == {
        "bottles": 2,
        "bytes": 8_192,
        "copies": 0,
        "unknown_sizes": 2,
    }
    assert answer["by_tag"] == {"arm64_sonoma": {"bottles": 2, "bytes": 8_192}}
    assert answer["route"] == "ecs"
    assert "to fetch  2 bottles, about 8.2 kB (2 sizes estimated)" in told
    assert "arm64_sonoma      2  about 8.2 kB" in told


@pytest.mark.usefixtures("upstream")
def test_planning_writes_nothing(bottles: Bottles) -> None:
    before = sorted(Path().rglob("*"))

    bottles.json("plan")

    assert sorted(Path().rglob("*")) == before


@pytest.mark.usefixtures("upstream")
def test_a_bound_on_bytes_holds_for_the_plan_too(bottles: Bottles) -> None:
    bound = ("ledger", "gauge", "--tag", "arm64_sonoma", "--max-bytes", "5kB")

    answer = bottles.json("plan", *bound)
    told = bottles("plan", *bound).out

    assert answer["to_fetch"]["bottles"] == 1
    assert answer["to_fetch"]["bytes"] == 4_096
    assert "left      1 bottle, for max_bytes is 5.0 kB" in told
    assert "Nothing to fetch" not in bottles("plan", *bound[:-1], "1").out


HEAVY = (
    *("boto3", "botocore", "requests", "rich", "dependency_injector", "marshmallow"),
    *("cryptography", "adapters", "application"),
)


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], HEAVY),
        (["plan", "--help"], HEAVY),
        (["ledger", "log", "--help"], HEAVY),
        (["completion", "bash"], HEAVY),
        (
            ["plan", "--catalog", "catalog.json"],
            (
                *("boto3", "botocore", "rich", "cryptography", "werkzeug", "pydantic"),
                *("application.sync_bottles", "application.expose"),
            ),
        ),
    ],
)
def test_no_command_waits_for_what_it_does_not_need(
    folder: Path, arguments: list[str], heavy: tuple[str, ...]
) -> None:
    program = (
        "import sys\n"
        "from entrypoints.cli.main import main\n"
        "main(sys.argv[1:])\n"
        "sys.stderr.write('\\n' + ' '.join(sorted(sys.modules)))\n"
    )
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(ended.stderr.splitlines()[-1].split())
    assert loaded & set(heavy) == set()
