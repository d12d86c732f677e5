"""What to type next."""

from __future__ import annotations

from domain.config import SyncConfig


def typed(command: str, config: SyncConfig) -> str:
    """Return a command as it has to be typed to be about the same store."""
    name, _, rest = command.partition(" --")
    store = "" if config.store == SyncConfig().store else f" --store {config.store}"
    return f"bottles {name}{store}{f' --{rest}' if rest else ''}"
