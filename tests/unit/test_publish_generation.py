"""Publishing: what clients see changes as a whole, and never to what is not there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest

from adapters.ledger.generations import StoredGenerations
from application.publication import PublishRefusedError, is_due
from domain.api_documents import CATALOG
from domain.bottle import ObjectKey
from domain.catalog import Validators
from domain.events import GENESIS, BottleSuperseded, CatalogRead
from domain.generations import (
    GenerationDropped,
    GenerationPublished,
    GenerationShown,
    GraceRenewed,
)
from domain.listing import Listing
from domain.selection import Selection
from domain.views import api_key, blob_key, flat_index_key, flat_key, index_key
from ports.errors import MalformedError, NotFoundError, UnavailableError
from ports.public_objects import PublicObjects
from ports.store import Store
from tests.support.generations import long_ago
from tests.support.publishing import DAY, PACKAGES, PublishingMirror, body_of, made

ALL = Selection()
JQ, JQ_2 = made("jq", "1.0"), made("jq", "2.0")
JQ_3 = made("jq", "3.0")
BAT = made("bat", "1.0")
OLD_PACKAGES = "internal/packages.arm64_ventura.jws.json"
JQ_REBUILT = made("jq", "1.0", content="rebuilt")


class Watched(StoredGenerations):
    """Generations of which is known whose lists were read."""

    def __init__(self, store: Store, objects: PublicObjects) -> None:
        super().__init__(store, objects, long_ago)
        self.read: list[int] = []

    def listing(self, number: int, sha256: str) -> Listing:
        self.read.append(number)
        return super().listing(number, sha256)


def first_two_weeks(mirror: PublishingMirror) -> None:
    """Publish a week, and read the next one."""
    mirror.mirror(JQ, BAT)
    mirror.offer(JQ, BAT)
    mirror.publish(mirror.journal(), ALL)
    mirror.mirror(JQ_2)
    mirror.offer(JQ_2, BAT)


def test_what_is_held_and_named_becomes_a_generation() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ, BAT)
    sha = mirror.offer(JQ, others=(BAT,))

    publication = mirror.publish(mirror.journal(), ALL)

    assert (publication.generation, publication.bottles) == (1, 1)
    assert publication.is_new
    ledger = mirror.ledger()
    assert (ledger.published, ledger.shown, list(ledger.generations)) == (1, 1, [1])
    assert ledger.indexes == {}
    generation = ledger.generations[1]
    assert dict(generation.documents) == {CATALOG: sha, PACKAGES: sha}
    assert dict(generation.views) == {"registry": 2}
    listing = mirror.generations.listing(1, generation.listing)
    assert dict(listing.bottles) == {JQ.key: JQ.digest, BAT.key: BAT.digest}
    assert listing.indexes.keys() == {"jq-1.0", "bat-1.0"}
    assert mirror.visible() == mirror.generations.document(1, PACKAGES, sha)
    mirror.clients.look()
    assert mirror.clients.looks


def test_to_publish_the_same_again_changes_nothing() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ)
    mirror.offer(JQ)
    mirror.publish(mirror.journal(), ALL)
    before, changes = mirror.ledger(), mirror.objects.changes

    publication = mirror.publish(mirror.journal(), ALL)

    assert (publication.generation, publication.is_new) == (1, False)
    assert mirror.ledger() == before
    assert mirror.objects.changes == changes


def test_a_bottle_that_is_named_and_not_held_is_named_and_nothing_published() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ)
    mirror.offer(JQ, BAT)
    with pytest.raises(PublishRefusedError, match="1 bottles that the API") as refused:
        mirror.publish(mirror.journal(), ALL)
    assert refused.value.missing == (BAT.key,)
    assert mirror.visible() is None
    assert mirror.ledger().generations == {}


def test_a_shortfall_that_is_accepted_is_recorded() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ)
    mirror.offer(JQ, BAT)
    publication = mirror.publish(mirror.journal(), ALL, allow_missing=True)
    assert publication.missing == (BAT.key,)
    assert mirror.ledger().generations[1].missing == 1
    assert mirror.visible() is not None


def test_what_nobody_selected_may_be_missing() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ)
    mirror.offer(JQ, others=(BAT,))
    assert mirror.publish(mirror.journal(), ALL).missing == ()


def test_a_bottle_without_an_index_is_missing_in_the_registry_view_only() -> None:
    for views, missing in ((("registry",), (JQ.key,)), (("flat",), ())):
        mirror = PublishingMirror(views=views)  # type: ignore[arg-type]
        mirror.mirror(JQ)
        mirror.offer(JQ)
        journal = mirror.journal()
        journal.ledger.indexes.clear()
        if missing:
            with pytest.raises(PublishRefusedError, match="1 bottles have no index"):
                mirror.publish(journal, ALL)
        publication = mirror.publish(journal, ALL, allow_missing=True)
        assert publication.missing == missing


def test_a_catalog_that_was_not_the_signed_api_has_nothing_to_publish() -> None:
    mirror = PublishingMirror()
    mirror.journal().record(
        [CatalogRead("./formula.json", {"formula.json": "a" * 64}, None, None, 1)]
    )
    with pytest.raises(PublishRefusedError, match="nothing to publish"):
        mirror.publish(mirror.journal(), ALL)
    assert not is_due(mirror.ledger(), changed=True)


def test_a_run_publishes_when_something_is_new_or_left_over() -> None:
    mirror = PublishingMirror()
    assert not is_due(mirror.ledger(), changed=True)
    mirror.mirror(JQ)
    mirror.offer(JQ)
    assert is_due(mirror.ledger(), changed=False)
    mirror.publish(mirror.journal(), ALL)
    assert not is_due(mirror.ledger(), changed=False)
    assert is_due(mirror.ledger(), changed=True)
    mirror.offer(JQ, others=(BAT,))
    assert is_due(mirror.ledger(), changed=False)


def test_going_back_shows_what_was_there_and_downloads_nothing() -> None:
    mirror = PublishingMirror(views=("registry", "flat"))
    first_two_weeks(mirror)
    before = mirror.visible()
    mirror.publish(mirror.journal(), ALL)
    after = mirror.visible()
    assert before != after

    publication = mirror.roll_back(mirror.journal())

    assert (publication.generation, mirror.visible()) == (1, before)
    ledger = mirror.ledger()
    assert (ledger.published, ledger.shown) == (1, 1)
    with pytest.raises(PublishRefusedError, match="first that is kept"):
        mirror.roll_back(mirror.journal())
    mirror.roll_back(mirror.journal(), to=2)
    assert mirror.visible() == after
    with pytest.raises(PublishRefusedError, match="7 is not kept; there are 1, 2"):
        mirror.roll_back(mirror.journal(), to=7)


def test_after_going_back_the_same_documents_are_not_published_by_themselves() -> None:
    mirror = PublishingMirror()
    first_two_weeks(mirror)
    mirror.publish(mirror.journal(), ALL)
    mirror.roll_back(mirror.journal())
    assert not is_due(mirror.ledger(), changed=False)
    assert mirror.publish(mirror.journal(), ALL).generation == 3
    assert mirror.ledger().published == 3


def test_there_is_nothing_to_go_back_to_before_anything_is_published() -> None:
    with pytest.raises(PublishRefusedError, match="no generation is published yet"):
        PublishingMirror().roll_back(PublishingMirror().journal())


def test_a_generation_whose_bottles_are_gone_is_not_gone_back_to() -> None:
    mirror = PublishingMirror()
    first_two_weeks(mirror)
    mirror.publish(mirror.journal(), ALL)
    journal = mirror.journal()
    del journal.ledger.held[JQ.key]
    with pytest.raises(PublishRefusedError, match=r"no longer holds: jq-1\.0"):
        mirror.roll_back(journal)


def test_the_same_name_with_another_digest_is_served_right_and_back() -> None:
    mirror = PublishingMirror(views=("registry", "flat"))
    mirror.mirror(JQ)
    mirror.offer(JQ)
    mirror.publish(mirror.journal(), ALL)
    first_index = mirror.objects.read(index_key("jq", "1.0"))
    mirror.mirror(JQ_REBUILT, content="rebuilt")
    mirror.offer(JQ_REBUILT)
    # Until it is published, all is as it was.
    assert mirror.objects.read(flat_key(JQ)) == body_of("jq", "1.0")
    assert mirror.objects.read(index_key("jq", "1.0")) == first_index

    mirror.publish(mirror.journal(), ALL)

    assert mirror.objects.read(flat_key(JQ)) == body_of("jq", "1.0", "rebuilt")
    assert mirror.objects.read(index_key("jq", "1.0")) != first_index
    assert mirror.objects.read(blob_key(JQ)) == body_of("jq", "1.0")
    mirror.roll_back(mirror.journal())
    assert mirror.objects.read(flat_key(JQ)) == body_of("jq", "1.0")
    assert mirror.objects.read(index_key("jq", "1.0")) == first_index


def test_views_that_were_switched_on_later_are_made_by_publishing() -> None:
    mirror = PublishingMirror(views=())
    mirror.mirror(JQ)
    mirror.offer(JQ)
    later = PublishingMirror(
        views=("registry", "flat"), store=mirror.store, promises=mirror.promises
    )
    later.clients.known = mirror.clients.known
    later.publish(later.journal(), ALL)
    assert later.objects.read(blob_key(JQ)) == body_of("jq", "1.0")
    assert later.objects.read(flat_key(JQ)) == body_of("jq", "1.0")
    later.clients.look()


@pytest.mark.parametrize("news", [False, True])
def test_a_view_that_is_added_to_another_gets_what_was_there_before(
    *, news: bool
) -> None:
    mirror = PublishingMirror(views=("registry",))
    mirror.mirror(JQ)
    mirror.offer(JQ)
    mirror.publish(mirror.journal(), ALL)
    later = PublishingMirror(
        views=("registry", "flat"), store=mirror.store, promises=mirror.promises
    )
    # Until it is published, nobody asks the new view for anything.
    later.clients.known |= dict.fromkeys(mirror.clients.known, ())
    if news:
        later.mirror(BAT)
        later.offer(JQ, BAT)
    publication = later.publish(later.journal(), ALL)
    assert (publication.generation, publication.is_new) == (2, True)
    assert later.objects.read(flat_key(JQ)) == body_of("jq", "1.0")
    assert later.objects.read(flat_index_key("jq", "1.0"))
    later.clients.known |= mirror.clients.known
    later.clients.look()
    assert not later.publish(later.journal(), ALL).is_new


def test_old_generations_are_dropped_and_what_they_kept_is_removed() -> None:
    mirror = PublishingMirror(keep=2)
    for week in range(4):
        bottle = made("jq", f"{week}.0")
        mirror.mirror(bottle)
        mirror.offer(bottle)
        mirror.publish(mirror.journal(), ALL)
    assert list(mirror.ledger().generations) == [3, 4]
    kept = {info.key.split("/")[1] for info in mirror.store.list("generations/")}
    assert kept == {"3", "4", "staged"}
    staged = [info.key for info in mirror.store.list("generations/staged/")]
    assert len(staged) == 1
    with pytest.raises(NotFoundError):
        mirror.generations.listing(2, "0" * 64)


def test_the_generation_that_was_gone_back_to_is_not_dropped() -> None:
    mirror = PublishingMirror(keep=2)
    first_two_weeks(mirror)
    mirror.publish(mirror.journal(), ALL)
    mirror.roll_back(mirror.journal())
    journal = mirror.journal()
    journal.record([GenerationDropped(1)])
    assert list(journal.ledger.generations) == [1, 2]


def test_what_another_run_may_have_staged_is_left_alone() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ)
    mirror.offer(JQ)
    other = mirror.generations.stage(b"of another run", "application/json")
    journal = mirror.journal()
    journal.ledger.runs["other"] = None  # type: ignore[assignment]
    mirror.publish(journal, ALL)
    assert mirror.generations.staged(other) == b"of another run"


def test_two_that_publish_at_once_both_succeed_and_the_later_one_is_seen() -> None:
    mirror = PublishingMirror()
    first_two_weeks(mirror)
    slow, quick = mirror.journal(), mirror.journal()
    mirror.publish(quick, ALL)
    mirror.publish(slow, ALL)
    ledger = mirror.ledger()
    assert ledger.published == ledger.shown
    document = ledger.generations[ledger.published or 0].documents[PACKAGES]
    assert mirror.visible() == mirror.generations.document(
        ledger.published or 0, PACKAGES, document
    )


def test_another_may_publish_between_any_two_steps() -> None:
    met = 0
    for step in range(1, 100):
        mirror = PublishingMirror(views=("registry", "flat"))
        first_two_weeks(mirror)
        slow, at = mirror.journal(), mirror.objects.changes + step

        def publish_another(mirror: PublishingMirror = mirror) -> None:
            bottle = made("jq", "3.0")
            mirror.mirror(bottle)
            mirror.offer(bottle, BAT)
            mirror.publish(mirror.journal(), ALL)

        mirror.objects.meanwhile[at] = publish_another
        mirror.publish(slow, ALL)
        ledger = mirror.ledger()
        if at in mirror.objects.meanwhile:
            break
        met += 1
        assert ledger.published == ledger.shown == max(ledger.generations)
        for number, generation in ledger.generations.items():
            mirror.generations.listing(number, generation.listing)
            sha = generation.documents[PACKAGES]
            mirror.generations.document(number, PACKAGES, sha)
        newest = ledger.generations[ledger.published or 0]
        sha = newest.documents[PACKAGES]
        assert mirror.visible() == mirror.generations.document(
            newest.number, PACKAGES, sha
        )
        mirror.clients.look()
        assert set(mirror.generations.numbers()) == set(ledger.generations)
    assert met >= 4


def test_documents_that_are_gone_are_read_again_by_the_next_sync() -> None:
    mirror = PublishingMirror()
    first_two_weeks(mirror)
    mirror.generations.sweep(())
    with pytest.raises(PublishRefusedError, match="next sync reads them again"):
        mirror.publish(mirror.journal(), ALL)
    catalog = mirror.ledger().catalog
    assert catalog is not None
    assert (dict(catalog.documents), catalog.validators) == ({}, Validators())
    assert mirror.ledger().published == 1
    assert set(mirror.generations.numbers()) == {1}
    mirror.clients.look()


def test_the_list_before_is_read_once_and_the_new_one_never() -> None:
    mirror = PublishingMirror()
    generations = Watched(mirror.store, mirror.objects)
    show = replace(mirror.show, generations=generations)
    mirror.publish = replace(mirror.publish, generations=generations, show=show)
    first_two_weeks(mirror)
    assert generations.read == []

    mirror.publish(mirror.journal(), ALL)

    assert generations.read == [1]
    mirror.clients.look()


def test_documents_that_changed_since_they_were_read_are_not_published() -> None:
    mirror = PublishingMirror()
    first_two_weeks(mirror)
    catalog = mirror.ledger().catalog
    assert catalog is not None
    staged = ObjectKey(f"generations/staged/{catalog.documents[PACKAGES]}")
    mirror.objects.write(staged, b"damaged", "application/json")

    with pytest.raises(MalformedError):
        mirror.publish(mirror.journal(), ALL)

    assert mirror.ledger().published == 1
    assert set(mirror.generations.numbers()) == {1}
    mirror.clients.look()


def test_a_list_that_is_damaged_hinders_no_further_generation() -> None:
    mirror = PublishingMirror(views=("registry", "flat"))
    first_two_weeks(mirror)
    key = ObjectKey("generations/1/listing.json")
    mirror.store.delete(key)
    mirror.store.create(key, b"damaged")
    # What only the list knew of indexes is asked for again; here it is mirrored again.
    mirror.mirror(BAT, day=date(2026, 12, 24))

    publication = mirror.publish(mirror.journal(), ALL)

    assert (publication.generation, publication.missing) == (2, ())
    mirror.clients.look()


def test_the_grace_of_what_was_seen_until_now_begins_now() -> None:
    mirror = PublishingMirror()
    first_two_weeks(mirror)
    today = mirror.clock.now().date()
    long_ago = today - timedelta(days=40)
    mirror.journal().record([BottleSuperseded(JQ.key, JQ.digest, long_ago)])
    place = JQ.object_key(DAY)
    assert mirror.ledger().superseded[place].on == long_ago

    mirror.publish(mirror.journal(), ALL)

    assert mirror.ledger().superseded[place].on == today
    # The other way round: what only the later one had.
    mirror.journal().record([BottleSuperseded(JQ_2.key, JQ_2.digest, long_ago)])
    mirror.roll_back(mirror.journal())
    assert mirror.ledger().superseded[JQ_2.object_key(DAY)].on == today


def test_no_grace_is_renewed_that_begins_today_anyway_or_of_what_is_still_seen() -> (
    None
):
    mirror = PublishingMirror()
    first_two_weeks(mirror)
    today = mirror.clock.now().date()
    mirror.journal().record(
        [
            BottleSuperseded(JQ.key, JQ.digest, today),
            BottleSuperseded(BAT.key, BAT.digest, today - timedelta(days=3)),
        ]
    )
    mirror.publish(mirror.journal(), ALL)
    told = [
        event
        for recorded in mirror.log.read(GENESIS)
        for event in recorded.commit.events
        if isinstance(event, GraceRenewed)
    ]
    assert told == []


def test_what_died_attempts_have_left_is_removed_by_the_next() -> None:
    mirror = PublishingMirror()
    first_two_weeks(mirror)
    mirror.objects.fail_at = mirror.objects.changes + 1
    with pytest.raises(UnavailableError):
        mirror.publish(mirror.journal(), ALL)
    assert set(mirror.generations.numbers()) == {1, 2}
    assert list(mirror.ledger().generations) == [1]
    mirror.publish(mirror.journal(), ALL)
    assert list(mirror.ledger().generations) == [1, 3]
    assert set(mirror.generations.numbers()) == {1, 3}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("going_back", [False, True])
def test_clients_find_all_that_is_named_wherever_the_process_dies(
    *, late: bool, going_back: bool
) -> None:
    died = 0
    for step in range(1, 100):
        mirror = PublishingMirror(views=("registry", "flat"), keep=2)
        first_two_weeks(mirror)
        if going_back:
            mirror.publish(mirror.journal(), ALL)
        mirror.objects.fail_at = mirror.objects.changes + step
        mirror.objects.late = late
        try:
            if going_back:
                mirror.roll_back(mirror.journal())
            else:
                mirror.publish(mirror.journal(), ALL)
        except UnavailableError:
            died += 1
        if mirror.objects.changes < mirror.objects.fail_at:
            break
        mirror.clients.look()
        # Whoever comes next, finds it out and puts it right.
        recovered = mirror.publish(mirror.journal(), ALL)
        ledger = mirror.ledger()
        assert ledger.published == ledger.shown == recovered.generation
        mirror.clients.look()
    assert died >= 4


def test_the_documents_come_last() -> None:
    order: list[str] = []
    for step in range(1, 100):
        fresh = PublishingMirror(views=("registry", "flat"))
        fresh.mirror(JQ)
        fresh.offer(JQ)
        fresh.objects.fail_at = fresh.objects.changes + step
        fresh.objects.late = True
        try:
            fresh.publish(fresh.journal(), ALL)
        except UnavailableError:
            order.append("seen" if fresh.visible() else "not yet")
        else:
            break
    # Behind the documents only what is not needed any more is removed.
    assert order == sorted(order)
    assert order.count("seen") == 1


def test_published_comes_before_shown_in_the_log() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ)
    mirror.offer(JQ)
    mirror.publish(mirror.journal(), ALL)
    told = [
        type(event)
        for recorded in mirror.log.read(
            mirror.ledger().position.__class__(-1, "0" * 64)
        )
        for event in recorded.commit.events
        if isinstance(event, GenerationPublished | GenerationShown)
    ]
    assert told == [GenerationPublished, GenerationShown]


def test_a_superseded_bottle_that_the_documents_name_is_served() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ)
    mirror.offer(JQ)
    mirror.journal().record([BottleSuperseded(JQ.key, JQ.digest, date(2026, 11, 23))])
    assert mirror.publish(mirror.journal(), ALL).missing == ()
    assert mirror.objects.read(api_key(PACKAGES))


def test_what_others_mirror_meanwhile_keeps_its_index() -> None:
    met = 0
    for step in range(1, 100):
        mirror = PublishingMirror()
        first_two_weeks(mirror)
        at = mirror.objects.changes + step

        def mirror_more(mirror: PublishingMirror = mirror) -> None:
            mirror.mirror(JQ_3)

        mirror.objects.meanwhile[at] = mirror_more
        mirror.publish(mirror.journal(), ALL)
        if at in mirror.objects.meanwhile:
            break
        met += 1
        mirror.offer(JQ_3, BAT)
        assert mirror.publish(mirror.journal(), ALL).missing == ()
        mirror.clients.look()
    assert met >= 4


@pytest.mark.parametrize("late", [False, True])
def test_a_document_of_a_tag_that_is_not_served_any_more_goes(*, late: bool) -> None:
    died = 0
    for step in range(1, 100):
        mirror = PublishingMirror(keep=2)
        mirror.mirror(JQ, BAT)
        sha = mirror.offer(JQ, BAT)
        documents = {CATALOG: sha, PACKAGES: sha, OLD_PACKAGES: sha}
        read = CatalogRead("https://api.test", documents, "e", None, 1)
        mirror.journal().record([read])
        mirror.publish(mirror.journal(), ALL)
        assert mirror.objects.read(api_key(OLD_PACKAGES))
        mirror.mirror(JQ_2)
        mirror.offer(JQ_2, BAT)
        mirror.objects.fail_at = mirror.objects.changes + step
        mirror.objects.late = late
        try:
            mirror.publish(mirror.journal(), ALL)
        except UnavailableError:
            died += 1
            mirror.publish(mirror.journal(), ALL)
        with pytest.raises(NotFoundError):
            mirror.objects.read(api_key(OLD_PACKAGES))
        if mirror.objects.changes < mirror.objects.fail_at:
            break
    assert died >= 4


def test_what_was_gone_back_to_is_kept_until_the_next_but_one_is_published() -> None:
    mirror = PublishingMirror(keep=2)
    first_two_weeks(mirror)
    mirror.publish(mirror.journal(), ALL)
    mirror.roll_back(mirror.journal())
    kept = []
    for bottle in (JQ_3, made("jq", "4.0")):
        mirror.mirror(bottle)
        mirror.offer(bottle, BAT)
        mirror.publish(mirror.journal(), ALL)
        kept.append(list(mirror.ledger().generations))
    assert kept == [[1, 2, 3], [3, 4]]


def test_who_goes_back_may_be_overtaken_by_one_that_lets_the_target_go() -> None:
    met = 0
    for step in range(1, 100):
        mirror = PublishingMirror(views=("registry", "flat"), keep=2)
        first_two_weeks(mirror)
        mirror.publish(mirror.journal(), ALL)
        at = mirror.objects.changes + step

        def publish_again(mirror: PublishingMirror = mirror) -> None:
            mirror.publish(mirror.journal(), ALL)

        mirror.objects.meanwhile[at] = publish_again
        with suppress(PublishRefusedError):
            mirror.roll_back(mirror.journal())
            assert at in mirror.objects.meanwhile
            break
        met += 1
        ledger = mirror.ledger()
        assert ledger.published == ledger.shown == 3
        sha = ledger.generations[3].documents[PACKAGES]
        assert mirror.visible() == mirror.generations.document(3, PACKAGES, sha)
        mirror.clients.look()
    assert met >= 2


@pytest.mark.parametrize("going_back", [False, True])
def test_a_document_never_comes_before_the_build_that_it_names(
    *, going_back: bool
) -> None:
    target = body_of("jq", "1.0", "" if going_back else "rebuilt")
    died = 0
    for step in range(1, 100):
        mirror = PublishingMirror(views=("registry", "flat"))
        mirror.mirror(JQ)
        first = mirror.offer(JQ)
        mirror.publish(mirror.journal(), ALL)
        mirror.mirror(JQ_REBUILT, content="rebuilt")
        second = mirror.offer(JQ_REBUILT)
        if going_back:
            mirror.publish(mirror.journal(), ALL)
        mirror.objects.fail_at = mirror.objects.changes + step
        mirror.objects.late = True
        try:
            if going_back:
                mirror.roll_back(mirror.journal())
            else:
                mirror.publish(mirror.journal(), ALL)
        except UnavailableError:
            died += 1
        else:
            break
        wanted = mirror.generations.staged(second)
        if going_back:
            wanted = mirror.generations.document(1, PACKAGES, first)
        if mirror.visible() == wanted:
            assert mirror.objects.read(flat_key(JQ)) == target
    assert died >= 3
