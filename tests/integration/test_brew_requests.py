"""brew's own requests, replayed: every server gives what brew needs."""

from __future__ import annotations

import gzip
import json
import ssl
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from adapters.folder.served import ServedFolder
from adapters.folder.store import FolderStore
from adapters.s3.served import ServedBucket
from adapters.s3.store import S3Store
from domain.bottle import Bottle
from domain.served import PUBLIC
from domain.views import INDEX_MEDIA_TYPE
from entrypoints.serving.app import Answered, MirrorApp
from entrypoints.serving.server import serving
from ports.served_objects import ServedObjects
from tests.support.brew_requests import (
    ALL,
    ODD,
    PLAIN,
    BrewRequest,
    Seen,
    document,
    seen,
)
from tests.support.mirror_tree import CLIENTS, SIZE, MirrorTree
from tests.support.nginx import WHY_NOT, find_nginx, nginx_before
from tests.support.seaweed import SeaweedS3
from tests.support.stores import use_seaweed

CLIENT = "arm64_sonoma"
TREE = MirrorTree()
BOTTLES: dict[str, Bottle] = {
    PLAIN: TREE.bottle(PLAIN, CLIENT),
    ODD: TREE.bottle(ODD, CLIENT),
    ALL: TREE.bottle(ALL, "all"),
}
SEEN = {each.name: each for each in seen(BOTTLES, CLIENT, SIZE)}


@dataclass(frozen=True, slots=True)
class Server:
    """A server that has the tree.

    Attributes:
        url: The mirror's root.
        tokens: Whether it takes requests with a token that nobody has given.
        names: Whether a bottle of the flat view says what it is called.
        told: What went wrong inside of it.
    """

    url: str
    tokens: bool = True
    names: bool = True
    tls: ssl.SSLContext | None = None
    told: tuple[list[Answered], list[str]] | None = None


@contextmanager
def _served(objects: ServedObjects) -> Iterator[Server]:
    answered: list[Answered] = []
    log: list[str] = []
    with serving(
        MirrorApp(objects, answered.append), "127.0.0.1", 0, log.append
    ) as server:
        yield Server(server.url, told=(answered, log))


@contextmanager
def _serve_folder(request: pytest.FixtureRequest) -> Iterator[Server]:
    folder = _folder(request)
    TREE.write(FolderStore(folder).public)
    with _served(ServedFolder(folder)) as server:
        yield server


def _folder(request: pytest.FixtureRequest) -> Path:
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    return factory.mktemp("served")


@contextmanager
def _serve_bucket(request: pytest.FixtureRequest) -> Iterator[Server]:
    seaweed: SeaweedS3 = request.getfixturevalue("seaweed")
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_seaweed(monkeypatch, seaweed)
        bucket = _filled_bucket(seaweed, "mirrors/one")
        objects = ServedBucket(bucket, "mirrors/one", pool_size=4, retry_attempts=2)
        with _served(objects) as server:
            yield server


@contextmanager
def _bucket(request: pytest.FixtureRequest) -> Iterator[Server]:
    seaweed: SeaweedS3 = request.getfixturevalue("seaweed")
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_seaweed(monkeypatch, seaweed)
        bucket = _filled_bucket(seaweed, "")
    everybody = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": [f"arn:aws:s3:::{bucket}/{prefix}*" for prefix in PUBLIC],
    }
    with closing(seaweed.client()) as client:
        policy = {"Version": "2012-10-17", "Statement": [everybody]}
        client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    yield Server(
        f"{seaweed.endpoint_url}/{bucket}",
        tokens=False,
        names=False,
        tls=ssl.create_default_context(cafile=str(seaweed.ca_bundle)),
    )


@contextmanager
def _nginx(request: pytest.FixtureRequest) -> Iterator[Server]:
    if find_nginx() is None:
        pytest.skip(WHY_NOT)
    folder = _folder(request)
    mirror = folder / "mirror"
    TREE.write(FolderStore(mirror).public)
    with nginx_before(mirror, folder) as url:
        yield Server(url)


def _filled_bucket(seaweed: SeaweedS3, prefix: str) -> str:
    bucket = f"mirror-{uuid.uuid4()}"
    with closing(seaweed.client()) as client:
        client.create_bucket(Bucket=bucket)
    TREE.write(S3Store(bucket, prefix, pool_size=2, retry_attempts=2).public)
    return bucket


_OPEN: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Server]]] = {
    "serve before a folder": _serve_folder,
    "serve before a bucket": _serve_bucket,
    "nginx before a folder": _nginx,
    "the bucket itself": _bucket,
}
_MARKS = {kind: [pytest.mark.s3_server] for kind in _OPEN if "bucket" in kind}


@pytest.fixture(
    scope="module",
    params=[pytest.param(kind, marks=_MARKS.get(kind, ())) for kind in _OPEN],
)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with _OPEN[request.param](request) as opened:
        yield opened
        if opened.told is not None:
            answered, log = opened.told
            # A client that hangs up is no trouble.
            assert [each for each in answered if each.trouble] == []
            assert log == []


@contextmanager
def asked(server: Server, request: BrewRequest, agent: str) -> Iterator[HTTPResponse]:
    """Send a request as it was seen, over a connection of its own."""
    parts = urlsplit(server.url)
    assert parts.hostname is not None
    connection = (
        HTTPConnection(parts.hostname, parts.port, timeout=60)
        if server.tls is None
        else HTTPSConnection(parts.hostname, parts.port, timeout=60, context=server.tls)
    )
    with closing(connection):
        connection.putrequest(
            request.method, parts.path + request.path, skip_accept_encoding=True
        )
        connection.putheader(
            "User-Agent", f"{agent} (Linux; x86_64 Debian) curl/7.88.1"
        )
        for name, value in request.headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        with closing(connection.getresponse()) as answer:
            yield answer


def replay(server: Server, brew: Seen) -> int:
    """Send what a brew sent, check each answer, and return how many there were."""
    sent = 0
    for request in brew.requests:
        if request.has_token and not server.tokens:
            continue
        with asked(server, request, brew.agent) as answer:
            check(server, request, answer)
        sent += 1
    return sent


def check(server: Server, request: BrewRequest, answer: HTTPResponse) -> None:
    """Check all of an answer that brew needs."""
    assert answer.status in request.statuses, request
    if answer.status == 304:
        assert answer.read() == b""
        return
    length = int(answer.headers["Content-Length"])
    if request.method == "HEAD":
        assert length == SIZE
        # Else brew begins a bottle anew that has broken off.
        assert answer.headers["Accept-Ranges"] == "bytes"
        if server.names and request.path.startswith("/flat/"):
            name = BOTTLES[request.wanted].file_name
            disposition = answer.headers["Content-Disposition"]
            # Some names need quotes, and none minds them.
            assert disposition.replace('"', "") == f"attachment; filename={name}"
        return
    if request.dropped is not None:
        assert len(answer.read(request.dropped)) == request.dropped
        return
    body = answer.read()
    assert len(body) == length
    match request.subject:
        case "bottle":
            content = TREE.contents[BOTTLES[request.wanted]]
            assert body == content[request.start :]
            assert "Content-Encoding" not in answer.headers
            if answer.status == 206:
                last = f"{len(content) - 1}/{len(content)}"
                assert (
                    answer.headers["Content-Range"] == f"bytes {request.start}-{last}"
                )
        case "index":
            assert body == TREE.index(request.wanted)
            assert answer.headers["Content-Type"] == INDEX_MEDIA_TYPE
            assert "Content-Encoding" not in answer.headers
        case "document":
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Last-Modified"]
            assert gzip.decompress(body) == TREE.documents[f"{request.wanted}.jws.json"]


@pytest.mark.parametrize("name", SEEN)
def test_brew_gets_all_that_it_asks_for(server: Server, name: str) -> None:
    brew = SEEN[name]
    with_token = sum(request.has_token for request in brew.requests)
    sent = replay(server, brew)
    assert sent == len(brew.requests) - (0 if server.tokens else with_token)


def test_what_brew_was_seen_to_ask_is_all_there() -> None:
    requests = [request for brew in SEEN.values() for request in brew.requests]
    assert {request.subject for request in requests} == {"bottle", "index", "document"}
    assert {request.method for request in requests} == {"GET", "HEAD"}
    assert any("%2B" in request.path and "%40" in request.path for request in requests)
    assert any(request.start for request in requests)
    assert any(request.dropped == 0 for request in requests)
    assert {brew.agent for brew in SEEN.values()} == {
        "Linuxbrew/4.3.0",
        "Linuxbrew/5.1.15",
        "Linuxbrew/6.0.18",
    }


def test_clients_read_nothing_but_what_is_for_them(server: Server) -> None:
    for path in ("/bottles_hash.json", "/ledger/v1/ledger.json", "/ledger/"):
        request = BrewRequest("GET", path, {}, "document", "none")
        with asked(server, request, "curl") as answer:
            assert answer.status in (403, 404), path


def test_what_is_not_there_is_404(server: Server) -> None:
    for path in ("/flat/none-1.tar.gz", "/v2/homebrew/core/none/manifests/1", "/api/x"):
        request = BrewRequest("GET", path, {}, "bottle", "none")
        with asked(server, request, "curl") as answer:
            assert answer.status == 404, path


def test_a_document_is_not_sent_again_to_who_asks_by_its_own_clock(
    server: Server,
) -> None:
    name = f"internal/packages.{CLIENTS[0]}"
    for since, status in (
        ("Sun, 22 Nov 2099 04:51:40 GMT", 304),
        ("Sun, 22 Nov 2009 04:51:40 GMT", 200),
    ):
        with asked(server, document(name, since), "Linuxbrew/6.0.18") as answer:
            assert answer.status == status


def test_the_lists_of_executables_are_text(server: Server) -> None:
    path = "/api/internal/executables.txt"
    request = BrewRequest("GET", path, {"Accept": "*/*"}, "document", "none")
    with asked(server, request, "curl") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        body = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            # S3 has it in this one form.
            body = gzip.decompress(body)
        assert body == TREE.documents["internal/executables.txt"]
