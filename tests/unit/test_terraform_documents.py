"""Each module's README says of its inputs and outputs what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.terraform import MODULES, ROOT

DOCKERFILE = ROOT.parent / "build" / "Dockerfile"
WORKFLOWS = ROOT.parents[1] / ".github" / "workflows"
FOLDERS = (".", *(f"modules/{each}" for each in MODULES))

_BLOCK = r'^{kind} "(\w+)" {{\n(.*?)^}}'
_DESCRIPTION = re.compile(r'^  description = "((?:[^"\\]|\\.)*)"$', re.MULTILINE)
# What stands behind a name, up to the next name or the end of the block.
_VALUE = r"^  {name} += (.*?)(?=^  \w|\Z)"
_ROW = re.compile(r"^\| `(\w+)` \|(?:.*\|)? (.*) \|$", re.MULTILINE)
_INPUT = re.compile(r"^\| `(\w+)` \| `([^|]*)` \| ([^|]*) \|", re.MULTILINE)
_SKIP = re.compile(r"checkov:skip=(\w+)(.*)")


def blocks(module: str, kind: str) -> list[tuple[str, str]]:
    """Return the name and the body of every block of a kind."""
    files = sorted((ROOT / module).glob("*.tf"))
    text = "\n".join(each.read_text() for each in files)
    return re.findall(_BLOCK.format(kind=kind), text, re.MULTILINE | re.DOTALL)


def declared(module: str, kind: str) -> dict[str, str]:
    """Return what a module declares, with what it says of it."""
    return {name: description(name, body) for name, body in blocks(module, kind)}


def value(body: str, name: str) -> str | None:
    """Return what a block says behind a name, on however many lines."""
    found = re.search(_VALUE.format(name=name), body, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else None


def bare(text: str | None) -> str:
    """Return a type or a value without what only makes it readable."""
    return re.sub(r"[\s,]", "", text or "")


def description(name: str, body: str) -> str:
    found = _DESCRIPTION.search(body)
    assert found, f"{name} has no description"
    return re.sub(r"\\(.)", r"\1", found[1])


def section(module: str, heading: str) -> str:
    """Return what stands below a heading of a module's README."""
    readme = (ROOT / module / "README.md").read_text()
    return readme.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def told(module: str, heading: str) -> dict[str, str]:
    """Return the rows there, by name."""
    return dict(_ROW.findall(section(module, heading)))


@pytest.mark.parametrize("module", FOLDERS)
def test_the_readme_lists_the_inputs_that_there_are(module: str) -> None:
    assert told(module, "Inputs") == declared(module, "variable")


@pytest.mark.parametrize("module", FOLDERS)
def test_the_readme_tells_the_type_and_the_default_of_each_input(module: str) -> None:
    rows = {
        name: (bare(kind), default)
        for name, kind, default in _INPUT.findall(section(module, "Inputs"))
    }

    assert rows == {
        name: (bare(value(body, "type")), shown(value(body, "default")))
        for name, body in blocks(module, "variable")
    }


def shown(default: str | None) -> str:
    return "needed" if default is None else f"`{default}`"


def test_what_is_not_scanned_says_why() -> None:
    files = [*sources(), DOCKERFILE, *WORKFLOWS.glob("*.yml")]
    skips = [found for path in files for found in _SKIP.findall(path.read_text())]

    assert len(skips) > 50
    assert not [name for name, why in skips if not re.match(r": \S", why)]


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
