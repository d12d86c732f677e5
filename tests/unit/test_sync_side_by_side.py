from __future__ import annotations

from threading import Thread

import pytest

from adapters.ledger.layout import HASH_FILE
from tests.support.catalogs import digest_of
from tests.support.mirror import Process, mirror_of
from tests.support.watched import Call, at_call

NAMES = ("bat", "curl", "jq")


def calls_of_a_sync() -> int:
    """Return how often a sync of an empty mirror asks the outside."""
    process = mirror_of(*NAMES).process()
    process.sync()
    return len(process.watch.calls)


@pytest.mark.parametrize("number", range(1, calls_of_a_sync() + 1))
def test_a_sync_in_the_middle_of_another_leaves_both_complete(number: int) -> None:
    mirror = mirror_of(*NAMES)
    outcomes: list[str] = []
    process = mirror.process()
    process.watch.before = at_call(
        number, lambda: outcomes.append(mirror.sync().outcome)
    )
    outcomes.append(process.sync().outcome)
    assert outcomes == ["complete", "complete"]
    assert len(mirror.ledger().held) == 3
    assert mirror.ledger().runs == {}
    mirror.check()


def test_two_threads_over_one_store_leave_it_right() -> None:
    mirror = mirror_of(*(f"x{number:03}" for number in range(300)))
    outcomes: list[str] = []

    def sync(process: Process) -> None:
        outcomes.append(process.sync().outcome)

    threads = [Thread(target=sync, args=(mirror.process(jobs=2),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["complete", "complete"]
    assert len(mirror.ledger().held) == 300
    assert mirror.ledger().runs == {}
    mirror.check()


@pytest.mark.parametrize("number", range(1, 8))
def test_a_bottle_found_lost_meanwhile_is_not_taken_for_settled(number: int) -> None:
    mirror = mirror_of(*NAMES)
    mirror.sync()
    process = mirror.process()

    def lose() -> None:
        mirror.damage(mirror.entry("jq-1.0-arm64_sonoma").object_key)
        content = mirror.upstream.contents.pop(digest_of("jq"))
        mirror.process().verify(repair=True)
        mirror.upstream.add(content)

    process.watch.before = at_call(number, lose)
    process.sync()
    mirror.sync()
    assert len(mirror.ledger().held) == 3
    mirror.check()


def test_a_later_hash_file_is_not_replaced_by_an_earlier_one() -> None:
    mirror = mirror_of(*NAMES)
    process = mirror.process()
    others = iter([mirror.process()])

    def overtake(call: Call) -> None:
        if call == Call("create", HASH_FILE):
            for other in others:
                other.sync()

    process.watch.before = overtake
    process.sync()
    assert len(mirror.commits()) == 4
    mirror.check()


def test_a_catalog_from_before_does_not_undo_a_newer_one() -> None:
    mirror = mirror_of(*NAMES)
    mirror.sync()
    process = mirror.process()

    def offer_anew(call: Call) -> None:
        if call.what == "open" and mirror.formulae["jq"].version == "1.0":
            mirror.offer("jq", "2.0")
            mirror.sync()

    mirror.offer("curl", contents={"arm64_sonoma": "curl, built again"})
    process.watch.before = offer_anew
    process.sync()
    mirror.sync()
    assert "jq-2.0-arm64_sonoma" in mirror.ledger().held
    mirror.check()
