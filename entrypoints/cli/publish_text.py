"""What clients see, as a person reads it."""

from __future__ import annotations

from typing import Final

from adapters.terminal.words import counted
from application.publication import Publication, PublishRefusedError
from domain.config import SyncConfig
from domain.ledger import Ledger
from entrypoints.cli.next_step import typed

_NAMED: Final = 20


def publication_text(
    publication: Publication, ledger: Ledger, config: SyncConfig
) -> str:
    """Return what ``publish`` and ``rollback`` print."""
    number, bottles = publication.generation, counted(publication.bottles, "bottle")
    did = "is published now" if publication.is_new else "is what clients see"
    lines = [f"Generation {number} of {config.store} {did}: {bottles}."]
    if publication.missing:
        gone = counted(len(publication.missing), "bottle")
        lines.append(f"The API names {gone} of the selection that are not here:")
        lines += _named(publication.missing)
    others = [n for n in sorted(ledger.generations) if n != number]
    if others:
        kept = ", ".join(map(str, others))
        again = typed("rollback --to N", config)
        lines += ["", f"Next: {again} goes to another one: {kept}"]
    return "\n".join(lines)


def refusal_text(error: PublishRefusedError, config: SyncConfig) -> str:
    """Return what ``publish`` prints when bottles are missing."""
    gone = counted(len(error.missing), "bottle")
    first = f"Nothing was published: the API names {gone} of the selection that clients"
    last = (
        f"Next: {typed('sync', config)} brings them in;"
        f" {typed('publish --allow-missing', config)}"
    )
    return "\n".join(
        [
            f"{first} could not get here:",
            *_named(error.missing),
            "",
            f"{last} publishes without them",
        ]
    )


def _named(keys: tuple[str, ...]) -> list[str]:
    more = len(keys) - _NAMED
    lines = [f"  {key}" for key in keys[:_NAMED]]
    return [*lines, f"  and {more:,} more"] if more > 0 else lines
