"""What a run tells of what clients see, when the store fails it on the way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import pytest

from adapters.ledger.generations import StoredGenerations
from adapters.memory.public_objects import MemoryPublicObjects
from application.collect_garbage import CollectAfterRun
from application.expose_run import Exposed, ExposeRun
from domain.exposure_config import ExposureConfig
from ports.errors import UnavailableError
from tests.support.generations import long_ago
from tests.support.mirror import Process
from tests.support.shown_mirror import ShownMirror

NOTHING_GOES = UnavailableError("the store", "it removes nothing now")


class Lasting(StoredGenerations):
    """Generations in a store that removes nothing."""

    def drop(self, number: int) -> None:  # noqa: ARG002 - whichever it is
        raise NOTHING_GOES

    def sweep(
        self,
        needed: Collection[str],  # noqa: ARG002 - as above
        before: datetime | None = None,  # noqa: ARG002 - as above
    ) -> None:
        raise NOTHING_GOES


def due(mirror: ShownMirror, process: Process, *, lasting: bool) -> ExposeRun:
    """Return what is due after a run of ``process``."""
    publish = mirror.publishing(process)
    if lasting:
        store = process.store
        publish = replace(
            publish, generations=Lasting(store, MemoryPublicObjects(store), long_ago)
        )
    collect = CollectAfterRun(mirror.collecting(process), process.progress)
    return ExposeRun(
        publish, collect, mirror.exposure, mirror.selection, process.progress
    )


def weeks(exposure: ExposureConfig, number: int) -> ShownMirror:
    """Return a mirror that has published so many weeks, and read one more."""
    mirror = ShownMirror(exposure)
    mirror.pass_weeks(number)
    mirror.offer("pulse", "2.0")
    mirror.sync()
    mirror.stage()
    return mirror


def expose(
    mirror: ShownMirror, process: Process, *, lasting: bool, read: bool = True
) -> Exposed:
    """Do what is due after a run that has brought something in."""
    journal = process.runs.begin(process.open()).journal
    exposed = due(mirror, process, lasting=lasting)
    return exposed(journal, changed=True, read=read)


@pytest.mark.parametrize("kept", [2, 4])
def test_a_generation_is_published_though_older_ones_cannot_go_yet(kept: int) -> None:
    mirror = weeks(ExposureConfig(keep_generations=kept), 2)
    process = mirror.process()

    exposed = expose(mirror, process, lasting=True)

    assert exposed.refused is None
    assert exposed.publication is not None
    assert (exposed.publication.generation, exposed.publication.is_new) == (3, True)
    ledger = process.open().ledger
    assert (ledger.published, ledger.shown) == (3, 3)
    (warning,) = process.progress.warnings
    left = "generation 3 is published; what is older and may go is left to the next one"
    assert warning == f"{left}: {NOTHING_GOES}"


def test_what_could_not_go_goes_with_the_next_generation() -> None:
    mirror = weeks(ExposureConfig(keep_generations=2), 3)
    expose(mirror, mirror.process(), lasting=True)
    generations = mirror.generations(mirror.disk)
    before = set(generations.numbers())

    mirror.pass_weeks(1)

    ledger = mirror.process().open().ledger
    assert set(generations.numbers()) == set(ledger.generations)
    assert before - set(generations.numbers())


def test_documents_that_cannot_be_cleared_away_are_told_of_as_what_they_are() -> None:
    mirror = weeks(ExposureConfig(publish=False), 0)
    process = mirror.process()

    assert expose(mirror, process, lasting=True) == Exposed()

    assert process.progress.warnings == [
        f"documents that nobody is going to publish are still there: {NOTHING_GOES}"
    ]
