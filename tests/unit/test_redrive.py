from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from adapters.memory.dead_letters import MemoryDeadLetters
from application.redrive import Redrive
from entrypoints.cli.cloud_answers import redrive_answer
from entrypoints.cli.cloud_text import redrive_text
from ports.dead_letters import DeadLetter
from ports.errors import AccessDeniedError, UnavailableError

LETTER = DeadLetter(
    id="1",
    queue="homebrew-sync-rules-dlq",
    sent=datetime(2026, 11, 27, 3, tzinfo=UTC),
    payload={"source": "manual"},
    function="homebrew-sync-orchestrator",
    about="a trigger",
    reason="THROTTLED",
    receipt="",
)
ODD = replace(LETTER, id="2", payload=None, about="not JSON", reason="")


def test_starts_again_what_makes_sense_and_leaves_the_rest() -> None:
    letters = MemoryDeadLetters([ODD, LETTER])
    done = Redrive(letters)()
    assert [each.fate for each in done] == ["not_understood", "started"]
    assert letters.started == [LETTER.payload]
    assert letters.lying == [ODD]


def test_only_looks_when_that_is_asked_for() -> None:
    letters = MemoryDeadLetters([LETTER, ODD])
    done = Redrive(letters)(dry_run=True)
    assert [each.fate for each in done] == ["kept", "not_understood"]
    assert letters.started == []
    assert letters.lying == [LETTER, ODD]


class Refusing(MemoryDeadLetters):
    """Starts nothing for the moment."""

    def start_again(self, letter: DeadLetter) -> None:
        raise UnavailableError(f"start again {letter.about}", "slow down")


def test_what_cannot_be_started_stays_and_hinders_no_other() -> None:
    letters = Refusing([LETTER, replace(LETTER, id="3")])
    done = Redrive(letters)()
    assert [each.fate for each in done] == ["failed", "failed"]
    assert [str(each.error) for each in done] == [
        "start again a trigger: slow down"
    ] * 2


class Unremovable(MemoryDeadLetters):
    """Lets nobody remove a letter, nor put one back."""

    def remove(self, letter: DeadLetter) -> None:
        raise AccessDeniedError(f"remove a letter, queue {letter.queue}", "no right")

    def put_back(self, letter: DeadLetter) -> None:
        raise AccessDeniedError(f"put back a letter, queue {letter.queue}", "no right")


def test_what_was_started_and_cannot_be_removed_is_told_as_that() -> None:
    letters = Unremovable([LETTER])
    done = Redrive(letters)()
    assert [each.fate for each in done] == ["not_removed"]
    assert letters.started == [LETTER.payload]
    assert redrive_text(done).splitlines()[2:] == [
        "                      started again, and stays: it could not be removed",
        (
            "                      remove a letter, queue homebrew-sync-rules-dlq: no"
            " right"
        ),
        "",
        "1 dead letter: 1 started again, and stays: it could not be removed",
    ]


def test_what_cannot_be_put_back_hinders_no_other() -> None:
    letters = Unremovable([LETTER, ODD])
    done = Redrive(letters)()
    assert [each.fate for each in done] == ["not_removed", "not_understood"]
    assert "put back a letter" in str(done[1].error)
    (looked_at,) = Redrive(Unremovable([LETTER]))(dry_run=True)
    assert (looked_at.fate, looked_at.error is None) == ("kept", False)


def test_tells_a_person_what_became_of_each() -> None:
    assert redrive_text(Redrive(MemoryDeadLetters([LETTER, ODD]))()).splitlines() == [
        "2026-11-27T03:00:00Z  homebrew-sync-rules-dlq  a trigger",
        "                      died of: THROTTLED",
        "                      started again",
        "2026-11-27T03:00:00Z  homebrew-sync-rules-dlq  not JSON",
        "                      stays: it makes no sense",
        "",
        "2 dead letters: 1 started again, 1 stays: it makes no sense",
    ]
    assert redrive_text(()) == "There are no dead letters."


def test_tells_a_person_why_one_could_not_be_started() -> None:
    told = redrive_text(Redrive(Refusing([LETTER]))())
    assert "start again a trigger: slow down" in told


def test_tells_a_script_all_of_it() -> None:
    (letter,) = redrive_answer(Redrive(MemoryDeadLetters([LETTER]))())["letters"]
    assert letter == {
        "id": "1",
        "queue": "homebrew-sync-rules-dlq",
        "sent": "2026-11-27T03:00:00Z",
        "about": "a trigger",
        "reason": "THROTTLED",
        "payload": {"source": "manual"},
        "function": "homebrew-sync-orchestrator",
        "fate": "started",
        "error": None,
    }
