"""What ``docs/reference/iam.md`` gives a command line, and what it does with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from adapters.system_clock import SystemClock
from tests.fake_s3.store import FakeStore
from tests.standin.server import Upstream
from tests.support.command import ROOT, Bottles
from tests.support.guarded_s3 import GuardedS3, Statement
from tests.support.shown_mirror import grown

PAGE = (ROOT / "docs" / "reference" / "iam.md").read_text("utf-8")
BUCKET = "rights"
# What GitHub attests to cannot be had here.
NOT_HERE = f"arn:aws:s3:::{BUCKET}/attestations/*"


def policy(heading: str) -> list[Statement]:
    section = PAGE.partition(f"\n### {heading}\n")[2]
    found = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert found is not None
    written = json.loads(found[1].replace("BUCKET", BUCKET))["Statement"]
    return [Statement.of(each) for each in written]


LOOK, MIRROR, LET_GO = (policy(f"To {what}") for what in ("look", "mirror", "let go"))


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> Iterator[GuardedS3]:
    """Yield an S3 with a bucket in which nobody may do anything yet."""
    assert upstream is not None
    with GuardedS3() as s3:
        s3.create(BUCKET, versioning=True)
        for name, value in s3.variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("BOTTLES_STORE", f"s3://{BUCKET}")
        monkeypatch.setenv("BOTTLES_TARGET_TAGS", "arm64_sonoma")
        yield s3


def run(s3: GuardedS3, bottles: Bottles, *commands: str) -> None:
    for command in commands:
        ended = bottles(*command.split())
        assert (s3.refused, ended.status) == ([], 0), f"{command}: {ended.err}"


def needless(s3: GuardedS3, statements: Sequence[Statement]) -> set[tuple[str, str]]:
    granted = {grant for each in statements for grant in each.grants()}
    return {grant for grant in granted - s3.used if grant[1] != NOT_HERE}


def test_who_mirrors_does_with_the_rights_to_look_and_to_mirror(
    bottles: Bottles, s3: GuardedS3
) -> None:
    views = "--views registry,flat --keep-generations 2"

    s3.statements = [*LOOK, *MIRROR]
    run(
        s3,
        bottles,
        "doctor",
        f"sync ale {views}",
        f"sync gauge {views}",
        f"sync ledger {views}",
        f"sync ale --tag arm64_tahoe {views}",
        "rollback",
        "status",
        "ledger replay",
    )
    bucket = s3.bucket(BUCKET)
    bottle = next(each.key for each in bucket.versions() if each.key[:2] == "20")
    bucket.delete(bottle)
    run(s3, bottles, "verify --repair --views registry,flat")

    assert bucket.get(bottle).body
    assert needless(s3, MIRROR) == set()


def test_who_looks_does_with_the_rights_to_look(
    bottles: Bottles, s3: GuardedS3
) -> None:
    s3.statements = [*LOOK, *MIRROR]
    run(s3, bottles, "sync ale")
    s3.used.clear()

    s3.statements = LOOK
    run(
        s3,
        bottles,
        "plan ale",
        "verify --deep",
        "gc",
        "explain ale",
        "report",
        "export --since 0 --to export",
        "ledger log",
        "ledger show 0",
        "ledger check --read",
        "ledger replay --at 0",
    )

    assert needless(s3, LOOK) == set()


def test_who_lets_go_needs_the_rights_to_let_go_as_well(
    bottles: Bottles, s3: GuardedS3
) -> None:
    made = grown(SystemClock().now() - timedelta(days=100)).disk
    store = FakeStore(s3.bucket(BUCKET))
    for info in made.list(""):
        store.create(info.key, made.get(info.key).body)

    s3.statements = [*LOOK, *MIRROR, *LET_GO]
    run(s3, bottles, "gc --yes --max-evict 40%")

    assert needless(s3, LET_GO) == set()


def test_without_a_right_it_is_told_that_it_is_missing(
    bottles: Bottles, s3: GuardedS3
) -> None:
    s3.statements = LOOK

    ended = bottles("sync", "ale")

    assert ended.status == 4
    assert s3.refused
    assert "PutObject operation: Access Denied" in ended.err
