"""What brew finds in a folder and in a bucket after a sync."""

import json
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests

from domain.bottle import Bottle, Digest
from domain.views import (
    INDEX_MEDIA_TYPE,
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.command import Bottles, tree, write_config
from tests.support.offers import offered_bottles
from tests.support.seaweed import SeaweedS3
from tests.support.stores import shared_bucket, use_seaweed

TAGS = ("arm64_tahoe", "arm64_sonoma")
_ANY = Digest("")
CHOSEN = tuple(word for tag in TAGS for word in ("--tag", tag))


@dataclass(frozen=True)
class Place:
    """Where a mirror lies, and how to look into it."""

    address: str
    seaweed: SeaweedS3 | None = None
    bucket: str = ""
    prefix: str = ""

    def objects(self) -> dict[str, bytes]:
        """Return every object."""
        if self.seaweed is None:
            return tree(Path(self.address))
        found: dict[str, bytes] = {}
        with closing(self.seaweed.client()) as client:
            pages = client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=f"{self.prefix}/"
            )
            for each in (each for page in pages for each in page.get("Contents", ())):
                answer = client.get_object(Bucket=self.bucket, Key=each["Key"])
                key = each["Key"].removeprefix(f"{self.prefix}/")
                found[key] = answer["Body"].read()
        return found

    def media_type(self, key: str) -> str:
        """Return as what an object is served; a web server tells it of a file."""
        if self.seaweed is None:
            return INDEX_MEDIA_TYPE
        with closing(self.seaweed.client()) as client:
            head = client.head_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}")
        return head["ContentType"]


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.s3_server)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Yield where nothing is yet."""
    if request.param == "folder":
        yield Place("mirror")
        return
    seaweed: SeaweedS3 = request.getfixturevalue("seaweed")
    use_seaweed(request.getfixturevalue("monkeypatch"), seaweed)
    bucket, prefix = shared_bucket(seaweed), f"views/{uuid4()}"
    yield Place(f"s3://{bucket}/{prefix}", seaweed, bucket, prefix)


def _held(place: Place, upstream: Upstream) -> list[Bottle]:
    held = json.loads(place.objects()["bottles_hash.json"])["bottles"]
    named = {str(formula.get("name")) for formula in upstream.formulae}
    found = [
        bottle
        for name in sorted(named)
        if any(key.startswith(f"{name}-") for key in held)
        for bottle in offered_bottles(upstream, name)
        if bottle.key in held
    ]
    assert len(found) == len(held)
    return found


def _served(upstream: Upstream, bottle: Bottle) -> bytes:
    """Return the index of a bottle's release as the registry serves it."""
    answer = requests.get(
        f"{upstream.registry}/v2/homebrew/core/{bottle.image}/manifests"
        f"/{quote(bottle.tagref)}",
        headers={"Authorization": "Bearer QQ==", "Accept": INDEX_MEDIA_TYPE},
        timeout=60,
    )
    answer.raise_for_status()
    return answer.content


def test_every_blob_and_index_is_there_byte_for_byte(
    bottles: Bottles, upstream: Upstream, place: Place
) -> None:
    answer = bottles.json(
        *("sync", "ledger", "kettle@2", "gauge", "--with-deps", *CHOSEN),
        *("--store", place.address),
    )

    assert answer["outcome"] == "complete"
    objects, held = place.objects(), _held(place, upstream)
    assert len(held) > 5
    views = set()
    for bottle in held:
        blob, index = blob_key(bottle), index_key(bottle.name, bottle.tagref)
        served = _served(upstream, bottle)
        assert objects[blob] == upstream.content(bottle.digest)
        assert objects[index] == served
        assert place.media_type(index) == INDEX_MEDIA_TYPE
        kept = next(
            key
            for key, body in objects.items()
            if key.startswith(kept_index_key(bottle.name, Digest("")))
            and body == served
        )
        views |= {blob, index, kept}
    assert {key for key in objects if key.startswith(("v2/", "flat/"))} == views
    assert bottles.json("verify", "--store", place.address)["orphans"] == []
    # What had to be read for that is read from the ledger the next time.
    again = bottles.json("sync", "--store", place.address, "ledger", *CHOSEN[:2])
    assert again["outcome"] == "complete"


@pytest.mark.parametrize("views", ["none", "flat", "registry,flat"])
def test_the_views_are_those_that_are_wanted(
    bottles: Bottles, upstream: Upstream, place: Place, views: str
) -> None:
    bottles.json(
        *("sync", "ledger", "kettle@2", *CHOSEN),
        *("--views", views, "--store", place.address),
    )

    objects, held = place.objects(), _held(place, upstream)
    for bottle in held:
        content = upstream.content(bottle.digest)
        served = _served(upstream, bottle)
        in_registry = content if "registry" in views else None
        in_flat = content if "flat" in views else None
        assert objects.get(blob_key(bottle)) == in_registry
        assert objects.get(flat_key(bottle)) == in_flat
        flat_index = flat_index_key(bottle.name, bottle.tagref)
        assert objects.get(flat_index) == (served if in_flat else None)
    if views == "none":
        assert not any(key.startswith(("v2/", "flat/")) for key in objects)


def _only(formulae: list[dict[str, Any]], tag: str) -> list[dict[str, Any]]:
    """Return the catalog as it was when there was one bottle of each but the last."""
    fewer = deepcopy(formulae)
    for formula in fewer[:-1]:
        files = formula["bottle"]["stable"]["files"]
        formula["bottle"]["stable"]["files"] = {tag: files[tag]}
    return fewer


def test_a_tag_that_is_added_at_the_same_version_renews_the_index(
    bottles: Bottles, folder: Path, place: Place
) -> None:
    whole = plain_catalog(3, TAGS)
    with Upstream(_only(whole, TAGS[0])) as upstream:
        write_config(folder, upstream, publish=False)
        bottles.json("sync", *CHOSEN, "--store", place.address)
        first = place.objects()
        upstream.publish(whole)
        bottles.json("sync", *CHOSEN, "--store", place.address)

        objects = place.objects()
        # Two releases were asked for again, when they had got a tag.
        assert upstream.requests.count("manifest") == 3 + 2
        held = _held(place, upstream)
        assert len(held) == 6
        for bottle in held:
            index = index_key(bottle.name, bottle.tagref)
            assert objects[index] == _served(upstream, bottle)
            assert objects[blob_key(bottle)] == upstream.content(bottle.digest)
        changed = {key for key in first if "/manifests/" in key} & {
            key for key, body in objects.items() if first.get(key) != body
        }
        assert changed == {
            index_key(bottle.name, bottle.tagref)
            for bottle in held
            if bottle.name != whole[-1]["name"]
        }


def _rebuilt(place: Place, upstream: Upstream, catalog: list[dict[str, Any]]) -> Bottle:
    (found,) = (
        bottle
        for bottle in _held(place, upstream)
        if (bottle.name, bottle.tag) == (catalog[0]["name"], TAGS[0])
    )
    return found


def test_a_bottle_that_is_built_again_under_its_name_has_a_blob_of_its_own(
    bottles: Bottles, folder: Path, place: Place
) -> None:
    catalog = plain_catalog(2, TAGS)
    again = deepcopy(catalog)
    file = again[0]["bottle"]["stable"]["files"][TAGS[0]]
    file["sha256"] = file["sha256"][::-1]
    with Upstream(catalog) as upstream:
        write_config(folder, upstream, publish=False, views="registry,flat")
        everything = ("--store", place.address)
        bottles.json("sync", *CHOSEN, *everything)
        before = _rebuilt(place, upstream, catalog)
        served = _served(upstream, before)
        upstream.publish(again)
        bottles.json("sync", *CHOSEN, *everything)

        after = _rebuilt(place, upstream, catalog)
        objects = place.objects()
        assert (before.key, before.digest != after.digest) == (after.key, True)
        for bottle in (before, after):
            assert objects[blob_key(bottle)] == upstream.content(bottle.digest)
        # Who has the API of before finds all that it names until the next publishing.
        assert objects[flat_key(after)] == upstream.content(before.digest)
        assert objects[index_key(after.name, after.tagref)] == served
        assert _served(upstream, after) in objects.values()
        assert bottles.json("verify", *everything)["orphans"] == []


def test_views_that_are_switched_on_later_are_made_of_what_is_held(
    bottles: Bottles, upstream: Upstream, place: Place
) -> None:
    sync = ("sync", "ledger", "kettle@2", *CHOSEN, "--store", place.address)
    bottles.json(*sync, "--views", "none")
    fetched = upstream.requests.count("signed_get")
    answer = bottles.json(*sync)

    assert answer["published"]["generation"] == 1
    assert answer["mirrored"]["bottles"] == 0
    assert upstream.requests.count("signed_get") == fetched
    objects = place.objects()
    for bottle in _held(place, upstream):
        index = index_key(bottle.name, bottle.tagref)
        assert objects[index] == _served(upstream, bottle)
        assert objects[blob_key(bottle)] == upstream.content(bottle.digest)
