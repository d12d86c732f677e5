"""Importing: making a follower what the mirror was that an export comes from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from application.arrival import Arrival
from application.bring_in import BringIn
from application.export_mirror import ExportRefusedError
from application.let_go import LetGo
from application.opened_ledger import OpenedLedger, open_ledger
from application.run import publish
from domain.bottle import Bottle, Digest, ObjectKey
from domain.errors import LedgerDamagedError, OutdatedLedgerError
from domain.events import GENESIS, BottleMirrored, Position
from domain.export import CONTENT, Export, Movement, Piece, why_not
from domain.garbage import Evicted
from domain.generations import Generation
from domain.ledger import Ledger, replay
from ports.clock import Clock
from ports.errors import DamagedExportError
from ports.event_log import EventLog
from ports.export_archive import ExportReader
from ports.hash_file import HashFile
from ports.ledger_objects import Imported, LedgerObjects
from ports.progress import Progress

_PARTED: Final = (
    "this mirror and the one that the export comes from tell different stories: commit"
    " {seq} is not the same; fill a new store from an export that was made with"
    " --since 0"
)


class Show(Protocol):
    """Makes a generation visible that is in the store in all its parts."""

    @abstractmethod
    def __call__(
        self, generation: Generation, ledger: Ledger, base: Generation | None
    ) -> None:
        """Let clients see ``generation``; nothing is recorded.

        Args:
            base: What they see now in all its parts; None if nobody knows.

        Raises:
            PortError: The store cannot be used.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import brought.

    Attributes:
        written: Objects that were not there before.
        removed: Objects that went because they were evicted.
        ledger: As the store has it now.
        unchanged: Whether the store is further already.
    """

    export: Export
    ledger: Ledger
    written: int = 0
    removed: int = 0
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class ImportExport:
    """Brings an export into a store, which follows the other mirror from then on.

    Every byte is read and held against what was written before anything is touched.
    Then come bottles, indexes and documents, their views, the commits in their order,
    the hash file, the generation that is visible; what was evicted goes last. Each
    step may be cut short anywhere: to import the same again does what is left.

    Attributes:
        log: The store's own.
        laid_over: Gives the log as it will be with an export's pieces.
        hash_file_of: Gives the SHA-256 of a ledger's hash file.
    """

    log: EventLog
    hash_file: HashFile
    ledger_objects: LedgerObjects
    laid_over: Callable[[ExportReader, Sequence[Piece]], EventLog]
    bring_in: BringIn
    let_go: LetGo
    show: Show
    hash_file_of: Callable[[Ledger], str]
    require_fit: Callable[[], None]
    clock: Clock
    progress: Progress

    def __call__(self, archive: ExportReader) -> ImportReport:
        """Import an export.

        Raises:
            ExportRefusedError: It does not follow what the store has, or the store
                records its own runs. Nothing was changed.
            DamagedExportError: It is not whole. Nothing was changed.
            StoppedError: It was stopped; the same again goes on.
            LedgerDamagedError: The store's own log is damaged.
            PortError: The store or the archive cannot be used.
        """
        export = archive.export()
        opened = open_ledger(self.log, self.hash_file)
        for note in opened.notes:
            self.progress.note(note)
        head = opened.ledger.position
        follows = opened.identity is not None and self.log.follows()
        reason = why_not(export, opened.identity, head, follows=follows)
        if reason is not None:
            raise ExportRefusedError(reason)
        if head.seq > export.head.seq:
            self._check_same(self.log.sha256_at(export.head.seq), export.head)
            return ImportReport(export, opened.ledger, unchanged=True)
        pieces = archive.check(self._passed)
        _check_names(pieces, self.ledger_objects)
        self._check_overlap(export, pieces, head)
        future = self.laid_over(archive, pieces)
        end = self._end(future, opened, export)
        arrival = Arrival(
            archive=archive,
            export=export,
            pieces={piece.name: piece for piece in pieces},
            movement=_movement(future, export.begin),
            start=opened.ledger,
            end=end,
        )
        return self._carried_out(arrival, opened, future)

    def _passed(self, done: int, total: int) -> None:
        self.progress.counted("segments read", done, total)

    def _check_overlap(
        self, export: Export, pieces: Sequence[Piece], head: Position
    ) -> None:
        """Check that what both have of the log is the same."""
        if head == GENESIS:
            return
        said = {piece.name: piece.digest for piece in pieces}
        there = said.get(self.ledger_objects.commit(head.seq))
        if export.begin is not None and export.begin.seq == head.seq:
            there = there or Digest(export.begin.sha256)
        self._check_same(there, head)

    def _check_same(self, sha256: str | None, position: Position) -> None:
        if sha256 != position.sha256:
            raise ExportRefusedError(_PARTED.format(seq=position.seq))

    def _end(self, future: EventLog, opened: OpenedLedger, export: Export) -> Ledger:
        """Return the ledger as it will be.

        Raises:
            DamagedExportError: It will not be what the export says.
            ExportRefusedError: The other side has given up what this one has.
        """
        start = opened.ledger
        try:
            end = replay(future.read(start.position), start)
        except OutdatedLedgerError as error:
            raise ExportRefusedError(
                "the other side has given up commits that this mirror has, and cannot"
                f" forget ({error}): fill a new store with --since 0"
            ) from error
        except LedgerDamagedError as error:
            raise DamagedExportError("the export", f"its commits: {error}") from error
        if end.id != export.ledger:
            raise DamagedExportError(
                "the export", f"its commits: they are of ledger {end.id}"
            )
        if end.position != export.head:
            raise DamagedExportError(
                "the export",
                f"its commits lead to {end.position.seq}, and not to commit"
                f" {export.head.seq}",
            )
        if self.hash_file_of(end) != export.hash_file:
            raise DamagedExportError(
                "the export",
                "its commits do not give the hash file that it was made with; the"
                " program that made it may be another version than this one",
            )
        return end

    def _carried_out(
        self,
        arrival: Arrival,
        opened: OpenedLedger,
        future: EventLog,
    ) -> ImportReport:
        export, end = arrival.export, arrival.end
        arrival.check()
        if opened.identity is None:
            self.require_fit()
            now = self.clock.now()
            self.ledger_objects.follow(export.ledger, export.created, now)
        written = self.bring_in(arrival)
        self._lay(arrival)
        publish(self.hash_file, end, opened.version)
        imported = self._shown(arrival)
        gone = _movement(future, imported.finished)
        evicted = _named(gone, future) if gone.evicted else ()
        removed = self.let_go(evicted, gone.lost, end)
        self.ledger_objects.note(Imported(export.head, imported.shown))
        return ImportReport(export, end, written, removed)

    def _lay(self, arrival: Arrival) -> None:
        """Put the commits that the store lacks in their places, one after the other."""
        head, last = arrival.start.position.seq, arrival.export.head.seq
        for seq in range(head + 1, last + 1):
            name = self.ledger_objects.commit(seq)
            # In a declared gap there is none.
            if name in arrival.pieces:
                self.ledger_objects.lay(seq, b"".join(arrival.archive.read(name)))
            self.progress.counted("commits laid", seq - head, last - head)

    def _shown(self, arrival: Arrival) -> Imported:
        """Let clients see what they see on the other side."""
        imported, end = self.ledger_objects.imported(), arrival.end
        if end.published is None:
            return imported
        base = arrival.start.generations.get(imported.shown or 0)
        # Until it is shown in all its parts, nobody knows what clients see.
        self.ledger_objects.note(replace(imported, shown=None))
        self.show(end.generations[end.published], end, base)
        imported = replace(imported, shown=end.published)
        self.ledger_objects.note(imported)
        return imported


def _movement(log: EventLog, after: Position | None) -> Movement:
    movement = Movement()
    for recorded in log.read(after or GENESIS):
        movement.take(recorded.commit)
    return movement


def _named(gone: Movement, log: EventLog) -> tuple[Evicted, ...]:
    """Return what was evicted, by what the log says each object was."""
    bottles: dict[ObjectKey, Bottle] = {}
    for recorded in log.read(GENESIS):
        for event in recorded.commit.events:
            if isinstance(event, BottleMirrored) and event.object_key in gone.evicted:
                bottles[event.object_key] = event.bottle
    return tuple(Evicted(bottle, key) for key, bottle in bottles.items())


def _check_names(pieces: Iterable[Piece], objects: LedgerObjects) -> None:
    """Check that what is called after its digest has it.

    Raises:
        DamagedExportError: It has another.
    """
    for piece in pieces:
        said = objects.digest_of_document(piece.name)
        if piece.name.startswith(CONTENT):
            said = piece.name.removeprefix(CONTENT)
        if said is not None and said != piece.digest:
            raise DamagedExportError(
                piece.name, f"its bytes are those of {piece.digest}"
            )
