"""The laws of bringing another mirror's hash file up to date."""

import gzip
import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.external.migration import migrated
from adapters.ledger.hash_codec import encode_hash_file
from domain.ledger import Ledger
from ports.errors import MalformedError
from ports.external_hash_file import ExternalEntries
from tests.support import strategies as some

TODAY = date(2026, 11, 22)
NUMBERS = st.integers() | st.floats() | st.booleans()
SCALARS = st.none() | NUMBERS | st.text(max_size=70)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)
DIGESTS = st.text("0123456789abcdefABCDEF", min_size=64, max_size=64)
DAYS = st.dates().map(date.isoformat)
# Near enough to an entry that each field is often right.
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "sha256": DIGESTS | SCALARS,
        "file_size": st.integers(-1, 2**64) | SCALARS,
        "download_date": DAYS | SCALARS,
        "object_key": st.text(),
    },
)
FILES = st.fixed_dictionaries(
    {"bottles": st.dictionaries(st.text(), ROWS | JSON, max_size=6) | JSON},
    optional={"last_updated": SCALARS, "ledger": JSON},
)


def read(body: bytes) -> ExternalEntries | str:
    try:
        return migrated(body, source="s", etag=None, today=TODAY, at_most=1_000_000)
    except MalformedError as error:
        return str(error)


def written(found: ExternalEntries) -> bytes:
    rows = {
        key: {
            "download_date": entry.download_date.isoformat(),
            "file_size": entry.size,
            "sha256": entry.digest,
        }
        for key, entry in found.entries.items()
    }
    return json.dumps({"last_updated": "2026-11-22", "bottles": rows}).encode()


@given(FILES | JSON)
def test_any_json_gives_valid_entries_and_reasons_or_is_malformed(said: Any) -> None:  # noqa: ANN401
    found = read(json.dumps(said).encode())

    if isinstance(found, str):
        assert "Invalid hash file format" in found
        return
    for key in filter(str.isprintable, said["bottles"]):
        assert (key in found.entries) != (key in found.skipped)
    for key, entry in found.entries.items():
        assert key
        assert key.encode()
        assert len(entry.digest) == 64
        assert entry.digest == entry.digest.lower()
        assert 0 <= entry.size < 2**63
    for key, reason in found.skipped.items():
        assert (key + reason).isprintable()
        assert len(reason) < 200
    assert all(count > 0 for count in found.migrated.values())


@given(FILES)
def test_what_was_brought_up_to_date_needs_nothing_more(said: Any) -> None:  # noqa: ANN401
    found = read(json.dumps(said).encode())

    if isinstance(found, ExternalEntries):
        again = read(written(found))
        assert again == ExternalEntries(None, found.entries, {}, {})


@given(FILES)
def test_the_same_file_says_the_same_compressed_or_not(said: Any) -> None:  # noqa: ANN401
    body = json.dumps(said).encode()

    assert read(body) == read(gzip.compress(body)) == read(body)


@given(st.binary() | st.binary().map(lambda tail: b"\x1f\x8b\x08\x00" + tail))
def test_any_bytes_are_a_hash_file_or_malformed(body: bytes) -> None:
    assert read(body)


@given(some.ledgers)
def test_the_hash_file_of_a_mirror_can_be_imported_whole(ledger: Ledger) -> None:
    found = read(encode_hash_file(ledger))

    assert isinstance(found, ExternalEntries)
    for key, held in ledger.held.items():
        assert found.entries[key].digest == held.bottle.digest
        assert found.entries[key].size == held.size
        assert found.entries[key].download_date == held.download_date
