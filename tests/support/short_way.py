"""Stores that never go the short way."""

from __future__ import annotations

import pytest

from adapters.s3.short_way import ShortWay


def without_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave all to boto3, as for moto, which answers within it."""
    monkeypatch.setattr(ShortWay, "learn", lambda *_, **__: None)
