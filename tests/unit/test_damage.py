from __future__ import annotations

from collections.abc import Collection, Mapping

from domain.damage import Damage, Flaw, Specimen
from domain.events import GENESIS, Position
from domain.judgement import judge, judge_listing, pins_of

Found = list[tuple[str, int, int]]


def sound(commits: int, begin: int = 0, prev: str = "") -> dict[int, Specimen]:
    """Return commits that follow one another, each called by its number."""
    before = prev or (GENESIS.sha256 if begin == 0 else f"sha-{begin - 1}")
    specimens = {}
    for seq in range(begin, commits):
        specimens[seq] = Specimen(seq, f"sha-{seq}", before, seq)
        before = f"sha-{seq}"
    return specimens


def pin(*numbers: int) -> dict[int, str]:
    """Return pins of commits as they were."""
    return {seq: f"sha-{seq}" for seq in numbers}


def rewritten(seq: int, prev: str | None = None) -> Specimen:
    """Return another commit, behind the one that was before it if ``prev`` is None."""
    return Specimen(seq, f"other-{seq}", prev or f"sha-{seq - 1}", seq)


def found(
    specimens: Mapping[int, Specimen],
    pins: Mapping[int, str],
    given_up: Collection[int] = (),
) -> Found:
    """Return the damage, as short as it can be told."""
    return told(judge(specimens, pins, {}, given_up))


def told(damage: tuple[Damage, ...]) -> Found:
    """Return damage as short as it can be told."""
    return [(each.kind, each.first, each.last) for each in damage]


def test_commits_that_follow_one_another_up_to_the_pin_are_sound() -> None:
    assert found(sound(5), pin(4)) == []
    assert found(sound(5), pin(0, 2, 4)) == []
    assert found({}, {}) == []


def test_without_a_pin_another_last_commit_cannot_be_told() -> None:
    log = sound(5) | {4: rewritten(4)}
    assert found(log, {}) == []
    assert found(log, pin(3)) == []


def test_with_the_commit_before_it_pinned_another_last_one_is_a_forged_tail() -> None:
    assert found(sound(5) | {4: rewritten(4)}, pin(3, 4)) == [("forged tail", 4, 4)]


def test_a_wrong_last_commit_casts_doubt_on_all_that_no_pin_vouches_for() -> None:
    log = sound(5) | {4: rewritten(4)}
    assert found(log, pin(4)) == [("rewritten suffix", 0, 4)]
    assert found(log, pin(1, 4)) == [("rewritten suffix", 2, 4)]


def test_a_suffix_that_went_on_has_an_end_that_nobody_has_seen() -> None:
    log = sound(3) | {
        3: rewritten(3),
        4: rewritten(4, "other-3"),
        5: rewritten(5, "other-4"),
    }
    damage = judge(log, pin(2, 4), {})
    assert told(damage) == [("rewritten suffix", 3, 4), ("rewritten suffix", 5, 5)]
    assert [each.expected for each in damage] == ["sha-4", None]


def test_what_follows_another_commit_than_the_one_that_was_seen_is_astray() -> None:
    log = sound(5) | {5: rewritten(5, "other-4")}
    assert found(log, pin(4)) == [("forged tail", 5, 5)]
    log |= {6: rewritten(6, "other-5")}
    assert found(log, pin(4)) == [("rewritten suffix", 5, 6)]


def test_the_commit_behind_tells_that_one_in_the_middle_is_another() -> None:
    damage = judge(sound(5) | {2: rewritten(2)}, pin(4), {})
    assert told(damage) == [("rewritten commit", 2, 2)]
    assert damage[0].expected == "sha-2"


def test_a_pin_further_up_outweighs_one_that_contradicts_it() -> None:
    assert found(sound(5), {2: "somebody's mistake", 4: "sha-4"}) == []


def test_a_damaged_commit_tells_nothing_of_the_one_before_it() -> None:
    log = sound(5) | {
        3: Specimen(3, "cut", flaw=Flaw("truncated", "cut")),
        2: rewritten(2),
    }
    assert found(log, pin(4)) == [("truncated", 3, 3)]
    assert found(log, pin(2, 4)) == [
        ("rewritten commit", 2, 2),
        ("truncated", 3, 3),
    ]


def test_a_log_whose_first_commit_follows_another_was_rewritten() -> None:
    log = {0: Specimen(0, "sha-0", "before", 0)}
    assert found(log, {}) == [("rewritten commit", 0, 0)]
    log |= sound(3, 1)
    assert found(log, {}) == [("rewritten suffix", 0, 2)]


def test_missing_commits_in_a_row_are_told_of_as_one() -> None:
    log = sound(9)
    for seq in (2, 3, 5):
        del log[seq]
    assert found(log, pin(10)) == [
        ("gap", 2, 3),
        ("gap", 5, 5),
        ("head behind a pin", 9, 10),
    ]


def test_a_pin_over_an_empty_log_tells_how_much_is_gone() -> None:
    assert found({}, pin(2)) == [("head behind a pin", 0, 2)]


def test_what_lies_behind_the_head_is_told_of_at_once_however_much_it_is() -> None:
    far = 10**15
    for damage in (
        judge(sound(2), pin(far, 7), {5: "v5", far + 1: "v"}, {3}),
        judge_listing({0: None, 1: None}, pin(far, 7), {5: "v5"}, {3}),
    ):
        assert told(damage) == [
            ("head behind a pin", 2, 2),
            ("head behind a pin", 4, 4),
            ("delete marker", 5, 5),
            ("head behind a pin", 6, far),
        ]
        assert damage[-1].expected == f"sha-{far}"


def test_a_delete_marker_is_named_wherever_it_lies() -> None:
    log = sound(5)
    del log[1], log[4]
    damage = judge(log, pin(4), {1: "v1", 4: "v4"})
    assert told(damage) == [("delete marker", 1, 1), ("delete marker", 4, 4)]
    assert "v4" in damage[1].detail


def test_a_marker_below_what_was_written_since_is_no_damage() -> None:
    assert judge(sound(2), pin(1), {1: "v1"}) == ()


def test_a_commit_in_another_s_place_is_reordered_or_duplicated() -> None:
    log = sound(6)
    log |= {
        1: Specimen(1, "sha-2", "sha-1", 2),
        2: Specimen(2, "sha-1", "sha-0", 1),
        4: Specimen(4, "sha-3", "sha-2", 3),
    }
    assert found(log, pin(5)) == [
        ("reordered", 1, 1),
        ("reordered", 2, 2),
        ("duplicated", 4, 4),
    ]


def test_a_number_that_belongs_to_another_commit_is_no_copy_of_it() -> None:
    log = sound(4) | {1: Specimen(1, "other-1", "sha-0", 3)}
    assert found(log, pin(3)) == [("bit-flipped", 1, 1)]


def test_what_lies_in_a_declared_gap_is_no_damage_and_proves_nothing() -> None:
    log = sound(3) | {3: rewritten(3, "lost"), 4: rewritten(4, "other-3")}
    log |= {5: Specimen(5, "sha-5", "lost too", 5)}
    assert found(log, pin(2, 5), given_up={3, 4}) == []
    assert found(log, pin(5), given_up=range(3, 5)) == []
    del log[4]
    assert found(log, pin(5), given_up={3, 4}) == []
    # What comes before a gap is still held to what was seen of it.
    log |= {2: rewritten(2)}
    assert found(log, pin(2, 5), given_up={3, 4}) == [("rewritten commit", 2, 2)]


def test_a_listing_shows_gaps_and_pinned_commits_that_differ() -> None:
    present = {0: None, 1: "other-1", 3: None, 4: None}
    damage = judge_listing(present, pin(1, 6), {6: "v6"})
    assert told(damage) == [
        ("rewritten commit", 1, 1),
        ("gap", 2, 2),
        ("head behind a pin", 5, 5),
        ("delete marker", 6, 6),
    ]
    assert damage[0].expected == "sha-1"
    assert told(judge_listing(present, {}, {}, given_up={2})) == []


def test_the_beginning_of_a_log_is_no_pin() -> None:
    assert pins_of([GENESIS, Position(3, "sha-3")]) == {3: "sha-3"}
