from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
import requests

from tests.standin.catalog import bottles_of, plain_catalog, small_catalog
from tests.standin.oci import tag_reference
from tests.standin.server import Upstream
from tests.standin.sizes import fixed

_ANY_TOKEN = {"Authorization": "Bearer QQ=="}
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_SIZE = 100_000
_TAG = "arm64_sonoma"


@pytest.fixture(scope="module")
def running() -> Iterator[Upstream]:
    with Upstream(small_catalog(), sizes=fixed(_SIZE)) as upstream:
        yield upstream


@pytest.fixture
def upstream(running: Upstream) -> Upstream:
    running.reset_requests()
    return running


def _get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=60, allow_redirects=False)


def _blob(upstream: Upstream, image: str, digest: str) -> str:
    return f"{upstream.registry}/v2/homebrew/core/{image}/blobs/sha256:{digest}"


def _signed(upstream: Upstream, name: str = "ledger") -> str:
    url = _blob(upstream, name, upstream.digest(name, _TAG))
    return _get(url, **_ANY_TOKEN).headers["Location"]


def _manifest(upstream: Upstream, image: str, reference: str) -> requests.Response:
    url = f"{upstream.registry}/v2/homebrew/core/{image}/manifests/{reference}"
    accept = _MANIFEST if reference.startswith("sha256:") else _INDEX
    return _get(url, Accept=accept, **_ANY_TOKEN)


def test_a_bottle_has_the_digest_that_the_catalog_names(upstream: Upstream) -> None:
    digest = upstream.digest("libcask++@2", _TAG)
    url = _blob(upstream, "libcaskxx/2", digest)
    # requests drops the token itself when the port changes.
    answer = requests.get(url, headers=_ANY_TOKEN, timeout=60)
    assert [step.status_code for step in answer.history] == [307]
    assert hashlib.sha256(answer.content).hexdigest() == digest
    assert answer.content == upstream.content(digest)
    assert upstream.requests.counts() == {"blob": 1, "signed_get": 1}


def test_redirects_to_another_port(upstream: Upstream) -> None:
    assert not _signed(upstream).startswith(upstream.registry)


def test_the_storage_refuses_the_registrys_token(upstream: Upstream) -> None:
    assert _get(_signed(upstream), **_ANY_TOKEN).status_code == 400


def test_the_storage_refuses_a_url_that_was_tampered_with(upstream: Upstream) -> None:
    url = _signed(upstream)
    other = upstream.digest("gauge", _TAG)
    assert _get(url.replace(upstream.digest("ledger", _TAG), other)).status_code == 403
    assert _get(url.partition("?")[0]).status_code == 403


def test_a_signed_url_expires() -> None:
    now = [1_000.0]
    with Upstream(
        plain_catalog(1), clock=lambda: now[0], redirect_lifetime=300
    ) as upstream:
        url = _signed(upstream, upstream.formulae[0]["name"])
        now[0] += 299
        assert _get(url).status_code == 200
        now[0] += 1
        assert _get(url).status_code == 403


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=50-149", 50, 150),
        ("bytes=99990-", 99_990, _SIZE),
        ("bytes=99990-200000", 99_990, _SIZE),
        ("bytes=-10", 99_990, _SIZE),
    ],
)
def test_answers_a_range_with_that_part(
    upstream: Upstream, asked: str, start: int, stop: int
) -> None:
    answer = _get(_signed(upstream), Range=asked)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{_SIZE}"
    whole = upstream.content(upstream.digest("ledger", _TAG))
    assert answer.content == whole[start:stop]


def test_refuses_a_range_behind_the_end(upstream: Upstream) -> None:
    answer = _get(_signed(upstream), Range=f"bytes={_SIZE}-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{_SIZE}"


def test_head_tells_the_size_through_the_redirect(upstream: Upstream) -> None:
    url = _blob(upstream, "ledger", upstream.digest("ledger", _TAG))
    answer = requests.head(url, headers=_ANY_TOKEN, timeout=60, allow_redirects=True)
    assert answer.headers["Content-Length"] == str(_SIZE)
    assert upstream.requests.counts() == {"blob_head": 1, "signed_head": 1}


def test_without_a_token_says_where_to_get_one(upstream: Upstream) -> None:
    digest = upstream.digest("kettle@2", _TAG)
    answer = _get(_blob(upstream, "kettle/2", digest))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer realm="{upstream.registry}/token",service="ghcr.io",'
        'scope="repository:homebrew/core/kettle/2:pull"'
    )


def test_strict_tokens_open_only_what_they_were_given_for() -> None:
    with Upstream(strict_tokens=True) as upstream:
        scope = {"service": "ghcr.io", "scope": "repository:homebrew/core/ledger:pull"}
        answer = requests.get(f"{upstream.registry}/token", params=scope, timeout=60)
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        mine = _blob(upstream, "ledger", upstream.digest("ledger", _TAG))
        other = _blob(upstream, "gauge", upstream.digest("gauge", _TAG))
        assert _get(mine, **_ANY_TOKEN).status_code == 401
        assert _get(mine, **bearer).status_code == 307
        assert _get(other, **bearer).status_code == 401
        assert upstream.requests.count("token") == 1


def test_a_blob_is_known_in_its_own_repository_only(upstream: Upstream) -> None:
    digest = upstream.digest("kettle@2", _TAG)
    assert _get(_blob(upstream, "kettle", digest), **_ANY_TOKEN).status_code == 404


def test_the_index_tells_the_sizes_of_all_bottles(upstream: Upstream) -> None:
    answer = _manifest(upstream, "kettle/2", "2.14.0_1-2")
    assert answer.headers["Content-Type"] == _INDEX
    raw_digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    assert answer.headers["Docker-Content-Digest"] == raw_digest
    annotations = [entry["annotations"] for entry in answer.json()["manifests"]]
    assert {item["sh.brew.bottle.size"] for item in annotations} == {str(_SIZE)}
    by_reference = {
        item["org.opencontainers.image.ref.name"]: item["sh.brew.bottle.digest"]
        for item in annotations
    }
    digest = upstream.digest("kettle@2", _TAG)
    assert by_reference[f"2.14.0_1.{_TAG}.2"] == digest


def test_bottles_for_all_have_no_platform(upstream: Upstream) -> None:
    (entry,) = _manifest(upstream, "beermat/3", "3.1-1").json()["manifests"]
    assert "platform" not in entry
    assert entry["annotations"]["org.opencontainers.image.ref.name"] == "3.1.all.1"


def test_sizes_may_be_told_as_many_times_what_they_are() -> None:
    with Upstream(plain_catalog(1), sizes=fixed(_SIZE), magnified=60) as upstream:
        (formula,) = upstream.formulae
        index = _manifest(upstream, formula["name"], tag_reference(formula)).json()
        (item,) = index["manifests"]
    assert item["annotations"]["sh.brew.bottle.size"] == str(60 * _SIZE)


def test_old_bottles_tell_their_size_in_the_child_manifest(upstream: Upstream) -> None:
    children = _manifest(upstream, "stout-legacy", "1.1.9").json()["manifests"]
    for entry in children:
        assert "sh.brew.bottle.size" not in entry["annotations"]
        answer = _manifest(upstream, "stout-legacy", entry["digest"])
        assert len(answer.content) == entry["size"]
        (layer,) = answer.json()["layers"]
        assert layer["size"] == _SIZE
        digest = entry["annotations"]["sh.brew.bottle.digest"]
        assert layer["digest"] == f"sha256:{digest}"
    assert upstream.requests.counts() == {
        "manifest": 1,
        "child_manifest": len(children),
    }


def test_a_child_manifest_is_known_before_its_index_is_asked_for() -> None:
    with Upstream() as upstream:
        index = _manifest(upstream, "ledger", "3.4.1").json()
    with Upstream() as upstream:
        digest = index["manifests"][0]["digest"]
        assert _manifest(upstream, "ledger", digest).status_code == 200


def test_a_manifest_wants_its_type_accepted(upstream: Upstream) -> None:
    url = f"{upstream.registry}/v2/homebrew/core/ledger/manifests/3.4.1"
    assert _get(url, **_ANY_TOKEN).status_code == 404


def test_every_release_has_its_index(upstream: Upstream) -> None:
    for formula in upstream.formulae:
        files = dict(bottles_of(formula))
        if not files:
            continue
        revision, rebuild = formula["revision"], formula["bottle"]["stable"]["rebuild"]
        reference = formula["versions"]["stable"]
        reference += f"_{revision}" if revision else ""
        reference += f"-{rebuild}" if rebuild else ""
        image = formula["name"].replace("@", "/").replace("+", "x")
        index = _manifest(upstream, image, reference).json()
        assert {
            entry["annotations"]["sh.brew.bottle.digest"]
            for entry in index["manifests"]
        } == {file["sha256"] for file in files.values()}


def test_bottles_of_an_earlier_catalog_stay() -> None:
    with Upstream(plain_catalog(2)) as upstream:
        name = upstream.formulae[0]["name"]
        digest = upstream.digest(name, _TAG)
        upstream.publish([])
        answer = _get(_blob(upstream, name, digest), **_ANY_TOKEN)
        assert answer.status_code == 307


def test_an_index_grows_when_a_tag_is_added() -> None:
    with Upstream(plain_catalog(1)) as upstream:
        (formula,) = upstream.formulae
        name = formula["name"]
        reference = formula["versions"]["stable"]
        reference += f"_{formula['revision']}" if formula["revision"] else ""
        rebuild = formula["bottle"]["stable"]["rebuild"]
        reference += f"-{rebuild}" if rebuild else ""
        before = _manifest(upstream, name, reference).json()["manifests"]
        upstream.publish(plain_catalog(1, (_TAG, "arm64_tahoe")))
        after = _manifest(upstream, name, reference).json()["manifests"]
    assert [len(before), len(after)] == [1, 2]
    assert before[0] in after
