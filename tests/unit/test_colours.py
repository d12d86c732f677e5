import io
import sys

import pytest

from entrypoints.cli.colours import bad, doubtful, seen_state

RED, YELLOW, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"


class Terminal(io.StringIO):
    """What somebody looks at."""

    def isatty(self) -> bool:
        return True


def look(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    """Write to a terminal from now on, with more of the environment."""
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm-256color", **variables}.items():
        monkeypatch.setenv(name, value)


def test_what_is_bad_is_red_and_what_is_doubtful_yellow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look(monkeypatch)

    assert bad("DAMAGED") == f"{RED}DAMAGED{PLAIN}"
    assert doubtful("warn") == f"{YELLOW}warn{PLAIN}"
    assert seen_state("fail") == f"{RED}FAIL{PLAIN}"


def test_what_is_good_has_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch)

    assert seen_state("ok") == "ok  "


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_nothing_is_coloured_where_that_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    look(monkeypatch, **variables)

    assert bad("DAMAGED") == "DAMAGED"


def test_nothing_is_coloured_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch)
    monkeypatch.setattr(sys, "stdout", io.StringIO())

    assert bad("DAMAGED") == "DAMAGED"
