"""``bottles smoke`` against mirrors over HTTP, good ones and bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.folder.store import FolderStore
from tests.standin.server import Upstream
from tests.standin.signing import public_key_pem
from tests.support.command import Bottles
from tests.support.mirror_tree import MirrorTree
from tests.support.nginx import WHY_NOT, find_nginx, nginx_before
from tests.support.nobody import nobody_listens
from tests.support.served import served

TREE = MirrorTree()


@pytest.fixture
def mirror(folder: Path) -> Path:
    """Return the folder of a published mirror; the key that signs it is beside it."""
    mirror = folder / "mirror"
    TREE.write(FolderStore(mirror).public)
    (folder / "key.pem").write_text(public_key_pem())
    return mirror


@pytest.mark.parametrize("view", ["registry", "flat"])
def test_brew_gets_what_a_sync_has_published(
    bottles: Bottles, upstream: Upstream, view: str
) -> None:
    assert upstream.formulae
    names = ("kettle", "beermat@3", "hops+3")
    tag = ("--tag", "arm64_sonoma")
    ended = bottles("sync", *names, "--with-deps", *tag, "--views", "registry,flat")
    assert ended.status == 0, ended.err
    with served() as (_, url):
        ended = bottles("smoke", url, *names, *tag, "--view", view)
    assert ended.status == 0, ended.out
    *told, between, verdict = ended.out.splitlines()
    assert (between, verdict) == ("", "brew would get all of it here")
    assert [line.split()[:2] for line in told] == [
        ["ok", "packages"],
        ["ok", "formulae"],
        # The stand-in has no such formula.
        ["warn", "portable-ruby"],
        *(["ok", name] for name in names),
    ]


@pytest.mark.parametrize("view", ["registry", "flat"])
def test_smoke_finds_that_brew_gets_it_all(
    bottles: Bottles, mirror: Path, view: str
) -> None:
    with served("--store", str(mirror)) as (_, url):
        ended = bottles(
            *("smoke", url, "--view", view, "--tag", "x86_64_linux"),
            *("--api-public-key", "key.pem"),
        )
    assert (ended.status, ended.err) == (0, "")
    *told, _, _ = ended.out.splitlines()
    assert [line.split()[:2] for line in told] == [
        ["ok", name]
        for name in (
            *("packages", "formulae", "choice", "portable-ruby"),
            *("ale+hops@1.2", "barmaid"),
        )
    ]


def test_smoke_finds_what_brew_would_not_get(bottles: Bottles, mirror: Path) -> None:
    bottle = TREE.bottle("plain-ale", "x86_64_linux")
    blobs = mirror / "v2/homebrew/core/plain-ale/blobs"
    (blobs / f"sha256:{bottle.digest}").write_bytes(b"other bytes")
    manifests = mirror / "v2/homebrew/core/old-stout/manifests"
    (manifests / "0.9").unlink()
    with served("--store", str(mirror)) as (_, url):
        ended = bottles(
            *("smoke", url, "plain-ale", "old-stout", "barmaid"),
            *("--tag", "x86_64_linux", "--api-public-key", "key.pem", "--json"),
        )
    assert ended.status == 1
    answer = ended.answer
    assert (answer["ok"], answer["tag"]) == (False, "x86_64_linux")
    failed = {
        trial["name"]: trial["detail"]
        for trial in answer["trials"]
        if trial["state"] == "fail"
    }
    assert list(failed) == ["plain-ale", "old-stout"]
    assert f"the API says {bottle.digest}" in failed["plain-ale"]
    assert "404" in failed["old-stout"]


def test_smoke_refuses_what_another_key_has_signed(
    bottles: Bottles, mirror: Path
) -> None:
    with served("--store", str(mirror)) as (_, url):
        ended = bottles("smoke", url, "--tag", "x86_64_linux")
    assert ended.status == 1
    assert ended.out.startswith("FAIL  packages")
    assert "the signature by homebrew-1 is not good" in ended.out
    assert "failed: brew would not get all of it here\n" in ended.out


def test_smoke_says_that_nobody_answers(bottles: Bottles, folder: Path) -> None:
    assert folder.is_dir()
    with nobody_listens() as port:
        ended = bottles("smoke", f"http://127.0.0.1:{port}", "--retry-attempts", "1")
    assert ended.status == 4
    assert ended.out.startswith("FAIL  packages")


@pytest.mark.parametrize("url", ["http://mirror.example", "mirror", "ftp://127.0.0.1"])
def test_smoke_asks_only_what_may_be_asked(bottles: Bottles, url: str) -> None:
    ended = bottles("smoke", url)
    assert ended.status == 2
    assert "URL" in ended.err


def test_smoke_finds_nginx_before_the_folder_all_right(
    bottles: Bottles, mirror: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if find_nginx() is None:
        pytest.skip(WHY_NOT)
    with nginx_before(mirror, tmp_path_factory.mktemp("nginx")) as url:
        for view in ("registry", "flat"):
            ended = bottles(
                *("smoke", url, "--view", view, "--tag", "arm64_sonoma"),
                *("--api-public-key", "key.pem"),
            )
            assert ended.status == 0, ended.out
            assert "warn" not in ended.out
