from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.layout import HASH_FILE
from domain.bottle import Bottle, BottleKey
from domain.events import BottleMirrored, HashFileImported
from domain.ledger import Ledger, replay
from domain.plan import SyncPlan, make_plan
from domain.records import Elsewhere
from domain.selection import choose
from domain.work import Amount
from ports.errors import MalformedError, UnavailableError
from tests.support.catalogs import (
    digest_of,
    make_bottle,
    make_formula,
    make_test_catalog,
)
from tests.support.chain import Chain, lost, mirrored
from tests.support.listed_elsewhere import DAY, ListedElsewhere, entries_of
from tests.support.mirror import EVERYTHING, TAG, Mirror, mirror_of
from tests.support.watched import is_write

JQ, BAT = make_bottle("jq"), make_bottle("bat")


def imported(*bottles: Bottle) -> HashFileImported:
    entries = entries_of(bottles)
    return HashFileImported("old.json", "d0" * 32, len(entries), None, entries)


def plan_of(ledger: Ledger, *, fetch_elsewhere: bool = False) -> SyncPlan:
    catalog = make_test_catalog(make_formula("jq"), make_formula("bat"))
    return make_plan(
        choose(catalog, EVERYTHING), ledger, {}, fetch_elsewhere=fetch_elsewhere
    )


class TestAPlan:
    @pytest.fixture
    def ledger(self) -> Ledger:
        """Return a ledger that knows jq to be elsewhere, under a key of its own."""
        other_key = {BottleKey("jq_1.8.1"): Elsewhere(JQ.digest, 0, DAY)}
        return Ledger().knowing(other_key)

    def test_leaves_out_what_is_elsewhere_by_its_digest(self, ledger: Ledger) -> None:
        plan = plan_of(ledger)
        assert plan.elsewhere == (JQ,)
        assert [load.bottles for load in plan.work.loads] == [(BAT,)]

    def test_does_not_count_it_as_held(self, ledger: Ledger) -> None:
        plan = plan_of(ledger)
        assert (plan.held, plan.offered.bottles) == (0, 2)
        assert [amount.bottles for amount in plan.by_tag.values()] == [1]

    def test_has_it_when_that_is_wanted(self, ledger: Ledger) -> None:
        plan = plan_of(ledger, fetch_elsewhere=True)
        assert plan.elsewhere == ()
        assert plan.work.bottles == 2

    def test_copies_what_is_also_here(self, ledger: Ledger) -> None:
        here = replace(JQ, name="jq-again")
        ledger.apply(Chain().add(mirrored(here)))
        plan = plan_of(ledger)
        assert plan.elsewhere == ()
        (copied,) = (load for load in plan.work.loads if load.bottles == (JQ,))
        assert copied.source == here.object_key(mirrored_day(ledger, here))

    def test_has_what_is_elsewhere_with_another_digest(self) -> None:
        ledger = Ledger().knowing({JQ.key: Elsewhere(digest_of("old"), 1, DAY)})
        plan = plan_of(ledger)
        assert plan.elsewhere == ()
        assert plan.work.bottles == 2


def mirrored_day(ledger: Ledger, bottle: Bottle) -> date:
    return ledger.held[bottle.key].download_date


class TestTheLedger:
    def test_no_longer_knows_elsewhere_what_was_mirrored(self) -> None:
        chain = Chain()
        chain.add(imported(JQ, BAT))
        chain.add(mirrored(JQ))
        assert chain.replay().elsewhere == entries_of([BAT])

    def test_does_not_learn_elsewhere_what_it_holds(self) -> None:
        chain = Chain()
        chain.add(mirrored(JQ))
        chain.add(imported(JQ, BAT))
        assert chain.replay().elsewhere == entries_of([BAT])
        assert chain.replay().held.keys() == {JQ.key}

    def test_may_learn_elsewhere_again_what_it_lost(self) -> None:
        chain = Chain()
        chain.add(mirrored(JQ), lost(JQ))
        chain.add(imported(JQ))
        assert chain.replay().elsewhere == entries_of([JQ])

    def test_knowing_more_leaves_the_one_it_came_from_alone(self) -> None:
        ledger = Ledger()
        assert ledger.knowing(entries_of([JQ])).elsewhere == entries_of([JQ])
        assert ledger == Ledger()

    def test_is_the_same_from_its_hash_file_byte_for_byte(self) -> None:
        chain = Chain(ledger="8c7dd922-ad47-494f-b02c-00d78eac9bf0")
        chain.add(mirrored(BAT))
        chain.add(imported(JQ, BAT, make_bottle("gtk+3")))
        chain.add(imported(make_bottle("curl")))
        chain.add(mirrored(JQ))
        whole = encode_hash_file(chain.replay())
        for cut in range(1, len(chain.commits) + 1):
            start = decode_hash_file(encode_hash_file(replay(chain.commits[:cut])))
            assert encode_hash_file(replay(chain.commits[cut:], start)) == whole

    def test_is_published_without_an_object_key_for_what_is_elsewhere(self) -> None:
        chain = Chain(ledger="8c7dd922-ad47-494f-b02c-00d78eac9bf0")
        chain.add(mirrored(BAT), imported(JQ))
        rows = json.loads(encode_hash_file(chain.replay()))["bottles"]
        assert rows[JQ.key] == {
            "download_date": str(DAY),
            "file_size": 0,
            "sha256": JQ.digest,
        }
        assert "object_key" in rows[BAT.key]


@pytest.fixture
def mirror() -> Mirror:
    """Return an empty mirror of jq and bat; another is said to have jq."""
    mirror = mirror_of("jq", "bat")
    mirror.external = ListedElsewhere(entries_of(mirror.formulae["jq"].bottles()))
    return mirror


def listed(mirror: Mirror) -> ListedElsewhere:
    assert isinstance(mirror.external, ListedElsewhere)
    return mirror.external


def fetches(mirror: Mirror, name: str) -> int:
    return mirror.upstream.opened[digest_of(name)]


class TestASync:
    def test_learns_what_is_elsewhere_before_it_plans(self, mirror: Mirror) -> None:
        report = mirror.sync()
        assert (report.mirrored, report.skipped) == (Amount(1, 3), 0)
        assert (fetches(mirror, "jq"), fetches(mirror, "bat")) == (0, 1)
        assert len(mirror.ledger().elsewhere) == 1
        mirror.check()

    def test_asks_again_by_the_etag_and_records_nothing_then(
        self, mirror: Mirror
    ) -> None:
        mirror.sync()
        mirror.sync()
        assert listed(mirror).asked == [None, '"1"']
        assert len(mirror.recorded(HashFileImported)) == 1

    def test_brings_it_in_when_that_is_wanted(self, mirror: Mirror) -> None:
        report = mirror.process().sync(fetch_elsewhere=True)
        assert report.mirrored == Amount(2, 5)
        assert mirror.ledger().elsewhere == {}
        mirror.check()

    def test_brings_it_in_though_the_catalog_has_not_changed(
        self, mirror: Mirror
    ) -> None:
        mirror.sync()
        process = mirror.process()
        assert process.plan_sync(EVERYTHING, mirror.ledger(), ask_sizes=None) is None
        report = process.sync(fetch_elsewhere=True)
        assert report.mirrored == Amount(1, 2)
        assert fetches(mirror, "jq") == 1
        mirror.check()

    def test_of_nothing_elsewhere_does_not_ask_for_the_whole_catalog(
        self, mirror: Mirror
    ) -> None:
        mirror.process().sync(fetch_elsewhere=True)
        planned = mirror.process().plan_sync(
            EVERYTHING, mirror.ledger(), ask_sizes=None, fetch_elsewhere=True
        )
        assert planned is None
        assert mirror.process().sync(fetch_elsewhere=True).skipped == 2

    def test_fetches_what_is_elsewhere_no_more(self, mirror: Mirror) -> None:
        mirror.sync()
        (key,) = mirror.ledger().elsewhere
        listed(mirror).list({key: Elsewhere(digest_of("newer"), 1, DAY)})
        report = mirror.sync()
        assert report.mirrored == Amount(1, 2)
        assert fetches(mirror, "jq") == 1
        assert [event.how for event in mirror.recorded(BottleMirrored)] == [
            "fetched",
            "fetched",
        ]
        mirror.check()

    def test_fetches_what_was_left_out_for_bytes_that_another_name_had(
        self, mirror: Mirror
    ) -> None:
        (bat,) = mirror.formulae["bat"].bottles()
        listed(mirror).list({bat.key: Elsewhere(digest_of("jq"), 2, DAY)})
        assert mirror.sync().mirrored == Amount(1, 3)
        assert mirror.sync().mirrored == Amount(1, 2)
        assert len(mirror.ledger().held) == 2
        mirror.check()

    def test_tells_what_of_the_file_it_leaves_out(self, mirror: Mirror) -> None:
        listed(mirror).list({}, skipped={"x": "it is not an object"})
        process = mirror.process()
        process.sync()
        source = listed(mirror).source
        assert process.progress.notes == [
            f"external hash file {source}: loaded, entries: 0",
            f"{source}: x is left out: it is not an object",
        ]

    def test_tells_that_it_was_loaded_migrated_and_then_that_it_is_skipped(
        self, mirror: Mirror
    ) -> None:
        (jq,) = mirror.formulae["jq"].bottles()
        entries = {jq.key: Elsewhere(jq.digest, 0, DAY)}
        listed(mirror).list(entries, migrated={"missing file_size": 1})
        first, second = mirror.process(), mirror.process()
        first.sync()
        second.sync()
        about = f"external hash file {listed(mirror).source}"
        assert first.progress.notes[:2] == [
            f"{about}: loaded, entries: 1",
            f"{about}: migrated, 1 missing file_size",
        ]
        assert second.progress.notes == [
            f"{about}: skipped, it is what was imported before"
        ]

    def test_names_no_more_than_a_few_of_what_it_leaves_out(
        self, mirror: Mirror
    ) -> None:
        reasons = {f"x{number:04}": "it is not an object" for number in range(1025)}
        listed(mirror).list({}, skipped=reasons)
        process = mirror.process()
        process.sync()
        source = listed(mirror).source
        _, *named, more = process.progress.notes
        assert len(named) == 20
        assert named[-1] == f"{source}: x0019 is left out: it is not an object"
        assert more == f"{source}: and 1,005 more are left out"

    def test_names_the_last_of_a_few_that_it_leaves_out(self, mirror: Mirror) -> None:
        reasons = {f"x{number:04}": "it is not an object" for number in range(20)}
        listed(mirror).list({}, skipped=reasons)
        process = mirror.process()
        process.sync()
        assert len(process.progress.notes) == 21
        assert "x0019" in process.progress.notes[-1]


UNREADABLE = [
    UnavailableError("https://mirror.test", "no answer"),
    MalformedError("https://mirror.test", "Invalid hash file format: not JSON"),
]


class TestAFileThatCannotBeRead:
    @pytest.mark.parametrize("error", UNREADABLE, ids=["unavailable", "malformed"])
    def test_is_a_note_and_the_run_goes_on(
        self, mirror: Mirror, error: UnavailableError
    ) -> None:
        listed(mirror).error = error
        process = mirror.process()
        report = process.sync()
        assert report.mirrored.bottles == 2
        assert process.progress.notes == [
            f"the external hash file is left out: {error}"
        ]
        mirror.check()

    def test_leaves_what_was_known_of_it(self, mirror: Mirror) -> None:
        mirror.sync()
        listed(mirror).error = UNREADABLE[0]
        mirror.offer("curl", contents={TAG: "curl"})
        report = mirror.sync()
        assert report.mirrored.bottles == 1
        assert fetches(mirror, "jq") == 0

    @pytest.mark.parametrize("error", UNREADABLE, ids=["unavailable", "malformed"])
    @pytest.mark.parametrize("synced", [False, True])
    def test_is_an_error_before_anything_is_written_if_it_is_required(
        self, mirror: Mirror, error: UnavailableError, *, synced: bool
    ) -> None:
        if synced:
            mirror.sync()
        mirror.external_required = True
        listed(mirror).error = error
        process = mirror.process()
        with pytest.raises(type(error)):
            process.sync()
        assert not any(is_write(call) for call in process.watch.calls)
        assert synced or not list(mirror.disk.list(HASH_FILE))
