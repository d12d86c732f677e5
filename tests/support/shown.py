"""What clients must find of a mirror, whatever has happened to it."""

from __future__ import annotations

import json

from domain.bottle import Bottle, ObjectKey
from domain.events import BottleMirrored
from domain.generations import IndexMirrored
from domain.views import (
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)
from tests.support.mirror import Mirror


def check_shown(mirror: Mirror) -> None:
    """Check that every bottle that is held has its views.

    The flat view and the indexes that clients ask for may be those of a bottle that
    had the name before: then publishing comes next.
    """
    ledger, shown = mirror.ledger(), mirror.shown()
    for entry in ledger.held.values():
        bottle = entry.bottle
        content = mirror.upstream.contents[bottle.digest]
        if "registry" in mirror.views:
            assert shown[blob_key(bottle)] == content, f"{bottle.key} has another blob"
            assert index_key(bottle.name, bottle.tagref) in shown
        if "flat" in mirror.views:
            assert flat_key(bottle) in shown
            assert flat_index_key(bottle.name, bottle.tagref) in shown
    for index in ledger.indexes.values():
        body = shown[kept_index_key(index.name, index.digest)]
        assert json.loads(body) == index.bottles
    check_told_in_order(mirror)


def check_told_in_order(mirror: Mirror) -> None:
    """Check that no bottle was recorded before an index that names it."""
    told: set[tuple[str, str]] = set()
    for event in mirror.events():
        match event:
            case IndexMirrored(index=index):
                told |= {(index.release, digest) for digest in index.bottles.values()}
            case BottleMirrored(bottle=bottle):
                release = f"{bottle.name}-{bottle.tagref}"
                assert (release, bottle.digest) in told, f"{bottle.key} came first"
            case _:
                continue


def views_of(mirror: Mirror, *bottles: Bottle) -> set[ObjectKey]:
    """Return where clients find ``bottles``, but for the indexes' own digests."""
    keys: set[ObjectKey] = set()
    for bottle in bottles:
        if "registry" in mirror.views:
            keys |= {blob_key(bottle), index_key(bottle.name, bottle.tagref)}
        if "flat" in mirror.views:
            keys |= {flat_key(bottle), flat_index_key(bottle.name, bottle.tagref)}
    return keys
