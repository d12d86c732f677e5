"""Reading the ledger: from the hash file where it can be trusted, else from zero."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import LedgerDamagedError, OutdatedLedgerError
from domain.events import GENESIS, Position
from domain.ledger import Ledger, replay
from ports.errors import FollowerError, NotOurStoreError
from ports.event_log import EventLog
from ports.hash_file import DamagedHashFile, HashFile, PublishedLedger

_BEFORE_A_REPAIR = "bottles_hash.json was made before a repair"


@dataclass(frozen=True, slots=True)
class OpenedLedger:
    """The ledger at the log's head.

    Attributes:
        identity: The ledger's UUID; None when the store has no ledger yet.
        version: What the hash file must be given to be replaced.
        published: Whether the hash file says what the ledger says.
        notes: What the user should know of the hash file, one sentence each.
    """

    ledger: Ledger
    identity: str | None
    version: str | None
    published: bool = False
    notes: tuple[str, ...] = ()


def open_ledger(log: EventLog, hash_file: HashFile) -> OpenedLedger:
    """Return the ledger as the whole log gives it. Nothing is written.

    The hash file is only a checkpoint: a missing or damaged one costs a replay
    from zero. It is also a pin: a log that does not reach what it has seen, or
    that tells it otherwise, is damaged.

    Raises:
        LedgerDamagedError: The log is damaged, or was cut or rewritten.
        NotOurStoreError: There is a hash file and no ledger that it is of.
    """
    # In this order: whoever founds a ledger does so before it publishes.
    published = hash_file.load()
    identity = log.identity()
    notes: list[str] = []
    start = Ledger(id=identity or "")
    if isinstance(published, DamagedHashFile):
        if identity is None:
            raise NotOurStoreError(
                "bottles_hash.json",
                "there is no ledger beside it; move it away to start a new mirror",
            )
        notes.append(f"{published.reason}; it is rebuilt from the log")
    elif published is not None:
        start = _checked(published.ledger, identity, log)
        if start is not published.ledger and start.gaps:
            notes.append(_BEFORE_A_REPAIR)
        elif start.position == GENESIS:
            notes.append(
                f"Invalid hash file format: bottles_hash.json: it is of ledger"
                f" {published.ledger.id}, not {identity}; it is rebuilt from the log"
            )
    try:
        start = replay(log.read(start.position), start)
    except OutdatedLedgerError as error:
        if start.position != GENESIS:
            notes.append(f"{_BEFORE_A_REPAIR}: {error.damage}")
        start = read_anew(log, start.id)
    published_well = not notes
    if not start.reconciled:
        notes.append(
            "a repair of the ledger is unfinished, and not all that the store holds is"
            " known: run bottles ledger repair --yes"
        )
    return OpenedLedger(
        ledger=start,
        identity=identity,
        version=published.version if published else None,
        published=published_well
        and isinstance(published, PublishedLedger)
        and published.ledger.position == start.position,
        notes=tuple(notes),
    )


def open_to_record(log: EventLog, hash_file: HashFile) -> OpenedLedger:
    """Return what ``open_ledger`` does, to those who have something to record.

    Raises:
        FollowerError: The store follows another mirror.
        LedgerDamagedError: As ``open_ledger`` does.
        NotOurStoreError: As ``open_ledger`` does.
    """
    opened = open_ledger(log, hash_file)
    require_own(log, opened.identity)
    return opened


def require_own(log: EventLog, identity: str | None) -> None:
    """Check that the store is one that records its own runs.

    Raises:
        FollowerError: It follows another mirror.
    """
    if identity is not None and log.follows():
        raise FollowerError(identity)


def read_anew(log: EventLog, identity: str) -> Ledger:
    """Return the ledger as the log gives it from its beginning.

    Raises:
        LedgerDamagedError: The log is damaged.
    """
    while True:
        try:
            return replay(log.read(GENESIS), Ledger(id=identity))
        except OutdatedLedgerError:
            # A gap showed only when part of it had been read. The log knows it now.
            continue


def _checked(published: Ledger, identity: str | None, log: EventLog) -> Ledger:
    """Return the published ledger when the log bears it out, else another.

    Returns:
        An empty one when it is of another log; the log's own from its beginning when
        what was published was given up since.
    """
    if identity is None:
        raise NotOurStoreError(
            "bottles_hash.json",
            f"it is of ledger {published.id}, and there is no ledger/v1/ledger.json",
        )
    if published.id != identity:
        return Ledger(id=identity)
    position = published.position
    if log.sha256_at(position.seq) == position.sha256:
        return published
    anew = _without(position.seq, log, identity)
    check_pinned(position, log, anew or Ledger())
    return anew or published


def check_pinned(seen: Position, log: EventLog, ledger: Ledger) -> None:
    """Check that the log has what the hash file has seen of it.

    Args:
        ledger: What the log gives; what its declared gaps cover may be gone.

    Raises:
        LedgerDamagedError: It has not.
    """
    found = log.sha256_at(seen.seq)
    given_up = any(gap.first <= seen.seq <= gap.last for gap in ledger.gaps)
    if found == seen.sha256 or given_up:
        return
    raise LedgerDamagedError(
        seen.seq,
        "bottles_hash.json has seen it and the log ends before it (head behind a pin);"
        " see bottles ledger repair"
        if found is None
        else "it is not the commit that bottles_hash.json was made from; see bottles"
        " ledger repair",
    )


def _without(seq: int, log: EventLog, identity: str) -> Ledger | None:
    """Return the ledger without a commit that the log has given up, if it has."""
    try:
        anew = read_anew(log, identity)
    except LedgerDamagedError:
        return None
    given_up = any(gap.first <= seq <= gap.last for gap in anew.gaps)
    return anew if given_up else None
