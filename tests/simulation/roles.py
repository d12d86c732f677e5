"""What the processes of a simulation do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

from adapters.ledger import codec
from adapters.ledger.hash_codec import encode_hash_file
from application.run import Run
from domain.bottle import Bottle, BottleKey, Digest
from domain.events import (
    BottleFailed,
    BottleMirrored,
    CatalogRead,
    NotificationSent,
    RecordedCommit,
)
from domain.ledger import Ledger
from domain.plan import make_loads
from domain.work import Work
from ports.errors import (
    ConflictError,
    NotFoundError,
    NotOurStoreError,
    UnavailableError,
)
from tests.simulation.process import Process

Role: TypeAlias = Callable[[Process], None]


def sync(process: Process, delivery: str | None = None) -> None:
    """Mirror some bottles, as a run of the program does.

    Args:
        process: Who.
        delivery: The run's id, if the work was delivered to more than one.
    """
    random = process.world.random
    opened = process.open()
    if random.random() < 0.4:
        # By the time it begins, what it knows is stale.
        process.world.sleep(60.0 * random.random())
    run = process.begin(opened, delivery)
    catalog = _catalog(random.randrange(3)) if random.random() < 0.25 else None
    work = _work(process, run.journal.ledger)
    settles = "ca" * 32
    if work == Work():
        run.record_empty("5e" * 32, catalog, settles)
    else:
        run.start(work, "5e" * 32, catalog)
        run.supersede(work)
        tally = process.carry_out(work.loads, run.journal, run.day)
        if random.random() < 0.4:
            _redeliver(process, run)
        if random.random() < 0.3:
            # By the time it ends, others have gone on.
            process.world.sleep(20.0 * random.random())
        run.complete(tally.outcome, settles, tally.counts)
    _tidy(process, run)
    process.publish(run)


def verify(process: Process) -> None:
    """Look for what the store has lost, and repair it."""
    for _ in range(2):
        process.world.sleep(40.0 * process.world.chance())
        try:
            process.verify(repair=True)
        except NotOurStoreError:
            if process.founded:
                raise


def rebuild(process: Process) -> None:
    """Publish what the log gives from zero, while others do, too."""
    for _ in range(2):
        process.world.sleep(40.0 * process.world.chance())
        # The first commit may land while the answer is on its way that there is none.
        began = bool(process.judge.commits)
        try:
            process.rebuild()
        except (NotOurStoreError, NotFoundError):
            if process.founded and began:
                raise


def watch(process: Process) -> None:
    """Follow the log, and start over at times."""
    for _ in range(2):
        ledger = process.open().ledger
        for _ in range(2):
            process.world.sleep(20.0 * process.world.chance())
            for recorded in process.log.read(ledger.position):
                ledger.apply(recorded)


def conclude(process: Process) -> None:
    """Find everything in order, and still working, when all is over."""
    run = process.begin(process.open(), None)
    run.record_empty("5e" * 32, None, None)
    process.publish(run)
    judge, ledger = process.judge, Ledger()
    for seq, written in enumerate(judge.commits):
        commit = codec.decode_commit(written.body, seq)
        ledger.apply(RecordedCommit(commit, written.sha256))
        published = judge.published.get(seq)
        if published is not None and published != encode_hash_file(ledger):
            judge.violated(f"the hash file of {seq} is not what the log gives")
    if ledger != run.journal.ledger:
        judge.violated("the log from zero gives another ledger than the hash file")
    judge.unharmed_promises_kept()


def _work(process: Process, ledger: Ledger) -> Work:
    random = process.world.random
    wanted: list[Bottle] = []
    dropped: list[tuple[BottleKey, Digest]] = []
    for builds in process.upstream.bottles:
        bottle = random.choice(builds)
        entry = ledger.held.get(bottle.key)
        if random.random() < 0.4:
            if entry is not None and entry.object_key not in ledger.superseded:
                dropped.append((bottle.key, entry.bottle.digest))
        elif entry is None or entry.bottle.digest != bottle.digest:
            wanted.append(bottle)
    return Work(make_loads(wanted, ledger, {}), tuple(dropped))


def _catalog(number: int) -> CatalogRead:
    documents = {"formula.jws.json": f"{number:064x}"}
    return CatalogRead("https://formulae.test/", documents, None, None, 3)


def _tidy(process: Process, run: Run) -> None:
    """Record what may be left to the next run: no answer is no reason to end."""
    for percent in range(process.world.random.choice((0, 0, 2, 3))):
        with suppress(UnavailableError):
            run.journal.record([NotificationSent(run.id, "progress", percent)])


def _redeliver(process: Process, run: Run) -> None:
    """Record the last commit a second time, as a queue would that forgot it had."""
    journal = run.journal
    if not process.log.acknowledged:
        return
    last = process.log.acknowledged[-1].commit
    if not all(isinstance(e, BottleMirrored | BottleFailed) for e in last.events):
        return
    process.world.sleep(20.0 * process.world.chance())
    while True:
        journal.follow()
        position = journal.ledger.position
        again = replace(
            last,
            id=process.world.new_id(),
            seq=position.seq + 1,
            prev=position.sha256,
        )
        process.judge.redelivered.add(again.id)
        try:
            journal.ledger.apply(process.log.append(again))
        except ConflictError:
            continue
        return
