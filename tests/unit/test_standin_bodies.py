from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from tests.standin.bodies import Bodies, BottleBody, sha256_of
from tests.standin.sizes import MINIMUM_SIZE, fixed, from_csv, lognormal, parse_sizes

_LARGE = 3_000_000


def _whole(body: BottleBody) -> bytes:
    return b"".join(body.slices(0, body.size))


def test_the_same_seed_and_digest_give_the_same_bytes() -> None:
    first = Bodies(fixed(_LARGE), seed=4).body("a")
    second = Bodies(fixed(_LARGE), seed=4).body("a")
    assert _whole(first) == _whole(second)


def test_another_seed_gives_other_bytes_from_the_first_on() -> None:
    first = _whole(Bodies(fixed(_LARGE), seed=1).body("a"))
    second = _whole(Bodies(fixed(_LARGE), seed=2).body("a"))
    assert first[:64] != second[:64]
    assert first[64:] != second[64:]


def test_two_bottles_share_neither_head_nor_tail() -> None:
    bodies = Bodies(fixed(_LARGE))
    first, second = _whole(bodies.body("a")), _whole(bodies.body("b"))
    assert first[:64] != second[:64]
    assert first[-64:] != second[-64:]


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 10), (10, 64), (60, 70), (64, 65), (70, _LARGE), (1_048_583, 2_500_000)],
)
def test_any_slice_equals_that_of_the_whole(start: int, stop: int) -> None:
    body = Bodies(fixed(_LARGE)).body("a")
    assert b"".join(body.slices(start, stop)) == _whole(body)[start:stop]


@pytest.mark.parametrize("chunk", [65_536, 1_000_000, 1_048_576])
def test_a_dropped_chunk_is_seen_in_the_bytes_after_it(chunk: int) -> None:
    whole = _whole(Bodies(fixed(_LARGE)).body("a"))
    assert whole[100 + chunk :][:64] != whole[100:][:64]


def test_measuring_many_gives_each_its_own_digest() -> None:
    bodies = Bodies(fixed(100_000))
    originals = [str(number) for number in range(20)]
    bodies.measure(originals)
    for original in originals:
        raw = _whole(bodies.body(original))
        assert bodies.digest(original) == hashlib.sha256(raw).hexdigest()
        assert bodies.digest(original) == sha256_of(bodies.body(original))


def test_no_body_is_shorter_than_its_header() -> None:
    assert Bodies(fixed(1)).body("a").size == MINIMUM_SIZE


def test_drawn_sizes_depend_on_the_digest_alone_and_spread_widely() -> None:
    sizes = [lognormal()(str(number)) for number in range(500)]
    assert sizes == [lognormal()(str(number)) for number in range(500)]
    assert min(sizes) < 50_000
    assert max(sizes) > 50_000_000
    assert 300_000 < sorted(sizes)[250] < 2_000_000


def test_sizes_are_read_from_a_table_and_scaled(tmp_path: Path) -> None:
    table = tmp_path / "bottles.csv.gz"
    table.write_bytes(gzip.compress(b"sha256,est_size_bytes\nab,500000\n"))
    assert from_csv(table, scale=0.01)("ab") == 5_000
    assert parse_sizes(f"csv:{table}:0.01")("ab") == 5_000
    assert parse_sizes(f"csv:{table}")("ab") == 500_000


def test_a_digest_that_the_table_lacks_gets_a_drawn_size(tmp_path: Path) -> None:
    table = tmp_path / "bottles.csv"
    table.write_text("sha256,est_size_bytes\nab,500000\n")
    assert from_csv(table, scale=0.5)("other") == lognormal(0.5)("other")


def test_sizes_of_two_tables_are_read_together(tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("sha256,est_size_bytes\nab,500000\n")
    second.write_text("sha256,est_size_bytes\ncd,300000\n")
    size_of = from_csv(first, second, scale=0.1)
    assert [size_of("ab"), size_of("cd")] == [50_000, 30_000]


def test_refuses_sizes_that_it_cannot_read() -> None:
    with pytest.raises(ValueError, match="fixed:BYTES"):
        parse_sizes("huge")
