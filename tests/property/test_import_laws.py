"""Imports and syncs in any order: the log alone says what is held, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.import_codec import decode_import, encode_import
from adapters.ledger.layout import HASH_FILE
from domain.bottle import BottleKey
from domain.ledger import replay
from domain.records import Elsewhere
from tests.support import strategies as some
from tests.support.catalogs import digest_of
from tests.support.listed_elsewhere import ListedElsewhere
from tests.support.mirror import TAG, Mirror

NAMES = ("bat", "curl", "jq")
DAYS = (date(2026, 8, 21), date(2026, 8, 22))
_keys = st.sampled_from(
    [f"{name}-{version}-{TAG}" for name in NAMES for version in "12"]
)
_contents = st.sampled_from([f"{name} {version}" for name in NAMES for version in "12"])

listings = st.dictionaries(
    (_keys | st.just("a key of its own")).map(BottleKey),
    st.builds(
        Elsewhere, _contents.map(digest_of), st.integers(0, 9), st.sampled_from(DAYS)
    ),
    max_size=4,
)
"""What another mirror lists: the same keys and digests as here, well or ill matched."""

Step: TypeAlias = Callable[[Mirror], object]

steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda name, version: (
            lambda mirror: mirror.offer(
                name, version, contents={TAG: f"{name} {version}"}
            )
        ),
        st.sampled_from(NAMES),
        st.sampled_from("12"),
    ),
    st.sampled_from(NAMES).map(lambda name: lambda mirror: mirror.withdraw(name)),
    st.just(lambda mirror: mirror.clock.sleep(timedelta(days=1).total_seconds())),
    st.booleans().map(
        lambda all_of_it: (
            lambda mirror: mirror.process().sync(fetch_elsewhere=all_of_it)
        )
    ),
    st.just(lambda mirror: mirror.damage(HASH_FILE)),
    st.builds(
        lambda source, listing: (
            lambda mirror: mirror.process().importing(
                ListedElsewhere(listing, source)
            )()
        ),
        st.sampled_from(["old.json", "https://mirror.test/bottles_hash.json"]),
        listings,
    ),
)


def grown(done: list[Step]) -> Mirror:
    mirror = Mirror()
    mirror.offer("jq", "1", contents={TAG: "jq 1"})
    mirror.sync()
    for step in done:
        step(mirror)
    return mirror


@given(st.lists(steps, max_size=8))
def test_imports_and_syncs_fold_the_same_from_any_checkpoint(done: list[Step]) -> None:
    commits = grown(done).commits()
    whole = encode_hash_file(replay(commits))
    for cut in range(1, len(commits) + 1):
        start = decode_hash_file(encode_hash_file(replay(commits[:cut])))
        assert encode_hash_file(replay(commits[cut:], start)) == whole


@given(st.lists(steps, max_size=8))
def test_nothing_is_held_and_elsewhere_under_one_key(done: list[Step]) -> None:
    ledger = grown(done).ledger()
    assert not ledger.held.keys() & ledger.elsewhere.keys()


@given(st.lists(steps, max_size=8))
def test_in_the_end_each_bottle_on_offer_is_here_or_elsewhere(
    done: list[Step],
) -> None:
    mirror = grown(done)
    mirror.sync()
    ledger = mirror.ledger()
    held = {entry.bottle.digest for entry in ledger.held.values()}
    for formula in mirror.formulae.values():
        for bottle in formula.bottles():
            assert bottle.digest in held | ledger.digests_elsewhere
    mirror.check()


@given(st.lists(steps, max_size=8))
def test_fetching_what_is_elsewhere_leaves_nothing_of_the_offer_there(
    done: list[Step],
) -> None:
    mirror = grown(done)
    mirror.process().sync(fetch_elsewhere=True)
    ledger = mirror.ledger()
    for formula in mirror.formulae.values():
        for bottle in formula.bottles():
            assert ledger.held[bottle.key].bottle == bottle
    mirror.check()


@given(st.lists(steps, max_size=6), listings)
def test_importing_twice_is_importing_once(
    done: list[Step], listing: dict[BottleKey, Elsewhere]
) -> None:
    mirror = grown(done)
    external = ListedElsewhere(listing, "s3://other/bottles_hash.json")
    mirror.process().importing(external)()
    commits, hash_file = mirror.commits(), mirror.hash_file()
    assert mirror.process().importing(external)().unchanged
    assert (mirror.commits(), mirror.hash_file()) == (commits, hash_file)
    mirror.check()


@given(st.dictionaries(some.bottles.map(lambda bottle: bottle.key), some.elsewhere))
def test_entries_come_back_from_their_document(
    entries: dict[BottleKey, Elsewhere],
) -> None:
    body = encode_import(entries)
    assert decode_import("document", body) == entries
    backwards = dict(reversed(entries.items()))
    assert encode_import(backwards) == body
