"""``bottles brew-env``: the lines that lead a brew to a mirror."""

from __future__ import annotations

import pytest

from tests.support.command import Bottles

FILE = """\
HOMEBREW_ARTIFACT_DOMAIN=https://mirror.example/brew
HOMEBREW_ARTIFACT_DOMAIN_NO_FALLBACK=1
HOMEBREW_API_DOMAIN=https://mirror.example/brew/api
"""


def test_the_file_is_printed_as_brew_reads_it(bottles: Bottles) -> None:
    assert bottles("brew-env", "https://mirror.example/brew/").out == FILE


def test_a_shell_is_told_to_export(bottles: Bottles) -> None:
    told = bottles("brew-env", "https://mirror.example/brew", "--shell").out
    assert told == "".join(f"export {line}\n" for line in FILE.splitlines())


def test_the_flat_view_has_variables_of_its_own(bottles: Bottles) -> None:
    assert bottles.json("brew-env", "https://m.example", "--view", "flat") == {
        "HOMEBREW_BOTTLE_DOMAIN": "https://m.example/flat",
        "HOMEBREW_API_DOMAIN": "https://m.example/api",
    }


@pytest.mark.parametrize("url", ["http://mirror.example", "mirror.example", "s3://b"])
def test_what_brew_should_not_ask_is_refused(bottles: Bottles, url: str) -> None:
    ended = bottles("brew-env", url)
    assert ended.status == 2
    assert "https" in ended.err
