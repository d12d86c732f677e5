"""An export that has been read, and what it leads from and to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.export import Export, Movement, Piece, content_name, objects_of
from domain.generations import Generation
from domain.ledger import Ledger
from ports.errors import DamagedExportError
from ports.export_archive import ExportReader


@dataclass(frozen=True, slots=True)
class Arrival:
    """An export that has been read, and what it leads from and to.

    Attributes:
        pieces: By their names.
        movement: What its commits tell of objects.
        start: The ledger as the store has it.
        end: The ledger as the store will have it.
    """

    archive: ExportReader
    export: Export
    pieces: Mapping[str, Piece]
    movement: Movement
    start: Ledger
    end: Ledger

    def content(self, digest: str) -> Piece | None:
        """Return the piece with these bytes, None if the export has none."""
        return self.pieces.get(content_name(digest))

    def bytes_of(self, digest: str) -> bytes:
        """Return the bytes of a small piece."""
        return b"".join(self.archive.read(content_name(digest)))

    @property
    def generations(self) -> list[Generation]:
        """The generations that the export brings and that are still kept."""
        kept = self.end.generations
        return [kept[number] for number in self.export.generations if number in kept]

    @property
    def kept_before(self) -> Mapping[str, tuple[int, str]]:
        """Where the store has documents of the API: the generation and the name."""
        return {
            sha256: (number, name)
            for number, generation in self.start.generations.items()
            for name, sha256 in generation.documents.items()
        }

    def check(self) -> None:
        """Check that the export has all that the store will lack.

        Raises:
            DamagedExportError: It has not.
        """
        held = set(objects_of(self.start).values())
        needed: set[str] = {
            event.bottle.digest
            for event in self.movement.arrived(self.end)
            if event.bottle.digest not in held
        }
        for generation in self.generations:
            needed.add(generation.listing)
            needed |= set(generation.documents.values()) - set(self.kept_before)
        for digest in sorted(needed):
            if self.content(digest) is None:
                raise DamagedExportError("the export", f"it lacks {digest}")
