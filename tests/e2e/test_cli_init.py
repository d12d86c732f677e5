"""``bottles init``: three questions, what their answers take, and a file of them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.configuration import configure
from adapters.configuration_sources import file
from domain.config import BucketAddress, FolderAddress, SyncConfig
from domain.selection import parse_target_tags
from tests.standin.catalog import small_catalog
from tests.standin.server import Upstream
from tests.support.command import Bottles, Ended

NOBODY = "http://127.0.0.1:9"
"""Port 9 discards: nobody listens there."""

Answering = Callable[..., Ended]


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """Yield an upstream that the environment points to; there is no file yet."""
    with Upstream() as upstream:
        monkeypatch.setenv("BOTTLES_API_DOMAIN", upstream.api_domain)
        monkeypatch.setenv("BOTTLES_REGISTRY", upstream.registry)
        monkeypatch.setenv("BOTTLES_API_PUBLIC_KEY", upstream.public_key_pem)
        yield upstream


@pytest.fixture
def catalog(folder: Path) -> Path:
    """Return the file of a catalog."""
    path = folder / "formula.json"
    path.write_text(json.dumps(small_catalog()))
    return path


@pytest.fixture
def answering(bottles: Bottles, monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Return what runs ``init`` and answers its questions, a line each."""

    def answering(*arguments: str, answers: tuple[str, ...]) -> Ended:
        typed = io.StringIO("".join(f"{answer}\n" for answer in answers))
        monkeypatch.setattr("sys.stdin", typed)
        ended = bottles("init", *arguments)
        assert typed.read() == "", "not every answer was asked for"
        return ended

    return answering


def written(path: Path = Path("bottles.toml")) -> SyncConfig:
    return configure(file(path)).config


@pytest.mark.usefixtures("reachable")
def test_three_answers_become_a_file_that_a_sync_reads(
    bottles: Bottles, answering: Answering
) -> None:
    ended = answering(answers=("./here", "arm64_sonoma x86_64_linux", "ledger", "y"))

    assert ended.status == 0, ended.err
    assert ended.out.startswith("bottles.toml is written. 6 bottles in here: 24.6 kB")
    assert "bottles sync fetches it" in ended.out
    config = written()
    assert config.store == FolderAddress(Path("here"))
    assert config.selection.tags == parse_target_tags("arm64_sonoma,x86_64_linux")
    assert config.selection.formulae == ("ledger",)
    assert config.selection.with_deps
    assert bottles("sync").status == 0
    assert len(list(Path("here").glob("*/*.tar.gz"))) == 6


@pytest.mark.usefixtures("reachable")
def test_what_is_foreseen_is_what_a_plan_says(bottles: Bottles) -> None:
    told = bottles.json("init", "--yes", "--tag", "arm64_sonoma", "--formula", "ledger")

    plan = bottles.json("plan")

    assert told == {
        "config": "bottles.toml",
        "store": "mirror",
        "target_tags": "arm64_sonoma",
        "formulae": ["ledger"],
        "with_deps": True,
        "forecast": {
            "bottles": plan["to_fetch"]["bottles"],
            "bytes": plan["to_fetch"]["bytes"],
            "assumed_sizes": 0,
            "kept_bytes": int(plan["to_fetch"]["bytes"] * 1.6),
            "dollars_a_month": 0.0,
        },
    }


def test_each_answer_is_told_with_what_it_takes_before_anything_is_fetched(
    reachable: Upstream, folder: Path, answering: Answering
) -> None:
    ended = answering(answers=("s3://bottles/brew", "latest:1", "", ""))

    assert ended.status == 0, ended.err
    lines = [line.split() for line in ended.err.splitlines()]
    for answer in ("mirror", "s3://bucket/prefix", "latest:1", "x86_64_linux", "all"):
        (told,) = (line for line in lines if line[:1] == [answer])
        assert "about" in told
        assert ("nothing" in told) == (answer == "mirror")
    assert written().store == BucketAddress("bottles", "brew")
    assert written().selection.formulae == ()
    assert set(reachable.requests.counts()) == {"catalog"}
    assert [path.name for path in folder.iterdir()] == ["bottles.toml"]


@pytest.mark.usefixtures("reachable")
def test_what_is_said_already_is_not_asked(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTTLES_TARGET_TAGS", "arm64_sonoma")
    ended = answering("--store", "here", "--no-with-deps", answers=("ledger", "y"))

    assert ended.status == 0, ended.err
    assert written().selection.tags == parse_target_tags("arm64_sonoma")
    assert not written().selection.with_deps


@pytest.mark.usefixtures("reachable")
def test_an_answer_that_cannot_be_is_asked_for_again(answering: Answering) -> None:
    ended = answering(
        answers=("ftp://x", "here", "arm64_sonata", "latest:1", "lodger", "ledger", "y")
    )

    assert ended.status == 0, ended.err
    assert "Error: store: 'ftp://x' is not a folder" in ended.err
    assert "Error: no tag 'arm64_sonata' in the catalog; nearest: arm64_so" in ended.err
    assert "Error: no formula 'lodger' in the catalog; nearest: ledger" in ended.err


def test_a_home_that_no_shell_has_spelt_out_is_found(
    catalog: Path, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    answering("--catalog", str(catalog), answers=("~/brew", "", "", "y"))

    assert written().store == FolderAddress(Path("/home/me/brew"))


def test_with_yes_nobody_is_asked_and_a_catalog_in_a_file_needs_no_network(
    bottles: Bottles, catalog: Path
) -> None:
    offline = ("--catalog", str(catalog), "--registry", NOBODY, "--formula", "ledger")
    ended = bottles("init", "--yes", *offline, "--store", "s3://bottles")

    assert ended.status == 0
    assert "bottles in s3://bottles: about" in ended.out
    assert "sizes are not known" in ended.err
    config = written()
    assert config.selection.tags == parse_target_tags("latest:3")
    assert config.selection.formulae == ("ledger",)
    assert config.registry == NOBODY
    assert config.catalog == str(catalog)


def test_what_is_said_of_upstream_is_written_and_nothing_that_nobody_said(
    bottles: Bottles, upstream: Upstream, folder: Path
) -> None:
    key = folder / "key.pem"
    key.write_text(upstream.public_key_pem)
    Path("bottles.toml").unlink()
    said = ("--api-domain", upstream.api_domain, "--registry", upstream.registry)
    ended = bottles(
        *("init", "--yes", *said, "--api-public-key", str(key)),
        *("--catalog", "formula.json", "--formula", "ledger"),
    )
    assert ended.status == 0, ended.err
    config = written()
    assert (config.api_domain, config.registry) == (
        upstream.api_domain,
        upstream.registry,
    )
    assert config.catalog == "formula.json"
    assert config.api_public_key == upstream.public_key_pem
    assert config.retry_attempts == SyncConfig().retry_attempts
    assert bottles("sync").status == 0


def test_what_is_said_as_it_would_be_anyway_is_not_written(
    bottles: Bottles, catalog: Path
) -> None:
    usual = ("--registry", SyncConfig().registry, "--catalog", str(catalog))
    assert bottles("init", "--yes", *usual).status == 0
    assert "registry =" not in Path("bottles.toml").read_text()


def test_without_any_network_the_file_is_written_all_the_same(
    answering: Answering,
) -> None:
    ended = answering("--api-domain", NOBODY, answers=("", "", "jq, git", "y"))

    assert ended.status == 0, ended.err
    assert "nobody knows yet how much there is" in ended.err
    assert "nobody knows before the catalog can be read" in ended.out
    assert written().selection.formulae == ("jq", "git")


def test_what_is_named_wrongly_by_an_option_is_refused(
    bottles: Bottles, catalog: Path
) -> None:
    ended = bottles("init", "--yes", "--catalog", str(catalog), "--formula", "lodger")

    assert ended.status == 2
    assert "nearest: ledger" in ended.err
    assert not Path("bottles.toml").exists()


@pytest.mark.parametrize("name", ["bottles.toml", "mine.toml"])
def test_a_file_that_is_there_is_overwritten_only_by_who_says_so(
    bottles: Bottles, catalog: Path, name: str
) -> None:
    Path(name).write_text("not even TOML")
    init = ("init", "--yes", "--catalog", str(catalog), "--config", name)

    ended = bottles(*init)

    assert ended.status == 2
    assert f"{name} is there already; --overwrite writes another" in ended.err
    assert Path(name).read_text() == "not even TOML"
    assert bottles(*init, "--overwrite", "--store", "here").status == 0
    assert written(Path(name)).store == FolderAddress(Path("here"))


@pytest.mark.parametrize("answers", [("", "", "", "n"), ("", "")])
def test_who_says_no_or_leaves_finds_nothing_written(
    folder: Path, catalog: Path, answering: Answering, answers: tuple[str, ...]
) -> None:
    ended = answering("--catalog", str(catalog), answers=answers)

    assert ended.status == 130
    assert list(folder.iterdir()) == [catalog]


def test_the_quiet_are_asked_and_told_nothing_else(
    catalog: Path, answering: Answering
) -> None:
    arguments = ("-q", "--catalog", str(catalog))
    ended = answering(*arguments, answers=("", "", "", "y"))

    assert ended.status == 0
    assert ended.err == (
        "Where [mirror]: Tags [latest:3]: Formulae [all]: Write bottles.toml? [Y/n]: "
    )


def test_a_place_that_cannot_be_written_is_told_of(
    bottles: Bottles, catalog: Path
) -> None:
    nowhere = ("--config", "nowhere/bottles.toml")
    ended = bottles("init", "--yes", "--catalog", str(catalog), *nowhere)

    assert ended.status == 2
    assert "nowhere/bottles.toml: No such file or directory" in ended.err


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
def test_a_name_that_no_file_can_have_is_told_as_other_commands_tell_it(
    bottles: Bottles, catalog: Path, overwrite: tuple[str, ...]
) -> None:
    named = ("--config", "a" * 300, *overwrite)
    told = "aaa: cannot be read (File name too long)"

    ended = bottles("init", "--yes", "--catalog", str(catalog), *named)
    planned = bottles("plan", "--config", "a" * 300)

    assert ended.status == planned.status == 2
    assert told in ended.err
    assert told in planned.err
