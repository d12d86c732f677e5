"""What ``docs/reference/hash-file.md`` says of the hash file, and what is so."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from tests.support.command import ROOT, Bottles

PAGE = (ROOT / "docs" / "reference" / "hash-file.md").read_text("utf-8")
GOLDEN = ROOT / "tests" / "golden" / "bottles_hash.json"
ENTRY = "bottles.*."


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def told() -> set[str]:
    """Return the fields of the table; those of an entry by ``bottles.*.``."""
    fields: set[str] = set()
    for cell in re.findall(r"^\| (`[^|]+) \|", PAGE, re.MULTILINE):
        names = re.findall(r"`([^`]+)`", cell)
        inside = ENTRY if names[0].startswith(ENTRY) else ""
        fields |= {f"{inside}{name.removeprefix(ENTRY)}" for name in names}
    return fields


def test_the_table_has_the_fields_that_there_are() -> None:
    file = json.loads(GOLDEN.read_text())
    entries = {name for entry in file["bottles"].values() for name in entry}

    assert told() == {*file, *(f"{ENTRY}{name}" for name in entries)}


def test_the_program_on_the_page_finds_what_is_held(folder: Path) -> None:
    (folder / "mirror").mkdir()
    shutil.copy(GOLDEN, folder / "mirror")

    names: dict[str, dict[str, object]] = {}
    exec(block("python"), names)  # noqa: S102 - it is this repository's own

    bottles = json.loads(GOLDEN.read_text())["bottles"]
    assert 0 < len(names["held"]) < len(bottles)
    assert set(names["held"]) == {k for k, e in bottles.items() if "name" in e}


def test_the_file_on_the_page_can_be_imported(bottles: Bottles, folder: Path) -> None:
    (folder / "other.json").write_text(block("json"))

    answer = bottles.json("ledger", "import", "other.json")

    assert (answer["entries"], answer["skipped"]) == (2, {})
