from __future__ import annotations

import time
from contextlib import suppress
from datetime import date

import pytest

from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.layout import COMMITS, DOCUMENTS, HASH_FILE, document_key
from domain.bottle import BottleKey, Digest
from domain.errors import LedgerDamagedError
from domain.events import HashFileImported
from domain.records import Elsewhere, ImportSeen
from ports.errors import NotFoundError
from tests.support.catalogs import digest_of, make_bottle
from tests.support.listed_elsewhere import ListedElsewhere, entries_of
from tests.support.mirror import Mirror, Process, mirror_of
from tests.support.watched import Call, Killed, at_call, is_write

JQ, BAT = make_bottle("jq"), make_bottle("bat")
MANY = 100_000


@pytest.fixture
def external() -> ListedElsewhere:
    return ListedElsewhere(entries_of([JQ, BAT]))


@pytest.fixture
def mirror(external: ListedElsewhere) -> Mirror:
    """Return a mirror that holds curl, and was told of no other mirror yet."""
    mirror = mirror_of("curl")
    mirror.sync()
    mirror.external = external
    return mirror


class TestImporting:
    def test_makes_known_what_is_elsewhere(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        report = mirror.process().importing(external)()
        assert (report.entries, report.news, report.unchanged) == (2, 2, False)
        assert report.source == external.source
        assert report.ledger == mirror.ledger()
        assert mirror.ledger().elsewhere == entries_of([JQ, BAT])
        (imported,) = mirror.recorded(HashFileImported)
        assert (imported.count, imported.etag) == (2, '"1"')
        assert imported.entries == entries_of([JQ, BAT])
        mirror.check()

    def test_founds_a_ledger_where_there_is_none(
        self, external: ListedElsewhere
    ) -> None:
        mirror = Mirror()
        mirror.process().importing(external)()
        assert mirror.ledger().elsewhere == entries_of([JQ, BAT])
        mirror.check()

    def test_tells_what_was_migrated_and_what_was_left_out(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        external.list(
            entries_of([JQ]), {"missing file_size": 1}, {"x": "it is not an object"}
        )
        report = mirror.process().importing(external)()
        assert report.migrated == {"missing file_size": 1}
        assert report.skipped == {"x": "it is not an object"}

    def test_twice_is_the_same_as_once(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        mirror.process().importing(external)()
        before = {info.key: info for info in mirror.disk.list("")}
        hash_file = mirror.hash_file()
        process = mirror.process()
        report = process.importing(external)()
        assert (report.entries, report.news, report.unchanged) == (0, 0, True)
        assert {info.key: info for info in mirror.disk.list("")} == before
        assert mirror.hash_file() == hash_file
        assert not any(is_write(call) for call in process.watch.calls)

    def test_asks_again_by_the_etag_only(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        mirror.process().importing(external)()
        mirror.process().importing(external)()
        external.list(entries_of([JQ]))
        mirror.process().importing(external)()
        mirror.process().importing(external)()
        assert external.asked == [None, '"1"', '"1"', '"2"']

    def test_of_a_source_without_etags_records_nothing_twice(
        self, mirror: Mirror
    ) -> None:
        external = ListedElsewhere(entries_of([JQ]), has_etags=False)
        mirror.process().importing(external)()
        hash_file, commits = mirror.hash_file(), mirror.commits()
        assert mirror.process().importing(external)().unchanged
        assert (mirror.hash_file(), mirror.commits()) == (hash_file, commits)

    def test_the_same_entries_under_another_etag_are_one_document(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        mirror.process().importing(external)()
        external.list(entries_of([BAT, JQ]))
        report = mirror.process().importing(external)()
        assert (report.entries, report.news) == (2, 0)
        first, second = mirror.recorded(HashFileImported)
        assert first.document == second.document
        seen = mirror.ledger().imports[external.source]
        assert seen == ImportSeen(first.document, '"2"')

    def test_each_source_is_remembered_for_itself(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        other = ListedElsewhere(entries_of([BAT]), "s3://other/bottles_hash.json")
        for one in (external, other, external, other):
            mirror.process().importing(one)()
        assert mirror.ledger().imports.keys() == {external.source, other.source}
        assert len(mirror.recorded(HashFileImported)) == 2

    def test_a_file_that_cannot_be_had_is_an_error_and_writes_nothing(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        external.error = NotFoundError(external.source, "there is no such file")
        process = mirror.process()
        with pytest.raises(NotFoundError):
            process.importing(external)()
        assert not any(is_write(call) for call in process.watch.calls)

    def test_a_damaged_hash_file_of_ones_own_is_told_of(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        mirror.damage(HASH_FILE, b"{}")
        process = mirror.process()
        process.importing(external)()
        (note,) = process.progress.notes
        assert "it is rebuilt from the log" in note
        mirror.check()


class TestAConflictOfKeys:
    def test_goes_to_what_was_imported_last(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        mirror.process().importing(external)()
        newer = {JQ.key: Elsewhere(digest_of("newer"), 7, date(2026, 1, 2))}
        external.list(newer)
        assert mirror.process().importing(external)().news == 0
        assert mirror.ledger().elsewhere == entries_of([BAT]) | newer

    def test_goes_to_the_store_if_it_holds_the_bottle(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        (curl,) = mirror.ledger().held
        held = mirror.ledger().held[curl]
        external.list({curl: Elsewhere(digest_of("other"), 7, date(2026, 1, 2))})
        report = mirror.process().importing(external)()
        assert (report.entries, report.news) == (1, 0)
        assert mirror.ledger().held[curl] == held
        assert mirror.ledger().elsewhere == {}
        mirror.check()


class TestACrash:
    """Killed at a call; a second run ends as one that was never killed."""

    @pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
    def test_at_any_call_leaves_nothing_that_matters(self, *, done: bool) -> None:
        calls = len(imported_by(Mirror()).watch.calls)
        expected = entries_of([JQ, BAT])
        for number in range(1, calls + 1):
            mirror = Mirror()
            process = mirror.process()
            process.watch.interfere(at_call(number, process.watch.kill), done=done)
            with suppress(Killed):
                process.importing(ListedElsewhere(expected))()
            imported_by(mirror)
            assert mirror.ledger().elsewhere == expected
            assert len(mirror.recorded(HashFileImported)) == 1
            mirror.check()

    def test_between_document_and_commit_is_as_if_nothing_had_been(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        ledger, hash_file = mirror.ledger(), mirror.hash_file()
        process = mirror.process()

        def die(call: Call) -> None:
            if call.what == "create" and call.key.startswith(COMMITS):
                process.watch.kill()

        process.watch.before = die
        with pytest.raises(Killed):
            process.importing(external)()
        assert (mirror.ledger(), mirror.hash_file()) == (ledger, hash_file)
        mirror.check()
        mirror.process().importing(external)()
        assert mirror.ledger().elsewhere == entries_of([JQ, BAT])


def imported_by(mirror: Mirror) -> Process:
    process = mirror.process()
    process.importing(ListedElsewhere(entries_of([JQ, BAT])))()
    return process


class TestTheDocument:
    def test_missing_stops_a_replay_and_is_named_with_its_commit(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        mirror.process().importing(external)()
        (imported,) = mirror.recorded(HashFileImported)
        seq = mirror.ledger().position.seq
        mirror.damage(document_key(Digest(imported.document)))
        with pytest.raises(LedgerDamagedError, match=imported.document) as raised:
            mirror.ledger()
        assert raised.value.seq == seq

    def test_changed_stops_a_replay_too(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        mirror.process().importing(external)()
        (imported,) = mirror.recorded(HashFileImported)
        mirror.damage(document_key(Digest(imported.document)), b"{}")
        with pytest.raises(LedgerDamagedError, match="not what its name says"):
            mirror.ledger()

    def test_is_not_needed_behind_a_checkpoint(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        mirror.process().importing(external)()
        (imported,) = mirror.recorded(HashFileImported)
        mirror.damage(document_key(Digest(imported.document)))
        ledger = mirror.process().open().ledger
        assert ledger.elsewhere == entries_of([JQ, BAT])

    def test_is_written_before_the_commit_that_names_it(
        self, mirror: Mirror, external: ListedElsewhere
    ) -> None:
        process = mirror.process()
        process.importing(external)()
        written = [call.key for call in process.watch.of("create")]
        assert [key.startswith(DOCUMENTS) for key in written] == [True, False]


def test_a_hundred_thousand_entries_are_imported_folded_and_published() -> None:
    mirror = Mirror()
    entries = {
        BottleKey(f"formula{number}-1.{number % 7}-arm64_sonoma"): Elsewhere(
            Digest(f"{number:064x}"), number, date(2025, 7, 1 + number % 28)
        )
        for number in range(MANY)
    }
    begun = time.perf_counter()
    report = mirror.process().importing(ListedElsewhere(entries))()
    imported = time.perf_counter()
    ledger = mirror.ledger()
    folded = time.perf_counter()
    print(
        f"{MANY:,} entries imported and published in {imported - begun:.1f} s,"
        f" folded from zero in {folded - imported:.1f} s"
    )
    assert (report.entries, report.news) == (MANY, MANY)
    assert ledger.elsewhere == entries
    body = mirror.hash_file()
    assert body == encode_hash_file(ledger)
    assert decode_hash_file(body) == ledger
