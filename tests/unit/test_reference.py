"""What the pages of the reference say is what the code says."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from adapters.configuration_schema import NAMES, SCHEMA
from tests.reference.configuration import EXAMPLES
from tests.reference.pages import ROOT, pages

PAGES = dict(pages())
GROFF = shutil.which("groff")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_what_the_code_says(page: Path) -> None:
    assert page.read_text("utf-8") == PAGES[page], "make reference renews it"


def test_every_setting_has_an_example_that_bottles_toml_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Brewfile").write_text('brew "jq"\n')
    Path("key.pem").write_text("-----BEGIN PUBLIC KEY-----\n")

    lines = "\n".join(f"{name} = {example}" for name, example in EXAMPLES.items())
    values = tomllib.loads(lines)

    assert sorted(values) == sorted(NAMES)
    assert SCHEMA.validate(values) == {}


@pytest.mark.skipif(GROFF is None, reason="needs groff")
def test_the_manual_page_is_one_that_man_understands() -> None:
    ended = subprocess.run(
        [
            str(GROFF),
            "-man",
            "-Tutf8",
            "-ww",
            ROOT / "docs" / "reference" / "bottles.1",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stderr == ""
    assert "BOTTLES(1)" in ended.stdout
