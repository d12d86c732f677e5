"""What documents name of the program, and what they have to name of it."""

from __future__ import annotations

import plistlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from entrypoints.cli import exit_status
from entrypoints.cli.main import cli
from entrypoints.cli.settings import SETTINGS
from tests.support.command import ROOT
from tests.support.guides import guides

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
TERRAFORM = ROOT / "infrastructure" / "terraform" / "modules"
_NAMED = re.compile(r"`(bottles [^`\n]+)`")


def strangers(command: str) -> Iterator[str]:
    """Yield the commands and options of a line that ``bottles`` does not have."""
    at: click.Command = cli
    known = {"-h", "--help"}
    for word in shlex.split(command.replace("'", "").replace('"', ""))[1:]:
        known |= {o for p in at.params for o in (*p.opts, *p.secondary_opts)}
        if word.startswith("-"):
            if word.partition("=")[0] not in known:
                yield word
        elif isinstance(at, click.Group) and word.isascii() and word.islower():
            found = at.get_command(click.Context(at), word)
            if found is None:
                yield word
                return
            at = found


@pytest.mark.parametrize("guide", guides(), ids=str)
def test_commands_and_options_that_are_named_are_there(guide: Path) -> None:
    named = _NAMED.findall((ROOT / guide).read_text())
    assert [(each, word) for each in named for word in strangers(each)] == []


def test_every_alarm_is_explained() -> None:
    texts = {path: path.read_text() for path in TERRAFORM.glob("*/*.tf")}
    names = [
        name
        for text in texts.values()
        for name in re.findall(r'alarm_name += "\$\{var\.project_name\}-(.+)"', text)
    ]
    watched = texts[TERRAFORM / "monitoring" / "main.tf"]
    ours = re.findall(r"^    ([a-z-]+) = \{\n +metric ", watched, re.MULTILINE)
    for name in (*names, *ours):
        parts = re.split(r"\$\{[^}]*\}", name)
        explained = f"`{'[a-z-]+'.join(map(re.escape, parts))}`"
        assert re.search(explained, OPERATIONS), name
    assert len(ours) > 5


def test_an_alarm_has_its_meaning_what_to_look_at_and_what_to_type() -> None:
    section = OPERATIONS.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert [row for row in rows if "|  |" in row or "| |" in row] == []
    assert len(rows) > 10


def test_what_can_be_tuned_is_there() -> None:
    variables = "".join(path.read_text() for path in TERRAFORM.parent.glob("*.tf"))
    for line in (ROOT / "docs" / "tuning.md").read_text().splitlines():
        first = line.split("|")[1] if line.startswith("| `") else ""
        for names, dagger in re.findall(r"((?:`\w+`(?:, )?)+)( †)?", first):
            for name in re.findall(r"\w+", names):
                there = f'variable "{name}"' in variables
                assert there if dagger else name in SETTINGS, name


def test_every_exit_status_is_explained() -> None:
    statuses = [each for each in vars(exit_status).values() if type(each) is int]
    assert len(statuses) > 5
    for status in statuses:
        assert f"\n| {status} | " in OPERATIONS


def test_who_has_never_seen_it_is_not_told_too_much() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_a_profile_is_a_property_list() -> None:
    page = (ROOT / "docs" / "how-to" / "macos-fleet.md").read_text()
    (profile,) = re.findall(r"^```xml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    payload = plistlib.loads(profile.encode())
    assert payload["PayloadType"] == "Configuration"
    (root,) = payload["PayloadContent"]
    assert root["PayloadType"] == "com.apple.security.root"
