"""The hash file of another mirror, where there is none."""

from __future__ import annotations

from ports.external_hash_file import ExternalEntries, ExternalHashFile


class NoHashFile(ExternalHashFile):
    """No other mirror: there is never any news of it."""

    @property
    def source(self) -> str:
        """Nowhere."""
        return ""

    def fetch(self, unless: str | None = None) -> ExternalEntries | None:  # noqa: ARG002
        return None
