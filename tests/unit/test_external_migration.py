import gzip
import json
from collections.abc import Callable, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.external.local import LocalHashFile
from adapters.external.migration import migrated
from adapters.memory.clock import ManualClock
from domain.bottle import BottleKey, Digest
from domain.records import Elsewhere
from ports.errors import MalformedError, UnusableFileError
from ports.external_hash_file import ExternalEntries

TODAY = date(2026, 11, 22)
DIGEST = "ab" * 32
KEY = BottleKey("curl-8.0.0-arm64_sonoma")
ROW: Mapping[str, object] = {
    "download_date": "2025-07-21",
    "file_size": 1_048_576,
    "sha256": DIGEST,
}
ENTRY = Elsewhere(Digest(DIGEST), 1_048_576, date(2025, 7, 21))
UPDATED = "2025-07-21T03:00:00Z"


def read(body: bytes, at_most: int = 10**9) -> ExternalEntries:
    return migrated(
        body, source="hashes.json", etag="tag", today=TODAY, at_most=at_most
    )


def file_of(bottles: object, **more: object) -> bytes:
    said = {"last_updated": UPDATED, "bottles": bottles, **more}
    return json.dumps(said).encode()


def row(**changes: object) -> dict[str, object]:
    return {**ROW, **changes}


def without(name: str) -> dict[str, object]:
    return {field: value for field, value in ROW.items() if field != name}


def test_reads_the_first_format() -> None:
    assert read(file_of({KEY: ROW})) == ExternalEntries("tag", {KEY: ENTRY}, {}, {})


def test_reads_todays_format_with_what_is_elsewhere_even_there() -> None:
    here = row(object_key="2025-07-21/curl.tar.gz", name="curl", rebuild=0)
    body = file_of(
        {KEY: here, "wget-1-all": ROW},
        ledger={"id": "a", "seq": 1, "sha256": DIGEST},
        state={"runs": {}},
    )

    found = read(body)

    assert found.entries == {KEY: ENTRY, "wget-1-all": ENTRY}
    assert (found.migrated, found.skipped) == ({}, {})


@pytest.mark.parametrize(
    "squeezed", [gzip.compress, lambda body: b"\xef\xbb\xbf" + body]
)
def test_reads_what_is_compressed_or_begins_with_a_mark(
    squeezed: Callable[[bytes], bytes],
) -> None:
    assert read(squeezed(file_of({KEY: ROW}))).entries == {KEY: ENTRY}


def test_reads_a_file_that_was_compressed_in_parts() -> None:
    body = file_of({KEY: ROW})

    parts = gzip.compress(body[:50], mtime=0) + gzip.compress(body[50:], mtime=0)

    assert read(parts).entries == {KEY: ENTRY}


@pytest.mark.parametrize("absent", [without, lambda name: row(**{name: None})])
def test_what_is_missing_is_filled_in_and_counted(
    absent: Callable[[str], dict[str, object]],
) -> None:
    bottles = {
        "a": absent("download_date"),
        "b": absent("file_size"),
        "c": {"sha256": DIGEST.upper()},
        "d": ROW,
    }

    found = read(file_of(bottles, last_updated=None))

    assert found.entries == {
        "a": Elsewhere(Digest(DIGEST), 1_048_576, TODAY),
        "b": Elsewhere(Digest(DIGEST), 0, date(2025, 7, 21)),
        "c": Elsewhere(Digest(DIGEST), 0, TODAY),
        "d": ENTRY,
    }
    assert found.migrated == {
        "missing last_updated": 1,
        "missing download_date": 2,
        "missing file_size": 2,
        "upper-case sha256": 1,
    }
    assert not found.skipped


def test_a_time_that_cannot_be_read_is_counted_and_changes_nothing() -> None:
    for odd in ("yesterday", 7, "", [UPDATED]):
        found = read(file_of({KEY: ROW}, last_updated=odd))
        assert found.migrated == {"unreadable last_updated": 1}
        assert found.entries == {KEY: ENTRY}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "nothing is not an object"),
        ([ROW], "an array is not an object"),
        (DIGEST, "is not an object"),
        (without("sha256"), "sha256: nothing is not 64 hex digits"),
        (row(sha256=DIGEST[1:]), "is not 64 hex digits"),
        (row(sha256=f"{DIGEST}\n"), "is not 64 hex digits"),
        (row(sha256="g" * 64), "is not 64 hex digits"),
        (row(sha256="\u0663" * 64), "is not 64 hex digits"),
        (row(sha256=7), "sha256: 7 is not 64 hex digits"),
        (row(sha256={"a": 1}), "sha256: an object is not 64 hex digits"),
        (row(file_size=-1), "file_size: -1 is not a number of bytes"),
        (row(file_size=True), "file_size: true is not a number of bytes"),
        (row(file_size=1.0), "file_size: 1.0 is not a number of bytes"),
        (row(file_size="1"), "file_size: '1' is not a number of bytes"),
        (row(file_size=2**63), "is not a number of bytes"),
        (row(download_date=""), "download_date: '' is not a day as 2026-11-22"),
        (row(download_date="20250721"), "'20250721' is not a day"),
        (row(download_date="2025-02-30"), "'2025-02-30' is not a day"),
        (row(download_date=UPDATED), "is not a day"),
        (row(download_date=7), "download_date: 7 is not a day"),
        (row(download_date=["2025-07-21"]), "download_date: an array is not a day"),
    ],
)
def test_an_entry_that_cannot_be_made_valid_is_skipped_and_listed(
    given: object, told: str
) -> None:
    found = read(file_of({"bad": given, KEY: ROW}))

    assert found.entries == {KEY: ENTRY}
    assert not found.migrated
    assert list(found.skipped) == ["bad"]
    assert told in found.skipped["bad"]


def test_nothing_is_counted_of_an_entry_that_is_skipped() -> None:
    half = {"sha256": DIGEST.upper(), "file_size": None, "download_date": "soon"}

    found = read(file_of({"half": half}))

    assert list(found.skipped) == ["half"]
    assert not found.migrated


def test_a_key_that_is_no_text_to_show_is_skipped_and_shown_all_the_same() -> None:
    body = (
        rb'{"last_updated": "2025-07-21T03:00:00Z", "bottles":'
        rb' {"": {}, "\ud800": {}, "a\u001b[2Jb": {}, "a\nb": {}}}'
    )

    found = read(body)

    assert not found.entries
    assert list(found.skipped) == ["", r"\ud800", r"a\x1b[2Jb", r"a\nb"]
    assert set(found.skipped.values()) == {
        "the key is empty, or has what cannot be printed"
    }


def test_a_long_value_is_not_repeated_in_full() -> None:
    found = read(file_of({"bad": row(sha256="f" * 10_000)}))

    assert len(found.skipped["bad"]) < 150


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Log in</html>",
        b"[]",
        b"{}",
        b'"bottles"',
        b'{"bottles": []}',
        b'{"bottles": null}',
        b'{"bottles": {"a": NaN}}',
        b'{"bottles": {"a": {"file_size": ' + b"9" * 5_000 + b"}}}",
        b"[" * 1_000_000,
        b'{"bottles": {}} more',
        b"\xff\xfe{\0}\0",
        gzip.compress(b'{"bottles": {}}', mtime=0)[:-9],
        b"\x1f\x8b\x08 not gzip at all",
        gzip.compress(b'{"bottles": {}}', mtime=0) + b"more",
    ],
)
def test_what_is_no_hash_file_is_refused_as_that(body: bytes) -> None:
    with pytest.raises(MalformedError, match=r"hashes\.json: Invalid hash file format"):
        read(body)


def test_what_unpacks_to_more_than_a_hash_file_has_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 50_000_000, mtime=0)

    with pytest.raises(MalformedError, match="more than 2,000,000 bytes"):
        read(bomb, at_most=2_000_000)


def test_reads_a_hundred_thousand_entries() -> None:
    bottles = {
        f"formula{number}-1.0-arm64_sonoma": {
            "download_date": f"2025-07-{number % 28 + 1:02}",
            "file_size": number,
            "sha256": sha256(str(number).encode()).hexdigest(),
        }
        for number in range(100_000)
    }

    found = read(file_of(bottles))

    assert len(found.entries) == 100_000
    assert (found.migrated, found.skipped) == ({}, {})


class TestLocalFile:
    def test_is_read_once_and_again_when_it_has_changed(self, tmp_path: Path) -> None:
        path = tmp_path / "hashes.json"
        path.write_bytes(file_of({KEY: ROW}))
        file = LocalHashFile(path, ManualClock())

        found = file.fetch()

        assert found is not None
        assert found.entries == {KEY: ENTRY}
        assert found.etag == sha256(path.read_bytes()).hexdigest()
        assert file.fetch(found.etag) is None

        path.write_bytes(file_of({}))
        assert file.fetch(found.etag) is not None

    def test_is_called_by_its_path(self, tmp_path: Path) -> None:
        path = tmp_path / "hashes.json"

        assert LocalHashFile(path, ManualClock()).source == str(path)

    def test_takes_the_clocks_day_for_the_imports(self, tmp_path: Path) -> None:
        path = tmp_path / "hashes.json"
        path.write_bytes(file_of({KEY: without("download_date")}))
        clock = ManualClock()

        found = LocalHashFile(path, clock).fetch()

        assert found is not None
        assert found.entries[KEY].download_date == clock.now().date()

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("nowhere.json", "nowhere.json: there is no such file"),
            ("", "is no file: Is a directory"),
            ("a/b", "is no file: Not a directory"),
            ("a", "Invalid hash file format: "),
        ],
    )
    def test_tells_why_it_cannot_be_used(
        self, tmp_path: Path, name: str, said: str
    ) -> None:
        (tmp_path / "a").write_bytes(b"")

        with pytest.raises(UnusableFileError, match=said):
            LocalHashFile(tmp_path / name, ManualClock()).fetch()

    def test_one_that_is_too_large_is_not_read_to_its_end(self, tmp_path: Path) -> None:
        path = tmp_path / "hashes.json"
        path.write_bytes(b" " * 5_000_000)

        with pytest.raises(UnusableFileError, match="more than 1,000 bytes"):
            LocalHashFile(path, ManualClock(), at_most=1_000).fetch()
