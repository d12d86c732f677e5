"""``bottles serve`` as a process: what it says, what it gives, how it ends."""

from __future__ import annotations

import json
import signal
import socket
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from adapters.folder.store import FolderStore
from adapters.s3.store import S3Store
from tests.standin.signing import public_key_pem
from tests.support.command import Bottles, finished, line_with, start
from tests.support.mirror_tree import MirrorTree
from tests.support.seaweed import SeaweedS3
from tests.support.served import served
from tests.support.stores import use_seaweed

TREE = MirrorTree()
DOCUMENT = "api/internal/packages.x86_64_linux.jws.json"


@pytest.fixture
def mirror(folder: Path) -> Path:
    """Return the folder of a published mirror."""
    mirror = folder / "mirror"
    TREE.write(FolderStore(mirror).public)
    return mirror


def test_serves_until_it_is_interrupted(mirror: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with served("--store", str(mirror)) as (process, url):
            answer = requests.get(f"{url}/{DOCUMENT}", timeout=30)
            assert answer.content == TREE.documents[DOCUMENT.removeprefix("api/")]
            process.send_signal(number)
            ended = finished(process)
        assert ended.status == 0, ended.err
        assert ended.err == ""
        assert ended.out == (
            f"export HOMEBREW_ARTIFACT_DOMAIN={url}\n"
            "export HOMEBREW_ARTIFACT_DOMAIN_NO_FALLBACK=1\n"
            f"export HOMEBREW_API_DOMAIN={url}/api\n"
        )


def test_prints_one_object_for_programs(mirror: Path) -> None:
    with served("--store", str(mirror), "--json", "--views", "flat") as (process, url):
        process.send_signal(signal.SIGINT)
        ended = finished(process)
    assert json.loads(ended.out) == {
        "url": url,
        "variables": {
            "HOMEBREW_BOTTLE_DOMAIN": f"{url}/flat",
            "HOMEBREW_API_DOMAIN": f"{url}/api",
        },
    }


def test_tells_of_every_answer_to_who_wants_to_know(mirror: Path) -> None:
    with served("--store", str(mirror), "-v") as (process, url):
        requests.get(f"{url}/flat/%1B[31mred", timeout=30)
        process.send_signal(signal.SIGINT)
        ended = finished(process)
    assert ended.err == "GET '/flat/\\x1b[31mred': 404, 0 bytes\n"


def test_no_name_that_a_client_chooses_steers_the_terminal(mirror: Path) -> None:
    name = "\x1b]0;pwned\x07\nbottles: damaged"
    (mirror / "flat" / name).symlink_to(name)
    with served("--store", str(mirror)) as (process, url):
        asked = requests.get(f"{url}/flat/{quote(name)}", timeout=30)
        process.send_signal(signal.SIGINT)
        ended = finished(process)
    assert asked.status_code == 502
    assert ended.err.removesuffix("\n").isprintable()
    assert "symbolic links lead in a circle" in ended.err


def test_a_client_that_hangs_up_is_no_trouble(mirror: Path) -> None:
    (mirror / "flat" / "large.tar.gz").write_bytes(bytes(64_000_000))
    with served("--store", str(mirror)) as (process, url):
        for _ in range(3):
            answer = requests.get(f"{url}/flat/large.tar.gz", stream=True, timeout=30)
            assert next(answer.iter_content(10))
            answer.close()
        assert requests.head(f"{url}/flat/large.tar.gz", timeout=30).status_code == 200
        process.send_signal(signal.SIGINT)
        ended = finished(process)
    assert (ended.status, ended.err) == (0, "")


def test_says_that_nothing_has_been_published(folder: Path) -> None:
    process = start("serve", "--port", "0", "--store", str(folder / "none"))
    try:
        assert line_with(process, "nothing has been published")
        assert line_with(process, "is served at")
    finally:
        process.kill()
        process.communicate()


def test_other_addresses_than_loopback_are_opened_with_a_warning(mirror: Path) -> None:
    everywhere = "0.0.0.0"  # noqa: S104
    process = start(
        "serve", "--port", "0", "--store", str(mirror), "--host", everywhere
    )
    try:
        assert "may read the mirror" in line_with(process, "warning")
    finally:
        process.kill()
        process.communicate()


def test_a_port_that_is_taken_is_told(bottles: Bottles, mirror: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = bottles("serve", "--store", str(mirror), "--port", str(port))
    assert ended.status == 2
    assert f"'127.0.0.1:{port}' is not free" in ended.err
    assert "Traceback" not in ended.err


def test_an_address_of_another_machine_is_told(bottles: Bottles, mirror: Path) -> None:
    for host in ("192.0.2.1", "no.such.host.invalid"):
        ended = bottles("serve", "--store", str(mirror), "--host", host)
        assert ended.status == 2
        assert "address to listen on" in ended.err


def test_a_store_that_cannot_be_read_is_told_before_anybody_asks(
    bottles: Bottles, folder: Path
) -> None:
    (folder / "file").write_text("no folder")
    ended = bottles("serve", "--store", str(folder / "file"), "--port", "0")
    assert ended.status == 4
    assert "a file is where a folder is needed" in ended.err


def test_serves_a_bucket(
    bottles: Bottles,
    folder: Path,
    seaweed: SeaweedS3,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_seaweed(monkeypatch, seaweed)
    with closing(seaweed.client()) as client:
        client.create_bucket(Bucket="served")
    TREE.write(S3Store("served", "one", pool_size=2, retry_attempts=2).public)
    (folder / "key.pem").write_text(public_key_pem())
    with served("--store", "s3://served/one") as (_, url):
        ended = bottles(
            *("smoke", url, "--tag", "x86_64_linux", "--api-public-key", "key.pem")
        )
    assert ended.status == 0, ended.out
