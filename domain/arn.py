"""The names that AWS gives to what it keeps."""

from __future__ import annotations

_REGION = 3  # arn:PARTITION:SERVICE:REGION:ACCOUNT:…


def region_of(name: str) -> str | None:
    """Return the region that an ARN names; None when it names none, or is none."""
    parts = name.split(":")
    return (
        parts[_REGION] or None if parts[0] == "arn" and len(parts) > _REGION else None
    )
