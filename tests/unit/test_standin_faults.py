from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from threading import Thread

import pytest
import requests

from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault, FaultKind
from tests.standin.server import Upstream
from tests.standin.sizes import fixed

_ANY_TOKEN = {"Authorization": "Bearer QQ=="}
_SIZE = 200_000


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(plain_catalog(2), sizes=fixed(_SIZE)) as running:
        yield running


def _name(upstream: Upstream) -> str:
    name: str = upstream.formulae[0]["name"]
    return name


def _digest(upstream: Upstream) -> str:
    return upstream.digest(_name(upstream), "arm64_sonoma")


def _fetch(upstream: Upstream, **headers: str) -> requests.Response:
    blob = f"{_name(upstream)}/blobs/sha256:{_digest(upstream)}"
    url = f"{upstream.registry}/v2/homebrew/core/{blob}"
    return requests.get(url, headers={**_ANY_TOKEN, **headers}, timeout=60)


def _catalog(upstream: Upstream, name: str = "formula.jws.json") -> requests.Response:
    return requests.get(f"{upstream.api_domain}/{name}", timeout=60)


@pytest.mark.parametrize("kind", ["401", "403", "404", "429", "500", "503"])
def test_refuses_with_the_status_so_many_times(
    upstream: Upstream, kind: FaultKind
) -> None:
    upstream.faults.add(Fault(kind, on="blob", times=2))
    statuses = [_fetch(upstream).status_code for _ in range(3)]
    assert statuses == [int(kind), int(kind), 200]


def test_an_injected_401_says_where_to_get_a_token(upstream: Upstream) -> None:
    upstream.faults.add(Fault("401", on="blob"))
    challenge = _fetch(upstream).headers["WWW-Authenticate"]
    assert f"repository:homebrew/core/{_name(upstream)}:pull" in challenge


def test_tells_when_to_retry_in_the_header(upstream: Upstream) -> None:
    upstream.faults.add(Fault("429", retry_after=7))
    assert _fetch(upstream).headers["Retry-After"] == "7"


def test_tells_when_to_retry_in_the_body_alone(upstream: Upstream) -> None:
    upstream.faults.add(Fault("429", retry_after=1.5, retry_after_in="body"))
    answer = _fetch(upstream)
    assert "Retry-After" not in answer.headers
    (error,) = answer.json()["errors"]
    assert error["code"] == "TOOMANYREQUESTS"
    assert "retry-after: 1.5s" in error["message"]


def test_spoils_only_the_path_that_it_names(upstream: Upstream) -> None:
    upstream.faults.add(Fault("500", path=f"/core/{_name(upstream)}/blobs/"))
    assert _catalog(upstream).status_code == 200
    assert _fetch(upstream).status_code == 500


def test_a_fault_of_the_storage_can_name_the_repository(upstream: Upstream) -> None:
    repository = f"repository=homebrew/core/{_name(upstream)}&"
    upstream.faults.add(Fault("503", path=repository, times=1))
    answer = _fetch(upstream)
    assert [answer.history[0].status_code, answer.status_code] == [307, 503]


def test_cuts_a_body_after_so_many_bytes(upstream: Upstream) -> None:
    upstream.faults.add(Fault("cut", on="signed_get", times=1, after=1_000))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="1000 bytes"):
        _fetch(upstream)
    assert _fetch(upstream).status_code == 200


def test_cuts_what_is_left_of_a_ranged_body(upstream: Upstream) -> None:
    upstream.faults.add(Fault("cut", on="signed_get", times=1, after=10))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="10 bytes"):
        _fetch(upstream, Range="bytes=50-")


def test_slows_a_body_down_without_changing_it(upstream: Upstream) -> None:
    upstream.faults.add(Fault("slow", on="signed_get", rate=4_000_000))
    assert _fetch(upstream).content == upstream.content(_digest(upstream))


def test_stalls_after_so_many_bytes_until_the_time_is_over(upstream: Upstream) -> None:
    upstream.faults.add(Fault("stall", on="signed_get", after=5_000, seconds=0.05))
    assert _fetch(upstream).content == upstream.content(_digest(upstream))


def test_a_stalled_body_ends_when_the_upstream_goes_down(upstream: Upstream) -> None:
    upstream.faults.add(Fault("stall", on="signed_get", after=5_000, seconds=600))
    received: list[int] = []

    def read() -> None:
        blob = f"{_name(upstream)}/blobs/sha256:{_digest(upstream)}"
        url = f"{upstream.registry}/v2/homebrew/core/{blob}"
        with requests.get(url, headers=_ANY_TOKEN, timeout=60, stream=True) as answer:
            first = answer.raw.read(5_000)
            received.append(len(first))
            upstream.close()

    reader = Thread(target=read)
    reader.start()
    reader.join(30)
    assert received == [5_000]
    assert not reader.is_alive()


def test_flips_one_byte_and_keeps_the_length(upstream: Upstream) -> None:
    upstream.faults.add(Fault("wrong_bytes", on="signed_get", after=777, times=1))
    right = upstream.content(_digest(upstream))
    wrong = _fetch(upstream).content
    assert len(wrong) == _SIZE
    assert [place for place in range(_SIZE) if wrong[place] != right[place]] == [777]
    assert hashlib.sha256(_fetch(upstream).content).hexdigest() == _digest(upstream)


def test_claims_a_length_that_is_too_long(upstream: Upstream) -> None:
    upstream.faults.add(Fault("wrong_length", on="signed_get", by=5))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="5 more"):
        _fetch(upstream)


def test_claims_a_length_that_is_too_short(upstream: Upstream) -> None:
    upstream.faults.add(Fault("wrong_length", on="signed_get", by=-5))
    assert len(_fetch(upstream).content) == _SIZE - 5


def test_answers_as_if_the_signed_url_had_expired(upstream: Upstream) -> None:
    upstream.faults.add(Fault("expired_redirect", times=1))
    answer = _fetch(upstream)
    assert [answer.history[0].status_code, answer.status_code] == [307, 403]
    assert _fetch(upstream).status_code == 200


def test_redirects_to_plain_http_on_a_foreign_host(upstream: Upstream) -> None:
    upstream.faults.add(Fault("foreign_redirect"))
    url = f"{upstream.registry}/v2/homebrew/core/{_name(upstream)}/blobs/sha256:"
    answer = requests.get(
        url + _digest(upstream), headers=_ANY_TOKEN, timeout=60, allow_redirects=False
    )
    assert answer.status_code == 307
    assert answer.headers["Location"].startswith("http://192.0.2.1/")


def test_ignores_a_range_when_told_so(upstream: Upstream) -> None:
    upstream.faults.add(Fault("no_range", times=1))
    whole = _fetch(upstream)
    assert whole.status_code == 200
    ranged = _fetch(upstream, Range="bytes=10-")
    assert (ranged.status_code, len(ranged.content)) == (200, _SIZE)
    assert _fetch(upstream, Range="bytes=10-").status_code == 206


@pytest.mark.parametrize("kind", ["malformed_json", "truncated_json"])
def test_serves_what_is_not_json(upstream: Upstream, kind: FaultKind) -> None:
    upstream.faults.add(Fault(kind, times=1))
    answer = _catalog(upstream)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)
    assert json.loads(_catalog(upstream).content)


def test_serves_a_page_with_status_200(upstream: Upstream) -> None:
    upstream.faults.add(Fault("html", on="catalog", times=1))
    answer = _catalog(upstream)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<html>" in answer.text


def test_spoils_the_signature_and_nothing_else(upstream: Upstream) -> None:
    upstream.faults.add(Fault("bad_signature", times=1))
    plain = _catalog(upstream, "formula.json")
    bad, good = _catalog(upstream).json(), _catalog(upstream).json()
    assert plain.text == bad["payload"] == good["payload"]
    assert bad["signatures"][0]["signature"] != good["signatures"][0]["signature"]
    assert bad["signatures"][0]["protected"] == good["signatures"][0]["protected"]


def test_serves_the_catalog_before_the_current_one(upstream: Upstream) -> None:
    old = _catalog(upstream)
    upstream.publish(plain_catalog(4))
    new = _catalog(upstream)
    upstream.faults.add(Fault("older_catalog", times=1))
    back = _catalog(upstream)
    assert back.content == old.content != new.content
    assert parsedate_to_datetime(back.headers["Last-Modified"]) < parsedate_to_datetime(
        new.headers["Last-Modified"]
    )
    assert _catalog(upstream).content == new.content


def test_the_first_catalog_has_an_older_twin(upstream: Upstream) -> None:
    upstream.faults.add(Fault("older_catalog", times=1))
    back, now = _catalog(upstream), _catalog(upstream)
    assert parsedate_to_datetime(back.headers["Last-Modified"]) < parsedate_to_datetime(
        now.headers["Last-Modified"]
    )
    assert back.headers["ETag"] != now.headers["ETag"]


def test_the_oldest_fault_that_can_act_does() -> None:
    with Upstream(plain_catalog(1)) as upstream:
        upstream.faults.add(Fault("500", times=1), Fault("404", times=1))
        statuses = [_catalog(upstream).status_code for _ in range(3)]
    assert statuses == [500, 404, 200]


def test_faults_take_the_place_of_others(upstream: Upstream) -> None:
    upstream.faults.add(Fault("404", on="blob"))
    upstream.faults.only(Fault("429", on="blob", times=1))
    assert [_fetch(upstream).status_code for _ in range(2)] == [429, 200]


def test_cleared_faults_do_nothing(upstream: Upstream) -> None:
    upstream.faults.add(Fault("500"))
    upstream.faults.clear()
    assert _catalog(upstream).status_code == 200


def test_refuses_a_fault_that_never_happens() -> None:
    with pytest.raises(ValueError, match="0 times"):
        Fault("500", times=0)


def test_answers_400_to_what_is_not_http(upstream: Upstream) -> None:
    host, port = upstream.registry.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(b"EHLO upstream\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
