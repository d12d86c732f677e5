"""The versions of a secret, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.memory.secret import KnownSecret
from ports.errors import NotFoundError
from ports.secret import Secret
from ports.secret_versions import SecretVersions


@dataclass(slots=True)
class MemorySecretVersions(SecretVersions):
    """A secret that others read as ``present``; ``ready`` is to follow it."""

    present: str = field(repr=False)
    ready: str | None = field(default=None, repr=False)
    _prepared: dict[str, str] = field(default_factory=dict, repr=False)

    def prepare(self, version: str) -> None:
        value = self.present if self.ready is None else self.ready
        self._prepared.setdefault(version, value)

    def pending(self, version: str) -> Secret:
        return KnownSecret(self._value(version))

    def give_up(self, version: str) -> None:
        self._prepared.pop(version, None)

    def promote(self, version: str) -> None:
        self.present = self._value(version)
        if self.ready == self.present:
            self.ready = None

    def _value(self, version: str) -> str:
        if version not in self._prepared:
            raise NotFoundError(f"version {version} of a secret", "it was not prepared")
        return self._prepared[version]
