"""A digest that upstream offers again once it was evicted is mirrored again."""

from __future__ import annotations

import uuid
from contextlib import closing
from pathlib import Path

import pytest

from adapters.folder.store import FolderStore
from adapters.memory.store import MemoryStore
from adapters.s3.store import S3Store
from domain.bottle import Bottle, ObjectKey
from domain.events import BottleMirrored
from domain.generations import BottleEvicted
from domain.views import blob_key, flat_key, index_key
from ports.store import Store
from tests.support.mirror import TAG
from tests.support.seaweed import SeaweedS3
from tests.support.shown_mirror import ShownMirror, what_clients_miss
from tests.support.stores import use_seaweed

_VERSIONED = "test-evicted"


@pytest.fixture(scope="module")
def versioned_bucket(seaweed: SeaweedS3) -> str:
    """Make a bucket that keeps every version, and return its name."""
    with closing(seaweed.client()) as s3:
        s3.create_bucket(Bucket=_VERSIONED)
        s3.put_bucket_versioning(
            Bucket=_VERSIONED, VersioningConfiguration={"Status": "Enabled"}
        )
    return _VERSIONED


@pytest.fixture
def prefix() -> str:
    """Return what the keys of one test's store begin with."""
    return str(uuid.uuid4())


@pytest.fixture
def bucket_store(
    seaweed: SeaweedS3,
    versioned_bucket: str,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> S3Store:
    """Return an empty store in a bucket that keeps every version."""
    use_seaweed(monkeypatch, seaweed)
    return S3Store(versioned_bucket, prefix, pool_size=20, retry_attempts=2)


@pytest.fixture(
    params=[
        "memory",
        "folder",
        pytest.param("bucket", marks=pytest.mark.s3_server),
    ]
)
def mirror(request: pytest.FixtureRequest, tmp_path: Path) -> ShownMirror:
    """Return an empty mirror in a store of each kind."""
    store: Store = MemoryStore()
    if request.param == "folder":
        store = FolderStore(tmp_path / "mirror")
    elif request.param == "bucket":
        store = request.getfixturevalue("bucket_store")
    return ShownMirror(disk=store)


def evicted_bottle(mirror: ShownMirror) -> Bottle:
    """Mirror a bottle and let it go again; return it."""
    (bottle,) = mirror.offer("jq", contents={TAG: "jq"})
    mirror.sync()
    mirror.show()
    mirror.offer("jq", "1.1", contents={TAG: "jq 1.1"})
    mirror.pass_weeks(4)
    assert next(event.key for event in mirror.recorded(BottleEvicted)) == bottle.key
    return bottle


def names_of(bottle: Bottle) -> tuple[ObjectKey, ...]:
    return (
        blob_key(bottle),
        flat_key(bottle),
        index_key(bottle.name, bottle.tagref),
    )


def test_it_is_fetched_and_shown_again(mirror: ShownMirror) -> None:
    bottle = evicted_bottle(mirror)
    for name in names_of(bottle):
        assert mirror.disk.info(name) is None

    mirror.offer("jq", contents={TAG: "jq"})
    report = mirror.sync()
    mirror.show()

    assert report.mirrored.bottles == 1
    again = [
        event for event in mirror.recorded(BottleMirrored) if event.bottle == bottle
    ]
    assert [event.how for event in again] == ["fetched", "fetched"]
    assert mirror.upstream.opened[bottle.digest] == 2
    assert mirror.disk.get(blob_key(bottle)).body == b"jq"
    assert mirror.disk.get(flat_key(bottle)).body == b"jq"
    ledger = mirror.ledger()
    assert ledger.has(bottle)
    assert ledger.published is not None
    assert what_clients_miss(mirror, ledger, ledger.published) == []
    assert mirror.process().verify(deep=True).flaws == ()
    mirror.check()
    mirror.check_views()


def test_it_may_be_evicted_once_more(mirror: ShownMirror) -> None:
    bottle = evicted_bottle(mirror)
    mirror.offer("jq", contents={TAG: "jq"})
    mirror.pass_weeks(1)
    mirror.offer("jq", "1.2", contents={TAG: "jq 1.2"})
    mirror.pass_weeks(5)

    evicted = [e for e in mirror.recorded(BottleEvicted) if e.key == bottle.key]

    assert len(evicted) == 2
    assert evicted[0].object_key != evicted[1].object_key
    for event in evicted:
        assert mirror.disk.info(event.object_key) is None
    for name in names_of(bottle):
        assert mirror.disk.info(name) is None
    mirror.check_views()


def test_a_bucket_that_keeps_versions_keeps_what_was_evicted(
    bucket_store: S3Store, seaweed: SeaweedS3, versioned_bucket: str, prefix: str
) -> None:
    mirror = ShownMirror(disk=bucket_store)
    bottle = evicted_bottle(mirror)
    mirror.offer("jq", contents={TAG: "jq"})
    mirror.sync()
    mirror.show()

    with closing(seaweed.client()) as s3:
        listed = s3.list_object_versions(Bucket=versioned_bucket, Prefix=prefix)
    name = blob_key(bottle)
    versions = [v for v in listed["Versions"] if v["Key"].endswith(name)]
    markers = [m for m in listed["DeleteMarkers"] if m["Key"].endswith(name)]

    assert len(versions) == 2
    # It was removed once, and nothing that was not there ever was.
    assert len(markers) == 1
    removed = {m["Key"] for m in listed["DeleteMarkers"]}
    assert removed <= {v["Key"] for v in listed["Versions"]}
