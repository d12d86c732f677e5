"""Bottles with several names: what a further name costs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from benchmarks.stores import STORES
from benchmarks.syncing import sync
from benchmarks.table import Table
from benchmarks.upstream import upstream
from tests.standin.catalog import formula
from tests.standin.recipes import NEW_ARM, ordinary_recipe

_FORMULAE = 300
_SIZE = 100_000  # bytes


def measure(place: Path) -> Table:
    catalog = place / "copies.json"
    recipes = (ordinary_recipe(number, NEW_ARM) for number in range(_FORMULAE))
    same = [formula(replace(recipe, same=NEW_ARM)) for recipe in recipes]
    catalog.write_text(json.dumps(same), encoding="utf-8")
    rows = [("into", "fetched", "copied", "upstream", "to the store", "wall s")]
    with upstream(str(catalog), _SIZE) as served:
        for name, store in STORES.items():
            with store(place) as target:
                done = sync(served, target, place, tags=",".join(NEW_ARM))
            copied = done.answer["copied"]
            rows.append(
                (
                    name,
                    f"{done.answer['mirrored']['bottles'] - copied:,}",
                    f"{copied:,}",
                    f"{done.upstream:,}",
                    f"{done.store:,}",
                    f"{done.measured.wall:.2f}",
                )
            )
    return Table(
        f"bottles sync of {_FORMULAE} bottles of 100 kB, each under three names",
        tuple(rows),
        ("goal: two requests upstream a bottle, one to the store a name",),
    )
