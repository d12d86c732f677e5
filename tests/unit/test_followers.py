"""A store that follows another mirror: whoever would record something is refused."""

from __future__ import annotations

import pytest

from adapters.ledger.identity import encode_identity
from adapters.ledger.layout import IDENTITY
from ports.errors import FollowerError
from tests.support.cloud import Cloud
from tests.support.mirror import Mirror, mirror_of
from tests.support.shown_mirror import grown


def following(mirror: Mirror) -> Mirror:
    """Let a mirror be one that follows another from now on."""
    ledger, now = mirror.ledger().id, mirror.clock.now()
    mirror.damage(IDENTITY, encode_identity(ledger, now, follows=now))
    return mirror


def test_a_sync_asks_nobody_for_a_catalog() -> None:
    mirror = mirror_of("jq")
    mirror.sync()
    process = following(mirror).process()
    with pytest.raises(FollowerError, match="bottles export there"):
        process.sync()
    assert not process.watch.of("catalog", "fetch", "open")


def test_a_bottle_that_is_lost_is_told_and_not_fetched() -> None:
    mirror = mirror_of("jq")
    mirror.sync()
    (entry,) = mirror.ledger().held.values()
    following(mirror).damage(entry.object_key)
    assert mirror.process().verify().unrepaired == 1
    with pytest.raises(FollowerError):
        mirror.process().verify(repair=True)
    with pytest.raises(FollowerError):
        mirror.process().verify(prune_orphans=True)


def test_what_is_old_is_told_and_stays() -> None:
    mirror = grown()
    following(mirror)
    before = mirror.view("")
    assert len(mirror.collecting()().retention.evict) == 4
    with pytest.raises(FollowerError):
        mirror.collect()
    assert mirror.view("") == before


def test_the_cloud_begins_nothing_and_closes_nothing_there() -> None:
    """A run that was open when the export was made is nobody's here."""
    cloud = Cloud(mirror_of("a" * 8, "b" * 7))
    cloud.trigger()
    following(cloud.mirror)
    before = cloud.mirror.commits()
    with pytest.raises(FollowerError):
        cloud.trigger("run-2")
    with pytest.raises(FollowerError):
        cloud.work_all()
    with pytest.raises(FollowerError):
        cloud.close()
    assert cloud.mirror.commits() == before
