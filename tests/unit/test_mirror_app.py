from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from werkzeug.test import Client, TestResponse

from adapters.memory.clock import ManualClock
from adapters.memory.served import ServedMemory
from domain.bottle import ObjectKey
from domain.served import BYTES_MEDIA_TYPE
from domain.views import INDEX_MEDIA_TYPE
from entrypoints.serving.app import Answered, MirrorApp

NAME = "ale+hops@1.2-1.2.0_1.arm64_sonoma.bottle.2.tar.gz"
BOTTLE = ObjectKey(f"flat/{NAME}")
ENCODED = "/flat/ale%2Bhops%401.2-1.2.0_1.arm64_sonoma.bottle.2.tar.gz"
INDEX = ObjectKey("v2/homebrew/core/alexhops/1.2/manifests/1.2.0_1-2")
DOCUMENT = ObjectKey("api/internal/packages.arm64_sonoma.jws.json")
PAGE = ObjectKey("status/index.html")
HASH_FILE = ObjectKey("bottles_hash.json")
BODY = bytes(range(256)) * 8
JSON = b'{"payload":"[]"}' * 100
EARLY, LATE = "Sat, 22 Aug 2026 11:59:59 GMT", "Sun, 22 Nov 2026 04:51:40 GMT"


class Mirror:
    """An application over memory, and what it told."""

    def __init__(self) -> None:
        self.objects = ServedMemory(ManualClock())
        self.told: list[Answered] = []
        self.client = Client(MirrorApp(self.objects, self.told.append))
        store = self.objects.store
        store(BOTTLE, BODY, BYTES_MEDIA_TYPE)
        store(INDEX, b"{}", INDEX_MEDIA_TYPE)
        store(DOCUMENT, gzip.compress(JSON), "application/json", compressed=True)
        store(HASH_FILE, b"{}", "application/json")

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask for ``path``, with headers by names that have ``_`` for ``-``."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=given)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    yield mirror
    assert mirror.objects.opened == 0


def test_gives_a_bottle_whose_name_is_encoded_as_brew_encodes_it(
    mirror: Mirror,
) -> None:
    for path in (ENCODED, f"/{BOTTLE}"):
        answer = mirror.get(path)
        assert answer.status_code == 200
        assert answer.data == BODY
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Length"] == str(len(BODY))
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["Last-Modified"] == "Sat, 22 Aug 2026 12:00:00 GMT"
        assert "Content-Encoding" not in answer.headers
        assert "Vary" not in answer.headers
        answer.close()


def test_a_flat_bottle_says_what_it_is_called(mirror: Mirror) -> None:
    answer = mirror.client.head(ENCODED)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{NAME}"'
    assert "Content-Disposition" not in mirror.client.head(f"/{INDEX}").headers


def test_head_says_what_get_would_say_and_reads_nothing(mirror: Mirror) -> None:
    got, asked = mirror.get(ENCODED), mirror.client.head(ENCODED)
    assert dict(asked.headers) == dict(got.headers)
    assert asked.data == b""
    got.close()


@pytest.mark.parametrize("token", ["Bearer QQ==", "Basic nonsense", "?"])
def test_credentials_are_neither_wanted_nor_minded(mirror: Mirror, token: str) -> None:
    accept = "application/vnd.oci.image.index.v1+json"
    answer = mirror.get(f"/{INDEX}", Authorization=token, Accept=accept)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == accept
    answer.close()


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=907-", 907, 2_048),
        ("bytes=0-0", 0, 1),
        ("bytes=2000-9999", 2_000, 2_048),
        ("bytes=-48", 2_000, 2_048),
    ],
)
def test_gives_the_part_that_is_asked_for(
    mirror: Mirror, asked: str, start: int, stop: int
) -> None:
    answer = mirror.get(ENCODED, Range=asked)
    assert answer.status_code == 206
    assert answer.data == BODY[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/2048"
    assert answer.headers["Content-Length"] == str(stop - start)
    answer.close()


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "lines=1-2", "bytes=", "bytes=9-1", "bytes=0-"]
)
def test_gives_the_whole_where_no_one_part_of_it_is_meant(
    mirror: Mirror, asked: str
) -> None:
    answer = mirror.get(ENCODED, Range=asked)
    assert answer.status_code == 200
    assert answer.data == BODY
    answer.close()


@pytest.mark.parametrize("asked", ["bytes=-2048", "bytes=-2049", "bytes=-99999"])
def test_gives_the_whole_to_who_wants_more_of_its_end_than_there_is(
    mirror: Mirror, asked: str
) -> None:
    answer = mirror.get(ENCODED, Range=asked)
    assert answer.status_code == 200
    assert answer.data == BODY
    answer.close()


@pytest.mark.parametrize("asked", ["bytes=2048-", "bytes=-0", "bytes= -00 "])
def test_a_part_that_is_not_there_is_refused_with_the_length(
    mirror: Mirror, asked: str
) -> None:
    answer = mirror.get(ENCODED, Range=asked)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */2048"
    assert answer.data == b""


def test_a_part_of_another_version_is_answered_with_the_whole(mirror: Mirror) -> None:
    etag = mirror.client.head(ENCODED).headers["ETag"]
    modified = "Sat, 22 Aug 2026 12:00:00 GMT"
    for known, status in (
        (etag, 206),
        (modified, 206),
        ('"another"', 200),
        (EARLY, 200),
        (f"W/{etag}", 200),
    ):
        answer = mirror.get(ENCODED, Range="bytes=1-", If_Range=known)
        assert answer.status_code == status, known
        answer.close()


def test_what_a_client_has_already_is_not_sent_again(mirror: Mirror) -> None:
    etag = mirror.client.head(ENCODED).headers["ETag"]
    for headers, status in (
        ({"If_None_Match": etag}, 304),
        ({"If_None_Match": f'"x", W/{etag}'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"x"'}, 200),
        ({"If_Modified_Since": LATE}, 304),
        ({"If_Modified_Since": EARLY}, 200),
        ({"If_Modified_Since": "yesterday"}, 200),
        ({"If_None_Match": '"x"', "If_Modified_Since": LATE}, 200),
        ({"If_Match": '"x"'}, 412),
        ({"If_Match": etag}, 200),
    ):
        answer = mirror.get(ENCODED, **headers)
        assert answer.status_code == status, headers
        assert answer.data == (BODY if status == 200 else b"")
        if status == 304:
            assert answer.headers["ETag"] == etag
            assert "Content-Length" not in answer.headers
        answer.close()


@pytest.mark.parametrize("accepted", ["deflate, gzip, br, zstd", "gzip", "*"])
def test_a_document_goes_compressed_to_who_takes_it(
    mirror: Mirror, accepted: str
) -> None:
    answer = mirror.get(f"/{DOCUMENT}", Accept_Encoding=accepted)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.data) == JSON
    answer.close()


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_a_document_goes_as_it_is_to_who_does_not(
    mirror: Mirror, accepted: str
) -> None:
    answer = mirror.get(f"/{DOCUMENT}", Accept_Encoding=accepted)
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Length"] == str(len(JSON))
    assert answer.data == JSON
    compressed = mirror.client.head(f"/{DOCUMENT}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["ETag"] != compressed.headers["ETag"]
    answer.close()


def test_a_bottle_is_never_compressed(mirror: Mirror) -> None:
    answer = mirror.get(ENCODED, Accept_Encoding="gzip")
    assert answer.data == BODY
    answer.close()


@pytest.mark.parametrize(
    "path",
    [
        "/bottles_hash.json",
        "/ledger/v1/ledger.json",
        "/flat/nothing",
        "/flat/../bottles_hash.json",
        "/flat/%2e%2e/bottles_hash.json",
        "/flat/%2E%2E%2Fbottles_hash.json",
        "/api/",
        "/status/",
        "/flat/%ff",
    ],
)
def test_what_is_not_there_or_not_for_clients_is_404_without_a_word(
    mirror: Mirror, path: str
) -> None:
    answer = mirror.get(path)
    assert answer.status_code == 404
    assert answer.data == b""
    assert "html" not in answer.headers["Content-Type"]


def test_the_root_leads_to_the_status_page(mirror: Mirror) -> None:
    answer = mirror.get("/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/{PAGE}"
    assert answer.data == b""


def test_the_status_page_is_served_where_there_is_one(mirror: Mirror) -> None:
    mirror.objects.store(PAGE, b"<!DOCTYPE html>", "text/html; charset=utf-8")
    for path in ("/status/", "/status/index.html"):
        answer = mirror.get(path)
        assert answer.data == b"<!DOCTYPE html>"
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        answer.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_can_be_done_but_read(mirror: Mirror, method: str) -> None:
    answer = mirror.client.open(ENCODED, method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert answer.data == b""


def test_tells_of_every_answer(mirror: Mirror) -> None:
    mirror.get(ENCODED, Range="bytes=2000-").close()
    mirror.get("/flat/nothing")
    assert mirror.told == [
        Answered("GET", f"/{BOTTLE}", 206, 48),
        Answered("GET", "/flat/nothing", 404, 0),
    ]
