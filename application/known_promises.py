"""What documents of the API promise to clients, known since a run was planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from application.publication import Promises
from domain.publication import Promised
from domain.selection import Selection


@dataclass(frozen=True, slots=True)
class KnownPromises:
    """What the documents that a run was planned from name.

    Attributes:
        documents: The SHA-256 of each, by its name.
        selection: What it was planned for.
    """

    documents: Mapping[str, str]
    selection: Selection
    promised: Promised


@dataclass(frozen=True, slots=True)
class RememberedPromises(Promises):
    """Reads no documents again of which it is known what they name.

    Attributes:
        read: Reads others.
    """

    known: KnownPromises
    read: Promises

    def __call__(self, documents: Mapping[str, str], selection: Selection) -> Promised:
        known = self.known
        if selection == known.selection and dict(documents) == dict(known.documents):
            return known.promised
        return self.read(documents, selection)
