"""A small published mirror: what clients read of it, in a folder or in a bucket."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from domain.bottle import Bottle, Digest, ObjectKey
from domain.served import BYTES_MEDIA_TYPE
from domain.tags import Tag, pour_tag
from domain.views import (
    INDEX_MEDIA_TYPE,
    api_key,
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)
from ports.public_objects import PublicObjects
from tests.standin.bodies import Bodies, sha256_of
from tests.standin.catalog import Formula, bottles_of, formula, rewritten
from tests.standin.oci import manifests, package_version, tag_reference
from tests.standin.recipes import LINUX, Recipe
from tests.standin.signing import signed
from tests.standin.sizes import fixed

SIZE = 1_815
"""Bytes of each bottle: an odd number, so that its half is none."""
CLIENTS = ("arm64_sonoma", "x86_64_linux")
RECIPES = (
    Recipe("plain-ale", "1.2.3", ("arm64_sonoma", "x86_64_linux")),
    Recipe(
        "ale+hops@1.2", "1.2.0", ("arm64_sonoma", "x86_64_linux"), revision=1, rebuild=2
    ),
    Recipe("barmaid", "2026.08", ("all",)),
    Recipe("old-stout", "0.9", ("arm64_ventura", "x86_64_linux")),
    Recipe(
        "portable-ruby",
        "4.0.6",
        ("arm64_big_sur", "catalina", *LINUX),
    ),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """One object: its bytes before any compression, and what they are."""

    body: bytes
    media_type: str
    compressed: bool = False


@dataclass(frozen=True)
class MirrorTree:
    """What a mirror of some formulae has for clients, and what it has not for them."""

    recipes: tuple[Recipe, ...] = RECIPES
    clients: tuple[str, ...] = CLIENTS
    generated_at: int = 1_795_000_000
    bodies: Bodies = field(default_factory=lambda: Bodies(fixed(SIZE)))

    @cached_property
    def originals(self) -> list[Formula]:
        """The formulae, with digests that stand for bodies."""
        return [formula(recipe) for recipe in self.recipes]

    @cached_property
    def formulae(self) -> list[Formula]:
        """The formulae as the API has them."""
        return rewritten(self.originals, self.bodies)

    @cached_property
    def contents(self) -> Mapping[Bottle, bytes]:
        """The bottles and their bytes."""
        found = {}
        for original, served in zip(self.originals, self.formulae, strict=True):
            for (tag, old), (_, new) in zip(
                bottles_of(original), bottles_of(served), strict=True
            ):
                body = self.bodies.body(old["sha256"])
                assert sha256_of(body) == new["sha256"]
                found[_bottle(served, tag, new["sha256"])] = b"".join(
                    body.slices(0, body.size)
                )
        return found

    @cached_property
    def objects(self) -> dict[ObjectKey, Placed]:
        """Every object, by its key."""
        return {
            **dict(self._bottles()),
            **dict(self._indexes()),
            **{
                api_key(name): Placed(body, _media_type(name), compressed=True)
                for name, body in self.documents.items()
            },
            ObjectKey("status/index.html"): Placed(
                b"<!DOCTYPE html><title>mirror</title>", "text/html; charset=utf-8"
            ),
            ObjectKey("status/status.json"): Placed(b'{"ok":true}', "application/json"),
            ObjectKey("bottles_hash.json"): Placed(b"{}", "application/json"),
            ObjectKey("ledger/v1/ledger.json"): Placed(b"{}", "application/json"),
        }

    @cached_property
    def documents(self) -> Mapping[str, bytes]:
        """The API, by the names of its documents."""
        signed_ones: dict[str, object] = {
            "formula": self.formulae,
            "cask": [],
            "formula_tap_migrations": {},
            "cask_tap_migrations": {},
            **{f"internal/packages.{tag}": self.packages(tag) for tag in self.clients},
        }
        return {
            **{
                f"{name}.jws.json": signed(_json(payload))
                for name, payload in signed_ones.items()
            },
            "internal/executables.txt": b"plain-ale(1.2.3):ale\n",
        }

    def packages(self, client: str) -> dict[str, Any]:
        """Return what brew 6 reads on a client of a tag."""
        formulae = {}
        for each in self.formulae:
            files = dict(bottles_of(each))
            tag = pour_tag(Tag(client), [Tag(name) for name in files])
            entry = {
                "stable_version": each["versions"]["stable"],
                "revision": each["revision"],
                "desc": each["desc"],
            }
            if tag is not None:
                entry["bottle_checksum"] = files[tag]["sha256"]
                entry["bottle_rebuild"] = each["bottle"]["stable"]["rebuild"]
                entry["bottle_tag"] = f":{tag}" if tag != client else ""
            formulae[each["name"]] = {key: it for key, it in entry.items() if it}
        return {
            "metadata": {
                "homebrew_version": "6.0.18",
                "bottle_tag": client,
                "generated_at": self.generated_at,
            },
            "formulae": formulae,
            "casks": {},
        }

    def bottle(self, name: str, tag: str) -> Bottle:
        """Return the bottle of a formula that has this very tag."""
        (found,) = (
            bottle
            for bottle in self.contents
            if (bottle.name, bottle.tag) == (name, tag)
        )
        return found

    def index(self, name: str) -> bytes:
        """Return the index of a formula's release."""
        (found,) = (body for each, body in self._released() if each["name"] == name)
        return found

    def write(self, objects: PublicObjects) -> None:
        """Write it all into a store."""
        for key, placed in self.objects.items():
            objects.write(
                key, placed.body, placed.media_type, compressed=placed.compressed
            )

    def _bottles(self) -> Iterable[tuple[ObjectKey, Placed]]:
        for bottle, body in self.contents.items():
            for key in (blob_key(bottle), flat_key(bottle)):
                yield key, Placed(body, BYTES_MEDIA_TYPE)

    def _indexes(self) -> Iterable[tuple[ObjectKey, Placed]]:
        for each, body in self._released():
            name, tagref = each["name"], tag_reference(each)
            digest = Digest(sha256(body).hexdigest())
            for key in (
                index_key(name, tagref),
                kept_index_key(name, digest),
                flat_index_key(name, tagref),
            ):
                yield key, Placed(body, INDEX_MEDIA_TYPE)

    def _released(self) -> Iterable[tuple[Formula, bytes]]:
        sizes = {f"{each.digest}": len(body) for each, body in self.contents.items()}
        for each in self.formulae:
            yield each, manifests(each, sizes, sized=True).index


def _bottle(entry: Formula, tag: str, digest: str) -> Bottle:
    rebuild = entry["bottle"]["stable"]["rebuild"]
    name, version = entry["name"], package_version(entry)
    return Bottle(name, version, rebuild, Tag(tag), Digest(digest))


def _media_type(document: str) -> str:
    if document.endswith(".txt"):
        return "text/plain; charset=utf-8"
    return "application/json"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
