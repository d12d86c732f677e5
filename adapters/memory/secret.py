"""A secret that is known already."""

from __future__ import annotations

from dataclasses import dataclass, field

from ports.secret import Secret


@dataclass(frozen=True, slots=True)
class KnownSecret(Secret):
    """Gives what it was made with."""

    value: str = field(repr=False)

    def __call__(self, *, afresh: bool = False) -> str:  # noqa: ARG002 - it never changes
        return self.value
