"""Publishing, going back and letting go, while others do one of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.ledger.event_log import StoredEventLog
from adapters.memory.clock import ManualClock
from adapters.retry import ONCE
from application.publication import PublishRefusedError
from application.run import SILENCE
from domain.bottle import Bottle, ObjectKey
from domain.events import Commit, Event, RecordedCommit
from domain.generations import (
    GenerationDropped,
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
)
from domain.selection import Selection
from domain.views import flat_key
from ports.errors import NotFoundError
from tests.support.publishing import PACKAGES, PublishingMirror, body_of, made

ALL = Selection()
JQ = made("jq", "1.0")
BAT = made("bat", "1.0")
JQ_REBUILT = made("jq", "1.0", content="rebuilt")


class Overtaken(StoredEventLog):
    """A log in which something happens right before one kind of event is appended."""

    def __init__(
        self,
        mirror: PublishingMirror,
        before: type[Event],
        meanwhile: Callable[[], object],
    ) -> None:
        super().__init__(mirror.store, ManualClock(), ONCE, chance=lambda: 0.5)
        self._before = before
        self._meanwhile: Callable[[], object] | None = meanwhile

    def append(self, commit: Commit) -> RecordedCommit:
        meanwhile = self._meanwhile
        if meanwhile and any(isinstance(each, self._before) for each in commit.events):
            # What happens is not overtaken itself.
            self._meanwhile = None
            meanwhile()
        return super().append(commit)


def publish(mirror: PublishingMirror, version: str) -> None:
    """Mirror, read and publish a version, as a sync does."""
    bottle = made("jq", version)
    mirror.mirror(bottle)
    mirror.offer(bottle)
    mirror.publish(mirror.journal(), ALL)


def is_whole(mirror: PublishingMirror) -> bool:
    """Tell whether all is in the store that the ledger knows of what clients see."""
    ledger = mirror.ledger()
    for number, generation in ledger.generations.items():
        mirror.generations.listing(number, generation.listing)
        sha = generation.documents[PACKAGES]
        document = mirror.generations.document(number, PACKAGES, sha)
        if number == ledger.published and mirror.visible() != document:
            return False
    return ledger.shown == ledger.published


def test_who_goes_back_to_what_was_let_go_meanwhile_is_told_so() -> None:
    mirror = PublishingMirror(keep=2)
    for version in ("1.0", "2.0"):
        publish(mirror, version)
    mirror.log = Overtaken(mirror, GenerationRolledBack, lambda: publish(mirror, "3.0"))
    with pytest.raises(
        PublishRefusedError, match="generation 1 is not kept; there are 2, 3"
    ):
        mirror.roll_back(mirror.journal(), 1)
    assert mirror.ledger().published == 3
    assert is_whole(mirror)


def test_who_goes_back_and_is_overtaken_is_told_what_clients_see() -> None:
    mirror = PublishingMirror()
    for version in ("1.0", "2.0"):
        publish(mirror, version)
    mirror.log = Overtaken(mirror, GenerationShown, lambda: publish(mirror, "3.0"))
    with pytest.raises(
        PublishRefusedError, match=r"generation 3 was made visible .* back to 1"
    ):
        mirror.roll_back(mirror.journal(), 1)
    assert mirror.ledger().published == 3


def test_who_goes_back_behind_another_replaces_what_that_one_has_shown() -> None:
    mirror = PublishingMirror(views=("registry", "flat"))
    mirror.mirror(JQ)
    mirror.offer(JQ)
    mirror.publish(mirror.journal(), ALL)
    mirror.mirror(BAT)
    mirror.offer(JQ, BAT)
    mirror.publish(mirror.journal(), ALL)
    mirror.mirror(JQ_REBUILT, content="rebuilt")

    def rebuilt() -> None:
        mirror.offer(JQ_REBUILT)
        mirror.publish(mirror.journal(), ALL)

    mirror.log = Overtaken(mirror, GenerationRolledBack, rebuilt)
    mirror.roll_back(mirror.journal(), 1)
    assert mirror.ledger().published == 1
    assert mirror.objects.read(flat_key(JQ)) == body_of("jq", "1.0")
    assert is_whole(mirror)


def test_who_publishes_behind_one_who_went_back_replaces_what_that_one_has_shown() -> (
    None
):
    mirror = PublishingMirror(views=("registry", "flat"))
    mirror.mirror(JQ)
    mirror.offer(JQ)
    mirror.publish(mirror.journal(), ALL)
    mirror.mirror(JQ_REBUILT, content="rebuilt")
    mirror.offer(JQ_REBUILT)
    mirror.publish(mirror.journal(), ALL)
    mirror.mirror(BAT)
    mirror.offer(JQ_REBUILT, BAT)
    mirror.log = Overtaken(
        mirror, GenerationPublished, lambda: mirror.roll_back(mirror.journal(), 1)
    )
    mirror.publish(mirror.journal(), ALL)
    assert mirror.objects.read(flat_key(JQ)) == body_of("jq", "1.0", "rebuilt")
    assert is_whole(mirror)


def test_what_somebody_goes_back_to_while_it_is_let_go_stays_whole() -> None:
    mirror = PublishingMirror(keep=2)
    for version in ("1.0", "2.0", "3.0"):
        publish(mirror, version)
    # The fourth lets go the first, which was kept until now as it was seen before.
    oldest = min(mirror.ledger().generations)
    mirror.log = Overtaken(
        mirror, GenerationDropped, lambda: mirror.roll_back(mirror.journal(), oldest)
    )
    publish(mirror, "4.0")
    assert mirror.ledger().published == oldest
    assert oldest in mirror.generations.numbers()
    assert is_whole(mirror)


def test_what_another_run_has_read_and_is_still_to_record_stays() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ, BAT)
    other = _staged(mirror, JQ, BAT)
    mirror.offer(JQ)
    mirror.publish(mirror.journal(), ALL)
    assert mirror.generations.staged(other)


def test_what_a_run_has_read_that_died_before_it_recorded_anything_is_let_go() -> None:
    mirror = PublishingMirror()
    mirror.mirror(JQ)
    other = _staged(mirror, JQ, BAT)
    mirror.offer(JQ)
    mirror.clock.sleep(SILENCE.total_seconds() + 1)
    mirror.publish(mirror.journal(), ALL)
    with pytest.raises(NotFoundError):
        mirror.generations.staged(other)


def _staged(mirror: PublishingMirror, *bottles: Bottle) -> str:
    """Stage a document just now, as a run does that is still to be planned."""
    body = ",".join(f"{each.key}={each.digest}" for each in bottles).encode()
    sha256 = mirror.generations.stage(body, "application/json")
    mirror.written[ObjectKey(f"generations/staged/{sha256}")] = mirror.clock.now()
    return sha256
