import hashlib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.bottle import BottleKey, ObjectKey
from domain.errors import LedgerDamagedError
from domain.events import (
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    Event,
    RecordedCommit,
)
from domain.ledger import Ledger, replay
from domain.state_digest import StateDigest, digest_of
from tests.support.catalogs import make_bottle
from tests.support.chain import Chain, mirrored, started
from tests.support.strategies import events, histories

History = tuple[RecordedCommit, ...]

bottles = st.sampled_from(
    [make_bottle("jq"), make_bottle("jq", content="again"), make_bottle("bat")]
)
days = st.sampled_from([date(2026, 8, 21), date(2026, 8, 22)])
facts: st.SearchStrategy[Event] = st.one_of(
    st.builds(mirrored, bottles, st.integers(1, 2), days),
    st.builds(
        lambda bottle, day: BottleLost(
            bottle.key, bottle.digest, bottle.object_key(day), "nothing"
        ),
        bottles,
        days,
    ),
    st.builds(
        lambda bottle, day: BottleSuperseded(bottle.key, bottle.digest, day),
        bottles,
        days,
    ),
)
"""Facts about two keys, three digests and four places: they meet all the time."""

lists_of_facts = st.lists(facts, max_size=8)


@given(histories(), st.data())
def test_a_replay_may_start_from_any_checkpoint(
    history: History, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(history)))
    start = replay(history[:cut])
    assert replay(history[cut:], start=start) == replay(history)
    assert start == replay(history[:cut]), "the checkpoint is left alone"


@given(histories(), st.data())
def test_a_fork_and_its_origin_go_their_own_ways(
    history: History, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(history)))
    origin = replay(history[:cut])
    fork = origin.fork()
    for recorded in history[cut:]:
        origin.apply(recorded)
    assert fork == replay(history[:cut])
    assert origin == replay(history[cut:], start=fork)


@given(histories(), st.data())
def test_a_history_with_a_commit_missing_or_twice_is_damaged(
    history: History, data: st.DataObject
) -> None:
    assume(history)
    at = data.draw(st.integers(0, len(history) - 1))
    with pytest.raises(LedgerDamagedError):
        replay((*history[: at + 1], *history[at:]))
    if at < len(history) - 1:
        with pytest.raises(LedgerDamagedError):
            replay((*history[:at], *history[at + 1 :]))


@given(histories(), st.lists(events, max_size=3))
def test_a_commit_is_folded_whole_or_not_at_all(
    history: History, wild: list[Event]
) -> None:
    ledger = replay(history)
    before = ledger.fork()
    chain = Chain(ledger.id or "a ledger", list(history))
    last = chain.add(*wild)
    try:
        ledger.apply(last)
    except LedgerDamagedError:
        assert ledger == before
    else:
        assert ledger.position == last.position


def digest_anew(ledger: Ledger) -> StateDigest:
    """Return the state digest as its documentation says that it is made."""
    total = 0
    for key, entry in ledger.held.items():
        fact = b"\0".join(
            part.encode() for part in (key, entry.bottle.digest, entry.object_key)
        )
        total += int(hashlib.sha256(fact).hexdigest(), 16)
    sizes = sum(entry.size for entry in ledger.held.values())
    return StateDigest(len(ledger.held), sizes, total % 2**256)


@given(histories())
def test_the_state_digest_is_that_of_what_is_held(history: History) -> None:
    ledger = replay(history)
    assert ledger.state == digest_anew(ledger) == digest_of(ledger.held.values())
    assert all(entry.bottle.key == key for key, entry in ledger.held.items())


@given(lists_of_facts, lists_of_facts)
def test_facts_told_again_change_nothing_that_is_held(
    before: list[Event], told: list[Event]
) -> None:
    chain = Chain()
    chain.add(*before)
    chain.add(*told)
    once = chain.replay()
    chain.add(*told)
    twice = chain.replay()
    assert twice.held == once.held
    assert twice.state == once.state
    assert twice.superseded.keys() == once.superseded.keys()


@given(lists_of_facts, facts)
def test_one_fact_told_twice_in_a_row_is_one_fact(
    before: list[Event], fact: Event
) -> None:
    chain = Chain()
    chain.add(*before)
    first = replay([*chain.commits, chain.add(fact)])
    second = replay([chain.add(fact)], start=first)
    assert replace(second, at=first.at, position=first.position) == first


@given(lists_of_facts)
def test_the_fold_is_that_of_a_naive_model(told: list[Event]) -> None:
    held: dict[BottleKey, ObjectKey] = {}
    digests: dict[ObjectKey, str] = {}
    superseded: set[ObjectKey] = set()
    for event in told:
        match event:
            case BottleMirrored(bottle, _, place, _):
                if bottle.key in held:
                    superseded.add(held[bottle.key])
                held[bottle.key] = place
                digests[place] = bottle.digest
                superseded.discard(place)
            case BottleLost(key, _, place, _):
                superseded.discard(place)
                if held.get(key) == place:
                    del held[key]
            case BottleSuperseded(key, sha256, _):
                if key in held and digests[held[key]] == sha256:
                    superseded.add(held[key])
    chain = Chain()
    chain.add(*told)
    ledger = chain.replay()
    assert {key: entry.object_key for key, entry in ledger.held.items()} == held
    assert ledger.superseded.keys() == superseded
    for entry in ledger.held.values():
        assert entry.bottle.digest == digests[entry.object_key]
        assert entry.download_date.isoformat() == entry.object_key[:10]


@given(st.lists(lists_of_facts, min_size=1, max_size=4), st.data())
def test_what_a_writer_repeats_has_its_effect_once(
    batches: list[list[Event]], data: st.DataObject
) -> None:
    plain, stuttering = Chain(), Chain()
    for chain in (plain, stuttering):
        chain.add(started(), writer="first", wseq=1)
    for number, batch in enumerate(batches, start=1):
        plain.add(*batch, writer="second", wseq=number)
        stuttering.add(*batch, writer="second", wseq=number)
        again = data.draw(st.integers(0, number))
        if again:
            stuttering.add(*batches[again - 1], writer="second", wseq=again)
    one, other = plain.replay(), stuttering.replay()
    assert (other.held, other.state) == (one.held, one.state)
    assert other.superseded.keys() == one.superseded.keys()
    assert other.runs["run-1"].mirrored == one.runs["run-1"].mirrored
