"""``bottles verify --attestations``, with a GitHub and a Sigstore of one's own."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from domain.attestation import HOMEBREW, local_name
from domain.bottle import Bottle, Digest
from domain.tags import Tag
from ports.progress import Progress
from tests.standin.server import Upstream
from tests.support.command import Bottles, Ended, tree
from tests.support.github import GitHub
from tests.support.notary import Notary

MIRROR = Path("mirror")
TOKEN = "hunter2-of-github"
NOTARY = Notary()
LEDGER = "ledger-3.4.1-arm64_sonoma"


@pytest.fixture(autouse=True)
def _the_tests_own_sigstore(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def roots(_progress: Progress) -> object:
        return NOTARY.roots

    monkeypatch.setattr("adapters.sigstore.roots.public_roots", roots)
    logger = logging.getLogger("sigstore")
    before = logger.level
    yield
    logger.setLevel(before)


@pytest.fixture(params=[False, True], ids=["inline", "by address"])
def github(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GitHub]:
    with GitHub(by_address=request.param) as github:
        monkeypatch.setattr("adapters.github.attestations.API", github.api)
        yield github


@pytest.fixture
def held(bottles: Bottles, upstream: Upstream) -> dict[str, Bottle]:
    """Mirror two bottles and return them, by their key."""
    assert upstream.formulae
    bottles.json("sync", "ledger", "gauge", "--tag", "arm64_sonoma")
    entries = json.loads((MIRROR / "bottles_hash.json").read_text())["bottles"]
    return {key: bottle_of(key, entry["sha256"]) for key, entry in entries.items()}


def bottle_of(key: str, sha256: str) -> Bottle:
    """Return the bottle of a key; of the demo's formulae, none has odd names."""
    name, version, tag = key.split("-")
    return Bottle(name, version, 0, Tag(tag), Digest(sha256))


def attest(github: GitHub, bottle: Bottle, name: str | None = None) -> None:
    bundle = NOTARY.attest(bottle, name or local_name(bottle))
    github.add(bottle.digest, HOMEBREW, bundle)


def verify(bottles: Bottles, *more: str) -> Ended:
    return bottles("verify", "--attestations", *more)


def test_what_is_proved_is_counted_and_kept_and_the_second_time_needs_no_network(
    bottles: Bottles, held: dict[str, Bottle], github: GitHub
) -> None:
    for bottle in held.values():
        attest(github, bottle)

    first = verify(bottles, "--json")

    assert first.status == 0, first.err
    assert first.answer == {
        "checked": 2,
        "ok": 2,
        "missing": [],
        "corrupt": [],
        "elsewhere": 0,
        "orphans": [],
        "repaired": [],
        "attestations": {"verified": 2, "missing": 0, "invalid": [], "unchecked": 0},
    }
    kept = {key for key in tree(MIRROR) if key.startswith("attestations/")}
    assert kept == {
        f"attestations/sha256:{bottle.digest}.jsonl" for bottle in held.values()
    }
    github.requests.clear()
    github.quota = 0
    before = tree(MIRROR)
    second = verify(bottles)
    assert second.status == 0
    assert "attestations: 2 bottles verified, 0 without one, 0 invalid" in second.out
    assert github.requests == []
    assert tree(MIRROR) == before


@pytest.mark.usefixtures("held")
def test_bottles_without_one_are_no_failure(bottles: Bottles, github: GitHub) -> None:
    ended = verify(bottles)

    assert ended.status == 0
    assert "attestations: 0 bottles verified, 2 without one, 0 invalid" in ended.out
    # Each digest at Homebrew, then at the backfill.
    assert len(github.requests) == 4


def test_one_that_does_not_hold_is_named_and_is_a_security_event(
    bottles: Bottles, held: dict[str, Bottle], github: GitHub
) -> None:
    attest(github, held[LEDGER], "ledger--9.9.arm64_sonoma.bottle.tar.gz")

    ended = verify(bottles)
    as_json = verify(bottles, "--json")

    assert (ended.status, as_json.status) == (1, 1)
    assert f"  {LEDGER}: it calls these bytes 'ledger--9.9." in ended.out
    assert "security event: " in ended.err
    assert as_json.answer["attestations"]["invalid"] == [LEDGER]


def test_a_quota_that_is_spent_ends_it_with_what_was_found_until_then(
    bottles: Bottles, held: dict[str, Bottle], github: GitHub
) -> None:
    for bottle in held.values():
        attest(github, bottle)
    github.quota = 1

    ended = verify(bottles, "--jobs", "1")

    assert ended.status == 4
    assert "attestations: 1 bottle verified" in ended.out
    assert "1 bottle not checked" in ended.out
    assert (
        "GitHub's quota of 60 requests an hour is spent until 2026-08-22" in ended.err
    )
    github.quota = None
    assert verify(bottles).status == 0


def test_the_token_opens_the_api_and_is_shown_nowhere(
    bottles: Bottles,
    held: dict[str, Bottle],
    github: GitHub,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    attest(github, held[LEDGER])
    github.token = "another"
    monkeypatch.setenv("BOTTLES_GITHUB_TOKEN", TOKEN)

    with caplog.at_level(logging.DEBUG):
        refused = verify(bottles, "-v")

    assert refused.status == 4
    assert "it takes no such github_token" in refused.err
    github.token = TOKEN
    with caplog.at_level(logging.DEBUG):
        taken = verify(bottles, "-v")
    assert taken.status == 0
    assert {each.authorization for each in github.requests} <= {f"Bearer {TOKEN}", None}
    shown = [refused.out, refused.err, taken.out, taken.err, caplog.text]
    assert TOKEN not in "".join(shown)
    assert all(TOKEN.encode() not in body for body in tree(MIRROR).values())


def test_the_token_may_be_a_secret(
    bottles: Bottles, held: dict[str, Bottle], github: GitHub
) -> None:
    attest(github, held[LEDGER])
    github.token = TOKEN
    with mock_aws():
        keeper = boto3.client("secretsmanager", region_name="us-east-1")
        keeper.create_secret(Name="github", SecretString=f'{{"token": "{TOKEN}"}}')
        named = ("--aws-region", "us-east-1", "--github-token-secret-id")

        taken = verify(bottles, *named, "github")
        absent = verify(bottles, *named, "absent")

    assert (taken.status, absent.status) == (0, 4)
    assert github.requests[0].authorization == f"Bearer {TOKEN}"
    assert "the secret absent: " in absent.err
    assert TOKEN not in taken.out + taken.err


@pytest.mark.usefixtures("held", "github")
def test_without_the_library_it_is_told_how_to_install_it(
    bottles: Bottles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sigstore", None)

    ended = verify(bottles)

    assert ended.status == 2
    assert "pip install 'sigstore>=4.5'" in " ".join(ended.err.split())
    assert ended.out == ""
    assert bottles("verify").status == 0


@pytest.mark.usefixtures("github")
def test_damage_of_the_store_comes_first(
    bottles: Bottles, held: dict[str, Bottle]
) -> None:
    assert held
    (lost, *_) = sorted(MIRROR.rglob("gauge-*.tar.gz"))
    lost.unlink()

    assert verify(bottles).status == 3
