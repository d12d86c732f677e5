from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.ledger.layout import HASH_FILE
from domain.attestation import kept_key
from domain.generations import BottleEvicted
from domain.views import flat_key, index_key, kept_index_key
from tests.support.catalogs import digest_of
from tests.support.mirror import TAG
from tests.support.shown_mirror import DAY, ShownMirror, grown, what_clients_miss
from tests.support.watched import Call, is_write


@pytest.fixture
def mirror() -> ShownMirror:
    """Return a mirror of which one bottle was dropped five weeks ago."""
    return grown()


def keys(events: list[BottleEvicted]) -> list[str]:
    return sorted(event.key for event in events)


class TestEvicting:
    def test_without_being_asked_to_it_only_tells(self, mirror: ShownMirror) -> None:
        before = mirror.ledger().position
        process = mirror.process()
        report = mirror.collecting(process)()
        assert sorted(old.key for old in report.retention.evict) == [
            "bat-1.0-arm64_sonoma",
            "curl-1.0-1-arm64_sonoma",
            "curl-1.0-arm64_sonoma",
            "jq-1.0-arm64_sonoma",
        ]
        assert (report.evicted, report.removal, report.refused) == ((), None, None)
        assert not any(map(is_write, process.watch.calls))
        assert mirror.ledger().position == before

    def test_every_name_and_view_of_a_bottle_goes(self, mirror: ShownMirror) -> None:
        report = mirror.collect()
        evicted = mirror.recorded(BottleEvicted)
        assert keys(evicted) == sorted(old.key for old in report.evicted)
        assert report.removal is not None
        assert report.removal.left == 0
        there = mirror.view("")
        for name in ("jq-1.0", "/jq/manifests/1.0", digest_of("jq"), digest_of("bat")):
            assert not [key for key in there if name in key and "1.1" not in key]
        mirror.check()
        mirror.check_views()

    def test_the_log_says_so_before_anything_is_removed(
        self, mirror: ShownMirror
    ) -> None:
        process = mirror.process()
        mirror.collecting(process)(act=True)
        first, *others = filter(is_write, process.watch.calls)
        assert first.what == "create"
        assert first.key.startswith("ledger/v1/commits/")
        kinds = [call.what for call in others if not call.key.startswith("ledger/")]
        assert set(kinds[:-1]) == {"delete"}
        assert others[-1] == Call("replace", HASH_FILE)

    def test_nothing_is_removed_that_is_not_there(self, mirror: ShownMirror) -> None:
        there = {info.key for info in mirror.disk.list("")}
        process = mirror.process()
        mirror.collecting(process)(act=True)
        assert {call.key for call in process.watch.of("delete")} <= there

    def test_once_more_there_is_nothing_to_do(self, mirror: ShownMirror) -> None:
        mirror.collect()
        process = mirror.process()
        report = mirror.collecting(process)(act=True)
        assert (report.evicted, report.removal and report.removal.removed) == ((), 0)
        assert process.watch.of("delete", "create") == []

    def test_the_store_is_listed_once_whatever_goes(self, mirror: ShownMirror) -> None:
        process = mirror.process()
        mirror.collecting(process)(act=True)
        assert process.watch.of("list").count(Call("list", "")) == 1
        assert {call.key for call in process.watch.of("list")} == {
            "",
            "ledger/v1/commits/",
        }

    def test_clients_of_every_kept_generation_miss_nothing(
        self, mirror: ShownMirror
    ) -> None:
        mirror.collect()
        ledger = mirror.ledger()
        assert len(ledger.generations) == 4
        for number in ledger.generations:
            assert what_clients_miss(mirror, ledger, number) == []

    def test_many_are_recorded_in_few_commits(self) -> None:
        mirror = ShownMirror(replace(ShownMirror().exposure, keep_generations=2))
        for number in range(300):
            mirror.offer(f"f{number}", contents={TAG: f"{number}"})
        mirror.sync()
        mirror.show()
        for number in range(300):
            mirror.offer(f"f{number}", "1.1", contents={TAG: f"{number}, new"})
        mirror.pass_weeks(3)
        commits = [
            sum(isinstance(e, BottleEvicted) for e in one.commit.events)
            for one in mirror.commits()
        ]
        assert [number for number in commits if number] == [256, 44]
        mirror.check()
        mirror.check_views()


class TestSharedNames:
    def test_a_blob_stays_while_another_bottle_of_the_image_is_of_it(self) -> None:
        mirror = ShownMirror()
        old = {TAG: "same", "sonoma": "same"}
        mirror.offer("jq", contents=old)
        mirror.sync()
        mirror.show()
        mirror.offer("jq", contents={"sonoma": "same"})
        mirror.pass_weeks(5)
        assert "jq-1.0-arm64_sonoma" in keys(mirror.recorded(BottleEvicted))
        assert "jq-1.0-sonoma" in mirror.ledger().held
        mirror.check()
        mirror.check_views()

    def test_the_index_goes_with_the_last_bottle_of_the_release(self) -> None:
        mirror = ShownMirror()
        mirror.offer("jq", contents={TAG: "a", "sonoma": "b"})
        mirror.sync()
        mirror.show()
        mirror.offer("jq", contents={"sonoma": "b"})
        mirror.pass_weeks(5)
        assert mirror.disk.info(index_key("jq", "1.0")) is not None
        mirror.offer("jq", "1.1", contents={"sonoma": "c"})
        mirror.pass_weeks(5)
        assert mirror.disk.info(index_key("jq", "1.0")) is None
        mirror.check_views()

    def test_an_index_that_no_kept_generation_has_goes_with_its_release(self) -> None:
        mirror = ShownMirror()
        (first,) = mirror.offer("jq", contents={TAG: "a"})
        mirror.sync()
        mirror.show()
        (index,) = (
            mirror.generations(mirror.disk)
            .listing(1, mirror.ledger().generations[1].listing)
            .indexes.values()
        )
        mirror.offer("jq", "1.1", contents={TAG: "b"})
        mirror.pass_weeks(5)
        assert mirror.disk.info(kept_index_key("jq", index.digest)) is None
        assert first.key not in mirror.ledger().held

    def test_what_was_attested_of_a_digest_goes_with_its_last_bottle(self) -> None:
        mirror = ShownMirror()
        mirror.offer("jq", contents={TAG: "same", "sonoma": "same"})
        mirror.sync()
        mirror.show()
        for text in ("same", "bat"):
            mirror.disk.create(kept_key(digest_of(text)), b"{}\n")
        mirror.offer("jq", contents={"sonoma": "same"})
        mirror.pass_weeks(5)
        assert mirror.disk.info(kept_key(digest_of("same"))) is not None
        mirror.offer("jq", "1.1", contents={"sonoma": "other"})
        mirror.pass_weeks(5)
        assert mirror.disk.info(kept_key(digest_of("same"))) is None
        assert mirror.disk.info(kept_key(digest_of("bat"))) is not None

    def test_the_flat_view_gives_no_bytes_that_were_evicted(self) -> None:
        # Nobody has published, so that the name still has the first bytes.
        mirror = ShownMirror()
        (first,) = mirror.offer("jq", contents={TAG: "jq"})
        mirror.sync()
        name = flat_key(first)
        mirror.clock.sleep(DAY)
        mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        mirror.clock.sleep(14 * DAY)
        mirror.collect()
        assert mirror.disk.get(name).body == b"jq, built again"

    def test_a_name_whose_new_bytes_are_wrong_holds_nothing_up(self) -> None:
        mirror = ShownMirror()
        (first,) = mirror.offer("jq", contents={TAG: "jq"})
        mirror.sync()
        mirror.clock.sleep(DAY)
        mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        mirror.clock.sleep(14 * DAY)
        mirror.damage(mirror.entry(first.key).object_key, b"rotten")
        process = mirror.process()
        report = mirror.collecting(process)(act=True)
        assert report.removal is not None
        assert report.removal.why_left is None
        assert keys(mirror.recorded(BottleEvicted)) == [first.key]
        (warning,) = process.progress.warnings
        assert flat_key(first) in warning
        assert "bottles verify --deep --repair" in warning

    def test_one_whose_name_only_the_log_knows_goes_as_well(self) -> None:
        mirror = ShownMirror()
        mirror.offer("jq", contents={TAG: "jq"})
        mirror.sync()
        mirror.show()
        mirror.clock.sleep(DAY)
        mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        mirror.show()
        mirror.withdraw("jq")
        mirror.pass_weeks(1)
        # What replaced it is lost, so that nothing is held under its name.
        mirror.damage(mirror.entry("jq-1.0-arm64_sonoma").object_key)
        mirror.process().verify(repair=True)
        mirror.pass_weeks(5)
        assert not [key for key in mirror.view("") if "jq" in key]
        mirror.check()
