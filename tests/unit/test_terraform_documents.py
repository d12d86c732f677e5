"""Each module's README says of its inputs and outputs what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.terraform import MODULES, ROOT

FOLDERS = (".", *(f"modules/{each}" for each in MODULES))

_BLOCK = r'^{kind} "(\w+)" {{\n(.*?)^}}'
_DESCRIPTION = re.compile(r'^  description = "((?:[^"\\]|\\.)*)"$', re.MULTILINE)
_DEFAULT = re.compile(r"^  default\s+= ", re.MULTILINE)
_ROW = re.compile(r"^\| `(\w+)` \|(?:.*\|)? (.*) \|$", re.MULTILINE)


def declared(module: str, kind: str) -> dict[str, str]:
    """Return what a module declares, with what it says of it."""
    files = sorted((ROOT / module).glob("*.tf"))
    text = "\n".join(each.read_text() for each in files)
    blocks = re.findall(_BLOCK.format(kind=kind), text, re.MULTILINE | re.DOTALL)
    return {name: description(name, body) for name, body in blocks}


def description(name: str, body: str) -> str:
    found = _DESCRIPTION.search(body)
    assert found, f"{name} has no description"
    return re.sub(r"\\(.)", r"\1", found[1])


def told(module: str, heading: str) -> dict[str, str]:
    """Return the rows below a heading of a module's README."""
    readme = (ROOT / module / "README.md").read_text()
    _, _, section = readme.partition(f"\n## {heading}\n")
    section, _, _ = section.partition("\n## ")
    return dict(_ROW.findall(section))


@pytest.mark.parametrize("module", FOLDERS)
def test_the_readme_lists_the_inputs_that_there_are(module: str) -> None:
    assert told(module, "Inputs") == declared(module, "variable")


@pytest.mark.parametrize("module", FOLDERS)
def test_the_readme_lists_the_outputs_that_there_are(module: str) -> None:
    assert told(module, "Outputs") == declared(module, "output")


@pytest.mark.parametrize("module", FOLDERS)
def test_every_module_has_the_files_that_one_looks_for(module: str) -> None:
    missing = [
        name
        for name in ("main.tf", "variables.tf", "outputs.tf", "versions.tf")
        if not (ROOT / module / name).is_file()
    ]

    assert not missing


def test_every_file_can_be_read_in_one_go() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in sources()}

    assert not {str(path): length for path, length in lengths.items() if length > 320}


def sources() -> list[Path]:
    return [*ROOT.glob("*.tf"), *ROOT.glob("modules/*/*.tf")]
