import os

import pytest

from adapters.configuration_schema import NAMES
from entrypoints.cli.main import cli
from entrypoints.cli.options import (
    DEPLOYED,
    GITHUB,
    NOTIFYING,
    PUBLISHING,
    RETENTION,
    SPOOL,
)
from entrypoints.cli.settings import SETTINGS
from tests.support.click_tree import commands
from tests.support.command import Bottles, finished, start

# What a plan does not depend on.
DONE_LATER = ({*PUBLISHING} - {"views"}) | {*RETENTION}


def test_every_name_of_the_configuration_is_an_option() -> None:
    assert sorted(SETTINGS) == sorted(NAMES)


@pytest.mark.parametrize(
    ("command", "others"),
    [
        ("plan", {*DEPLOYED, *GITHUB, *NOTIFYING, *SPOOL, *DONE_LATER}),
        ("sync", {*DEPLOYED, *GITHUB}),
    ],
)
def test_plan_and_sync_take_every_setting_that_concerns_them(
    bottles: Bottles, command: str, others: set[str]
) -> None:
    told = bottles(command, "--help").out

    for name in NAMES:
        assert (f"--{name.replace('_', '-')} " in told) == (name not in others)


@pytest.mark.parametrize("name", [name for name, _ in commands(cli)])
def test_every_command_has_help_an_example_and_the_global_options(
    bottles: Bottles, name: str
) -> None:
    ended = bottles(*name.split()[1:], "--help")

    assert ended.status == 0
    assert name in ended.out.partition("\nExample")[2]
    if name != "bottles completion":
        for option in ("--store", "--config", "--json", "-v", "-q"):
            assert option in ended.out


def test_an_example_is_not_broken_where_the_screen_is_narrow(
    bottles: Bottles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    told = bottles("sync", "--help").out

    assert "\n  bottles sync jq --with-deps --tag arm64_sonoma\n" in told


def test_the_options_of_sync_stand_under_what_they_are_about(bottles: Bottles) -> None:
    told = bottles("sync", "--help").out

    titles = [
        line for line in told.splitlines() if line.endswith(":") and line[0] > " "
    ]
    assert titles == [
        "Options:",
        "What is mirrored:",
        "How it is fetched:",
        "Upstream:",
        "What clients see:",
        "What is let go:",
        "Another mirror's hash file:",
        "Notifications:",
        "The cloud:",
        "The mirror:",
        "Everywhere:",
        "Examples:",
    ]


def test_help_lists_the_commands_and_the_exit_statuses(bottles: Bottles) -> None:
    told = bottles("--help").out

    for name in ("plan", "sync", "verify", "ledger", "explain", "completion"):
        assert f"\n  {name} " in told
    assert "Exit status: 0 done; 1 done, but some bottles failed;" in told


@pytest.mark.parametrize(
    ("typed", "meant"), [(("verfy",), "verify"), (("ledger", "chek"), "check")]
)
def test_of_a_command_that_is_none_the_nearest_is_told(
    bottles: Bottles, typed: tuple[str, ...], meant: str
) -> None:
    ended = bottles(*typed)

    assert ended.status == 2
    assert f"No such command {typed[-1]!r}. (Did you mean {meant!r}?)" in ended.err


def test_of_a_command_that_is_like_none_nothing_is_guessed(bottles: Bottles) -> None:
    assert bottles("xyzzy").err.endswith("Error: No such command 'xyzzy'.\n")


def test_tells_its_version(bottles: Bottles) -> None:
    ended = bottles("--version")

    assert ended.status == 0
    assert ended.out.startswith("bottles 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_prints_the_completion_script_of_a_shell(bottles: Bottles, shell: str) -> None:
    ended = bottles("completion", shell)

    assert ended.status == 0
    assert f"_BOTTLES_COMPLETE={shell}_complete" in ended.out


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        ("bottles pl", ["plan"]),
        ("bottles ledger s", ["show"]),
        ("bottles sync --tag arm64_so", ["arm64_sonoma"]),
        ("bottles sync --tag sonoma,arm64_so", ["sonoma,arm64_sonoma"]),
        ("bottles sync --tag lat", ["latest:1", "latest:2", "latest:3"]),
    ],
)
def test_commands_and_tags_are_completed(
    bottles: Bottles,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    choices: list[str],
) -> None:
    assert bottles("completion", "bash").status == 0
    monkeypatch.setenv("_BOTTLES_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))

    ended = finished(start())

    assert [line.partition(",")[2] for line in ended.out.splitlines()] == choices
    assert "_BOTTLES_COMPLETE" in os.environ
