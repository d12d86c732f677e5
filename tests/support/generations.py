"""Generations in a store of a test that does not know when it was written to."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.bottle import ObjectKey

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def long_ago(_key: ObjectKey) -> datetime:
    """Tell that whatever is in a store came there long ago."""
    return LONG_AGO
