"""A ledger that was folded before a gap was declared in what it was folded from."""

from __future__ import annotations

import pytest

from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.layout import HASH_FILE, commit_key
from application.journal import Journal
from domain.errors import LedgerDamagedError, OutdatedLedgerError
from domain.events import LedgerRepaired, StoreReconciled
from domain.ledger import replay
from domain.records import Repair
from tests.support.catalogs import make_bottle
from tests.support.chain import mirrored
from tests.support.log_writing import commit_after
from tests.support.mirror import TAG, Mirror, mirror_of

LOST = Repair(1, 1, "gap", None)
NOTE = "bottles_hash.json was made before a repair"


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that was synced twice: a log of six commits."""
    mirror = mirror_of("jq")
    mirror.sync()
    mirror.offer("bat", contents={TAG: "bat"})
    mirror.sync()
    return mirror


def give_up(mirror: Mirror, *, rewritten: bool = False) -> None:
    """Lose commit 1 and declare it a gap, without publishing anything."""
    head = mirror.commits()[-1].position
    body = b"not what it was\n" if rewritten else None
    mirror.damage(commit_key(LOST.first), body)
    log = mirror.process().log
    log.append(
        commit_after(
            head,
            LedgerRepaired(LOST),
            StoreReconciled("d" * 64),
            number=head.seq,
            writer="repair/0/process",
            ledger=log.identity() or "",
        )
    )


def publish(mirror: Mirror, seq: int) -> None:
    """Put the hash file there as it was after a commit."""
    body = encode_hash_file(replay(mirror.commits()[: seq + 1]))
    mirror.damage(HASH_FILE, body)


class TestAHashFile:
    @pytest.mark.parametrize("seq", [1, 3, 5])
    @pytest.mark.parametrize("rewritten", [False, True])
    def test_that_was_made_before_is_thrown_away_with_a_note(
        self, mirror: Mirror, seq: int, *, rewritten: bool
    ) -> None:
        publish(mirror, seq)
        give_up(mirror, rewritten=rewritten)
        opened = mirror.process().open()
        (note,) = opened.notes
        assert note.startswith(NOTE)
        assert opened.ledger == mirror.ledger()
        assert not opened.published

    def test_that_ends_before_the_gap_is_read_on_from(self, mirror: Mirror) -> None:
        publish(mirror, 0)
        give_up(mirror)
        opened = mirror.process().open()
        assert opened.notes == ()
        assert opened.ledger == mirror.ledger()

    def test_that_was_made_after_is_read_on_from(self, mirror: Mirror) -> None:
        give_up(mirror)
        mirror.process().rebuild()
        opened = mirror.process().open()
        assert (opened.notes, opened.published) == ((), True)
        assert opened.ledger.gaps == (LOST,)

    def test_is_replaced_by_the_next_sync(self, mirror: Mirror) -> None:
        give_up(mirror)
        process = mirror.process()
        process.sync()
        assert [note.startswith(NOTE) for note in process.progress.notes] == [True]
        assert mirror.hash_file() == encode_hash_file(mirror.ledger())
        assert mirror.process().open().notes == ()

    def test_from_a_commit_that_nobody_gave_up_is_damage_still(
        self, mirror: Mirror
    ) -> None:
        mirror.damage(commit_key(5))
        with pytest.raises(LedgerDamagedError, match="head behind a pin"):
            mirror.process().open()

    def test_from_a_lost_commit_beside_other_damage_is_damage(
        self, mirror: Mirror
    ) -> None:
        publish(mirror, LOST.first)
        give_up(mirror)
        mirror.damage(commit_key(3))
        with pytest.raises(LedgerDamagedError):
            mirror.process().open()


class TestAJournal:
    @pytest.fixture
    def journal(self, mirror: Mirror) -> Journal:
        """Return a run's hand in the log, taken before the gap was declared."""
        return mirror.process().journal()

    def test_does_not_follow_across_the_declaration(
        self, mirror: Mirror, journal: Journal
    ) -> None:
        give_up(mirror)
        with pytest.raises(OutdatedLedgerError, match="read anew"):
            journal.follow()

    def test_records_nothing_behind_it(self, mirror: Mirror, journal: Journal) -> None:
        give_up(mirror)
        before = len(list(mirror.disk.list("")))
        with pytest.raises(OutdatedLedgerError):
            journal.record([mirrored(make_bottle("curl"))])
        assert len(list(mirror.disk.list(""))) == before

    def test_does_not_follow_from_within_the_gap(self, mirror: Mirror) -> None:
        journal = mirror.process().journal(replay(mirror.commits()[: LOST.last + 1]))
        give_up(mirror)
        with pytest.raises(OutdatedLedgerError):
            journal.follow()

    def test_follows_when_it_has_crossed_the_gap_itself(self, mirror: Mirror) -> None:
        give_up(mirror)
        crossed = mirror.commits()
        declared = len(crossed) - 1
        journal = mirror.process().journal(replay(crossed[:declared]))
        journal.follow()
        assert journal.ledger == mirror.ledger()

    def test_follows_across_a_repair_that_lost_nothing(
        self, mirror: Mirror, journal: Journal
    ) -> None:
        restored = Repair(1, 1, "gap", "a copy")
        mirror.process().journal().record([LedgerRepaired(restored)])
        journal.follow()
        assert journal.ledger.repairs == (restored,)
