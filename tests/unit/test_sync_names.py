from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.support.catalogs import digest_of
from tests.support.mirror import TAG, Mirror, mirror_of

TODAY = date(2026, 8, 22)
DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that holds nothing of the three bottles on offer."""
    return mirror_of("bat", "curl", "jq")


class TestSameNameNewDigest:
    def test_within_the_day_it_lies_beside_the_first(self, mirror: Mirror) -> None:
        mirror.sync()
        (bottle,) = mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        key = bottle.object_key(TODAY)
        ledger = mirror.ledger()
        assert ledger.held[bottle.key].object_key == f"{key}.{bottle.digest[:12]}"
        assert mirror.bottles()[key] == b"jq"
        assert mirror.bottles()[bottle.beside(key)] == b"jq, built again"
        assert ledger.superseded[key].sha256 == digest_of("jq")
        mirror.check()

    def test_on_another_day_it_lies_under_that_day(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.clock.sleep(DAY)
        (bottle,) = mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        entry = mirror.entry(bottle.key)
        assert entry.object_key == bottle.object_key(date(2026, 8, 23))
        mirror.check()

    def test_the_first_one_may_come_back(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        (bottle,) = mirror.offer("jq", contents={TAG: "jq"})
        mirror.sync()
        assert mirror.entry(bottle.key).object_key == bottle.object_key(TODAY)
        assert mirror.upstream.opened[digest_of("jq")] == 1
        mirror.check()

    def test_an_object_that_is_not_ours_is_left_alone(self, mirror: Mirror) -> None:
        (bottle,) = mirror.offer("jq", contents={TAG: "jq"})
        key = bottle.object_key(TODAY)
        mirror.disk.create(key, b"somebody else's")
        assert mirror.sync().outcome == "complete"
        assert mirror.entry(bottle.key).object_key == bottle.beside(key)
        assert mirror.bottles()[key] == b"somebody else's"
