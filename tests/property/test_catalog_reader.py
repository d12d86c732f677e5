"""The laws of reading the catalog: the schema's word, and a result for any text."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.homebrew.plain_entries import plain_entries, plain_formula
from adapters.homebrew.reader import read_entries, read_formulae
from adapters.homebrew.schemas import dump_entry, load_entry
from domain.catalog import Catalog, CatalogDocument, Skipped, make_catalog
from domain.formula import Formula
from ports.errors import MalformedError
from tests.support.api_entries import (
    formulae,
    json_values,
    mutated_entries,
    regular_entries,
    valid_entries,
)

WHAT = "formula.json"
DOCUMENT = CatalogDocument(WHAT, WHAT, "0" * 64, signed=False)


@given(entry=valid_entries() | regular_entries() | mutated_entries() | json_values)
def test_the_short_way_says_of_any_entry_what_the_schema_says(entry: object) -> None:
    assert_both_ways_agree(entry)


def in_short(entry: object) -> Formula | Skipped:
    """Return what the reader says of the third entry of a catalog."""
    *_, found = read_formulae(json.dumps([None, None, entry]).encode(), WHAT)
    return found


def assert_both_ways_agree(entry: object) -> None:
    short, long = in_short(entry), load_entry(json.loads(json.dumps(entry)), 3)
    assert short == long
    # The order of tags counts too, and two dictionaries are equal without it.
    assert repr(short) == repr(long)


FULL: dict[str, Any] = {
    "name": "curl",
    "versions": {"stable": "8.21.0"},
    "revision": 1,
    "bottle": {"stable": {"rebuild": 2, "files": {"all": {"sha256": "0" * 64}}}},
    "aliases": ["curl@8"],
    "oldnames": ["kurl"],
    "dependencies": ["brotli"],
    "recommended_dependencies": ["zstd"],
    "uses_from_macos": ["krb5", {"perl": "build"}, {"m4": "run"}],
    "uses_from_macos_bounds": [{"since": "sonoma"}, {}, {"since": "tahoe"}],
    "variations": {
        "sonoma": {"dependencies": ["zlib"], "recommended_dependencies": ["gcc"]},
        "ventura": {"uses_from_macos": [], "uses_from_macos_bounds": []},
        "monterey": {"keg_only": True},
    },
}
WRONG: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.0, float("nan"), "", "x", "build", "\x1b", "\ud800"),
    *([], ["x"], ["build"], [""], ["\ud800"], [None], [5], [{}], [["x"]]),
    *(
        {},
        {"x": "build"},
        {"x": "test"},
        {"x": "run"},
        {"x": 5},
        {"": "build"},
        {"x": ["run", 5]},
    ),
    *({"a": "run", "b": "run"}, {"since": "sonoma"}, {"since": ""}, {"since": None}),
    *({"dependencies": None}, {"uses_from_macos": ["x"]}, {"stable": None}),
)


def places(part: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield the path of every value in ``part``, at any depth."""
    if isinstance(part, dict | list):
        for key in part if isinstance(part, dict) else range(len(part)):
            yield (key,)
            yield from ((key, *rest) for rest in places(part[key]))


@pytest.mark.parametrize("bound", [{"since": "tahoe"}, {"since": None}, {}])
def test_most_entries_go_the_short_way(bound: dict[str, Any]) -> None:
    entry = deepcopy(FULL)
    entry["uses_from_macos_bounds"][-1] = bound
    texts = plain_entries(json.dumps([entry]).encode())
    assert texts is not None
    assert list(map(plain_formula, texts)) == [load_entry(entry, 1)]


@pytest.mark.parametrize("place", [*places(FULL), ("oldname",)], ids=str)
def test_the_two_ways_agree_on_every_small_mistake(place: tuple[Any, ...]) -> None:
    *steps, last = place
    for value in WRONG:
        entry = deepcopy(FULL)
        part: Any = entry
        for step in steps:
            part = part[step]
        part[last] = value
        assert_both_ways_agree(entry)
        del part[last]
        assert_both_ways_agree(entry)


@given(entry=valid_entries() | regular_entries())
def test_an_entry_like_the_apis_is_read(entry: dict[str, Any]) -> None:
    assert isinstance(in_short(entry), Formula)


@given(formula=formulae)
def test_a_formula_comes_back_from_its_written_form(formula: Formula) -> None:
    written = json.loads(json.dumps(dump_entry(formula)))
    assert load_entry(written, 3) == formula
    assert repr(in_short(written)) == repr(formula)


def text_of(values: list[object], indent: int | None, *, ascii_only: bool) -> str:
    return json.dumps(values, indent=indent, ensure_ascii=ascii_only)


@st.composite
def damaged_texts(draw: st.DrawFn) -> str:
    """Draw the text of a catalog in which a few characters are not what they were."""
    text = draw(valid_texts)
    at = draw(st.integers(0, len(text)))
    until = at + draw(st.integers(0, 3))
    return draw(
        st.sampled_from([text[:at], text[:at] + text[until:]])
        | st.text('[]{},:"\\ \n\x00\ufeff01.eN', max_size=3).map(
            lambda noise: text[:at] + noise + text[until:]
        )
    )


valid_texts = st.builds(
    text_of,
    st.lists(valid_entries() | mutated_entries() | json_values, max_size=4),
    st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
)
texts = (
    valid_texts
    | damaged_texts()
    | json_values.map(json.dumps)
    | st.text('[]{},:"\\ud830 \nntrue-1.e+NaI', max_size=20)
)


@st.composite
def broken_bodies(draw: st.DrawFn) -> bytes:
    """Draw a catalog with bytes in it that may be no text at all."""
    body = draw(valid_texts).encode(errors="surrogatepass")
    at = draw(st.integers(0, len(body)))
    return body[:at] + draw(st.binary(min_size=1, max_size=3)) + body[at:]


bodies = texts.map(lambda text: text.encode(errors="surrogatepass")) | broken_bodies()


def whole(body: bytes) -> list[object] | None:
    """Return the list that ``body`` is, None when it is none."""
    try:
        value = json.loads(body.decode())
    except ValueError:
        return None
    return value if isinstance(value, list) else None


@given(body=bodies)
def test_entry_by_entry_is_the_same_as_all_at_once(body: bytes) -> None:
    expected = whole(body)
    if expected is None:
        with pytest.raises(MalformedError):
            list(read_entries(body, WHAT))
    else:
        # By repr, for what is not a number is not equal to itself.
        assert repr(list(read_entries(body, WHAT))) == repr(expected)


def read(body: bytes) -> Catalog:
    return make_catalog(DOCUMENT, read_formulae(body, WHAT))


def told(entries: Iterable[Formula | Skipped]) -> tuple[list[str], str]:
    """Return what is read of a catalog, and in which words the rest is refused."""
    found: list[str] = []
    try:
        found.extend(map(repr, entries))
    except MalformedError as error:
        return found, str(error)
    return found, ""


def in_full(body: bytes) -> Iterator[Formula | Skipped]:
    """Yield what the schema says of each entry, without any short way."""
    for position, entry in enumerate(read_entries(body, WHAT), start=1):
        yield load_entry(entry, position)


UNREAD = (
    *(b"1", b"-0.5e+7", b'"\\u00e9\xc3\xa9"', b"[[{}]]", b'{"a":{"a":null}}'),
    *(b"NaN", b"-Infinity", b"01", b"1.", b"1e", b"+1", b"tru", b"'x'", b"[1,]", b""),
    *(b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'{"\xff":1}', b'"\xc3'),
    *(b'"\\ud83e\\udd80"', b'"\\ud83e"', b'"\\udd80\\ud83e"', b'"\\x"', b'"\\u12"'),
    *(b'"\x01"', b'"\n"', b'"\x7f"', b'{"a" 1}', b"{1:2}", b"\xef\xbb\xbf1"),
    *(b"9" * 4_300, b"9" * 4_301, b"-" + b"9" * 9_999, b"1." + b"9" * 9_999),
    *(b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000),
)
"""Values of a field that no mirror reads, most of which are none."""


@pytest.mark.parametrize("value", UNREAD, ids=range(len(UNREAD)))
@pytest.mark.parametrize("padding", [0, 65_500, 65_520])
def test_what_is_passed_over_is_looked_at(value: bytes, padding: int) -> None:
    first = json.dumps({**FULL, "desc": "x" * padding}).encode()
    body = b"[%s,%s]" % (first, first[:-1] + b',"license":' + value + b"}")
    assert told(read_formulae(body, WHAT)) == told(in_full(body))


@given(body=bodies)
def test_a_catalog_is_read_as_the_schema_reads_it_or_refused_in_the_same_words(
    body: bytes,
) -> None:
    assert told(read_formulae(body, WHAT)) == told(in_full(body))


@given(body=bodies)
def test_whatever_upstream_sends_the_result_is_bottles_or_a_clear_error(
    body: bytes,
) -> None:
    if whole(body) is None:
        with pytest.raises(MalformedError) as caught:
            read(body)
        assert str(caught.value).isprintable()
        return
    catalog = read(body)
    for formula in catalog.formulae.values():
        for bottle in formula.bottles():
            assert "/" not in bottle.file_name
    for skipped in catalog.skipped:
        assert skipped.name
        assert skipped.reason
        assert f"{skipped.name}: {skipped.reason}".isprintable()


@given(entries=st.lists(valid_entries() | mutated_entries() | json_values, max_size=5))
def test_no_entry_goes_without_a_word(entries: list[object]) -> None:
    catalog = read(json.dumps(entries).encode())
    spoken_of = {*catalog.formulae, *(skipped.name for skipped in catalog.skipped)}
    for position, entry in enumerate(entries, start=1):
        assert load_entry(entry, position).name in spoken_of


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "not a list of formulae: it begins with nothing"),
        ("<!DOCTYPE html><html>", "it begins with '<!DOCTYPE html>"),
        ('{"payload":"[]"}', "not a list of formulae: it begins with '{"),
        ("null", "not a list of formulae: it begins with 'null'"),
        ("\ufeff[]", "not a list of formulae: it begins with '\\ufeff[]'"),
        ("[", "Expecting value"),
        ("[1", "cut off after 2 bytes"),
        ("[1,", "damaged or cut off: Expecting value"),
        ('[{"name": "j', "damaged or cut off: Unterminated string"),
        ('[{"name": "jq", "versions": }, ]', "damaged or cut off: Expecting value"),
        ("[1 2]", "damaged at byte 3: '2]'"),
        ("[1] []", "something follows the list of formulae: '[]'"),
        ("[" * 100_000, "nested too deeply"),
        ('[{"a":' * 100_000, "nested too deeply"),
        (f"[{'9' * 5_000}]", "a number beyond reason"),
    ],
    ids=range(15),
)
def test_says_what_is_wrong_with_a_text(text: str, detail: str) -> None:
    with pytest.raises(MalformedError) as caught:
        list(read_entries(text.encode(), WHAT))
    assert caught.value.what == WHAT
    assert detail in caught.value.detail


def test_text_that_is_not_in_utf_8_is_told_by_the_entry_that_has_it() -> None:
    entries = read_entries(b'["\xc3\xa9", "\xe9"]', WHAT)
    assert next(entries) == "é"
    with pytest.raises(MalformedError, match="entry at byte 7 is not text in UTF-8"):
        next(entries)


def test_an_entry_of_great_depth_is_skipped_like_any_other() -> None:
    deep = "[" * 400 + "]" * 400
    (skipped,) = read(f'[{{"name": {deep}}}]'.encode()).skipped
    assert skipped.name == "entry 1"


def test_of_a_key_that_is_there_twice_the_last_one_counts() -> None:
    first = dump_entry(Formula("jq", "1.8.2", 0, 0, {}))
    text = json.dumps([first])[:-2] + ', "name": "curl"}]'
    assert list(read(text.encode()).formulae) == ["curl"]


@pytest.mark.parametrize(
    "day", ["2025-09-10", "2025-09-17", "2026-08-15", "2026-08-22"]
)
def test_both_ways_agree_on_the_real_catalog(real_data: Path, day: str) -> None:
    path = real_data / f"formula-{day}.json.gz"
    if not path.exists():
        pytest.skip(f"no real catalog at {path}: set BOTTLES_TEST_DATA")
    body = gzip.decompress(path.read_bytes())
    texts = plain_entries(body)
    assert texts is not None
    # All of them go the short way.
    short = [plain_formula(text) for text in texts]
    for position, (formula, entry) in enumerate(
        zip(short, read_entries(body, WHAT), strict=True), start=1
    ):
        assert isinstance(formula, Formula)
        assert repr(formula) == repr(load_entry(entry, position))
        assert load_entry(dump_entry(formula), position) == formula
