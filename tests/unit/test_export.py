"""What is to be moved between two heads, and how it is shared out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.bottle import Bottle, Digest
from domain.events import BottleLost, LedgerRepaired, Position
from domain.export import (
    Export,
    Movement,
    Piece,
    export_id,
    objects_of,
    segmented,
    why_not,
)
from domain.generations import BottleEvicted
from domain.ledger import Ledger, replay
from domain.records import Repair
from tests.support.catalogs import make_bottle
from tests.support.chain import DAY, Chain, lost, mirrored, superseded

JQ = make_bottle("jq", content="jq")
JQ_AGAIN = make_bottle("jq", content="jq, built again")
BAT = make_bottle("bat", content="bat")
TWIN = make_bottle("cat", content="bat")
EXPORT = Export(
    id="1d" * 32,
    ledger="ours",
    created=datetime(2026, 11, 22, tzinfo=UTC),
    since=2,
    begin=Position(5, "b0" * 32),
    head=Position(9, "4e" * 32),
    published=3,
    generations=(3,),
    commits=4,
    bottles=1,
    bytes=100,
    hash_file="4f" * 32,
)
WHOLE = replace(EXPORT, since=None, begin=None)


def evicted(bottle: Bottle) -> BottleEvicted:
    return BottleEvicted(bottle.key, bottle.digest, bottle.object_key(DAY))


def between(chain: Chain, begin: int) -> tuple[Movement, frozenset[Digest], Ledger]:
    """Return what the commits behind ``begin`` tell, and the ledger at both ends."""
    start = replay(chain.commits[: begin + 1])
    movement = Movement()
    for recorded in chain.commits[begin + 1 :]:
        movement.take(recorded.commit)
    return movement, frozenset(objects_of(start).values()), chain.replay()


class TestWhatIsMoved:
    def test_what_was_mirrored_on_the_way(self) -> None:
        chain = Chain()
        chain.add(mirrored(JQ))
        chain.add(mirrored(BAT, size=70))
        movement, start, end = between(chain, 0)
        assert movement.missed(start, end) == {BAT.digest: 70}
        assert [event.bottle for event in movement.arrived(end)] == [BAT]

    def test_not_what_went_again(self) -> None:
        chain = Chain()
        chain.add(mirrored(JQ))
        chain.add(mirrored(BAT), mirrored(TWIN))
        chain.add(lost(BAT), superseded(TWIN))
        chain.add(evicted(TWIN))
        movement, start, end = between(chain, 0)
        assert movement.missed(start, end) == {}
        assert movement.arrived(end) == ()

    def test_no_bytes_of_what_is_held_under_another_name(self) -> None:
        chain = Chain()
        chain.add(mirrored(BAT))
        chain.add(mirrored(TWIN))
        movement, start, end = between(chain, 0)
        assert movement.missed(start, end) == {}
        assert [event.bottle for event in movement.arrived(end)] == [TWIN]

    def test_but_of_what_was_let_go_meanwhile(self) -> None:
        for gone in (evicted(BAT), lost(BAT)):
            chain = Chain()
            chain.add(mirrored(BAT))
            chain.add(gone)
            chain.add(mirrored(TWIN, size=70))
            movement, start, end = between(chain, 0)
            assert movement.missed(start, end) == {TWIN.digest: 70}

    def test_what_was_replaced_is_moved_as_long_as_it_is_there(self) -> None:
        chain = Chain()
        beside = JQ_AGAIN.beside(JQ_AGAIN.object_key(DAY))
        chain.add(mirrored(BAT))
        chain.add(mirrored(JQ), mirrored(JQ_AGAIN, object_key=beside))
        movement, start, end = between(chain, 0)
        assert movement.missed(start, end).keys() == {JQ.digest, JQ_AGAIN.digest}

    def test_a_gap_that_was_declared_since_in_what_was_moved_before(self) -> None:
        before, behind = Repair(1, 2, "missing", None), Repair(6, 6, "missing", None)
        mended = Repair(1, 2, "missing", "a copy")
        movement = Movement()
        for repair in (mended, behind, before):
            chain = Chain()
            movement.take(chain.add(LedgerRepaired(repair)).commit)
        assert movement.given_up(Position(5, "")) == before
        assert movement.given_up(Position(0, "")) is None
        assert movement.given_up(None) is None

    def test_what_was_lost_is_told_by_its_object(self) -> None:
        event = lost(JQ)
        movement = Movement()
        movement.take(Chain().add(event).commit)
        assert movement.lost == {event.object_key: event}
        assert isinstance(event, BottleLost)


class TestSegments:
    @given(
        sizes=st.lists(st.integers(0, 50), max_size=30),
        limit=st.integers(1, 60),
    )
    def test_every_piece_is_in_one_and_none_is_too_heavy_but_alone(
        self, sizes: list[int], limit: int
    ) -> None:
        pieces = [Piece(str(n), size) for n, size in enumerate(sizes)]
        parts = list(segmented(pieces, limit, lambda size: size + 1))
        assert [piece for part in parts for piece in part] == pieces
        for part in parts:
            assert part
            weight = sum(piece.size + 1 for piece in part)
            assert weight <= limit or len(part) == 1
        for one, two in pairwise(parts):
            # Another piece would not have gone in.
            weight = sum(piece.size + 1 for piece in one)
            assert weight + two[0].size + 1 > limit

    def test_an_export_is_called_after_all_that_is_in_it(self) -> None:
        head, pieces = Position(1, "a" * 64), ((Piece("a", 1),), (Piece("b", 2),))
        same = export_id("ours", None, head, pieces)
        assert same == export_id("ours", None, head, pieces)
        others = [
            export_id("theirs", None, head, pieces),
            export_id("ours", head, head, pieces),
            export_id("ours", None, Position(2, "a" * 64), pieces),
            export_id("ours", None, head, ((Piece("a", 1), Piece("b", 2)),)),
            export_id("ours", None, head, ((Piece("a", 1),), (Piece("b", 3),))),
        ]
        assert len({same, *others}) == len(others) + 1


class TestWhetherItFits:
    def test_everything_goes_into_an_empty_store(self) -> None:
        assert why_not(WHOLE, None, Position(-1, ""), follows=False) is None

    def test_what_begins_later_does_not(self) -> None:
        reason = why_not(EXPORT, None, Position(-1, ""), follows=False)
        assert "begins at commit 5" in str(reason)

    def test_it_may_begin_where_the_store_is_or_before(self) -> None:
        for seq in (5, 6, 9, 12):
            head = Position(seq, "")
            assert why_not(EXPORT, "ours", head, follows=True) is None
            assert why_not(WHOLE, "ours", head, follows=True) is None

    def test_it_may_not_begin_behind_that(self) -> None:
        reason = why_not(EXPORT, "ours", Position(4, ""), follows=True)
        assert "import one that leads from commit 4, or from before it" in str(reason)

    def test_only_into_a_follower_of_its_ledger(self) -> None:
        head = Position(5, "")
        reason = why_not(EXPORT, "ours", head, follows=False)
        assert "records its own runs" in str(reason)
        reason = why_not(EXPORT, "theirs", head, follows=True)
        assert "follows ledger theirs" in str(reason)
