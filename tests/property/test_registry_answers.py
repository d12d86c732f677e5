"""Laws of what a registry may answer: anything, and nothing bad comes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adapters.homebrew.addresses import Address, parse_address, redirected
from adapters.homebrew.retry_after import told_wait
from adapters.homebrew.sizes import LARGEST_BOTTLE, read_index, read_layer_size
from adapters.retry import Backoff
from ports.errors import MalformedError, PortError
from tests.support.catalogs import digest_of

NOW = datetime(2026, 8, 22, 12, 0, tzinfo=UTC)
JQ = digest_of("jq")
GHCR = parse_address("https://ghcr.io/v2/homebrew/core/jq", "jq")

keys = st.sampled_from(
    [
        "manifests",
        "layers",
        "annotations",
        "digest",
        "size",
        "sh.brew.bottle.digest",
        "sh.brew.bottle.size",
    ]
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from([JQ, f"sha256:{JQ}", "1024", "-1", "1e400"]),
)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner) | st.dictionaries(keys | st.text(), inner),
    max_leaves=20,
)
bodies = documents.map(lambda document: json.dumps(document).encode()) | st.binary()

hosts = st.sampled_from(
    ["ghcr.io", "127.0.0.1", "localhost", "[::1]", "192.0.2.1", "storage.test", "", "["]
)
locations = st.text() | st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "//", "ftp://", "/", "HTTP://", ""]),
    st.sampled_from(["", "user@", "user:secret@"]),
    hosts,
    st.sampled_from(["", ":80", ":x", "/a?sig=b", "#c", "\\@evil.test", "\r\nA: b"]),
)


@given(body=bodies)
def test_an_index_is_bottles_of_a_sane_size_or_a_clear_error(body: bytes) -> None:
    try:
        entries = read_index(body, "jq")
    except MalformedError:
        return
    sizes = [entry.size for entry in entries.values() if entry.size is not None]
    assert all(0 < size <= LARGEST_BOTTLE for size in sizes)


@given(body=bodies)
def test_a_manifest_is_a_sane_size_or_a_clear_error(body: bytes) -> None:
    try:
        size = read_layer_size(body, JQ, "jq")
    except MalformedError:
        return
    assert size is None or 0 < size <= LARGEST_BOTTLE


@given(location=locations)
def test_a_redirect_stays_encrypted_and_outside_or_is_refused(location: str) -> None:
    target: Address | PortError
    try:
        target = redirected(GHCR, location, "jq")
    except PortError as error:
        target = error
    assert "secret" not in str(target)
    if isinstance(target, Address):
        assert target.origin.startswith("https://")
        assert not target.loopback


@given(header=st.text(), body=st.text(), chance=st.floats(0, 1))
def test_no_answer_makes_anybody_wait_for_ever_or_less_than_nothing(
    header: str, body: str, chance: float
) -> None:
    told = told_wait({"Retry-After": header}, f"retry-after: {body}", NOW)
    backoff = Backoff()
    wait = backoff.wait(1, told, chance)
    assert 0 <= wait <= backoff.longest + backoff.ceiling
