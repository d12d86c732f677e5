"""What a stand-in upstream offers, in the domain's own values."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.homebrew.schemas import load_entry
from domain.bottle import Bottle
from domain.formula import Formula
from tests.standin.server import Upstream


def offered(upstream: Upstream, name: str) -> Formula:
    """Return the formula of this name as the stand-in's catalog has it."""
    (entry,) = (item for item in upstream.formulae if item["name"] == name)
    formula = load_entry(entry, 1)
    assert isinstance(formula, Formula)
    return formula


def offered_bottles(upstream: Upstream, name: str) -> Sequence[Bottle]:
    """Return all bottles of one formula of the stand-in's catalog."""
    return tuple(offered(upstream, name).bottles())
