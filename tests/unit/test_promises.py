"""What SECURITY.md and CONTRIBUTING.md lead to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("SECURITY.md", "CONTRIBUTING.md")

# `adapters/verified.py`, `tests/unit`; not `make lint`, nor `tests/unit -k air_gap`.
_PATH = re.compile(r"`([\w.-]+/[\w./-]*|[\w-]+\.(?:md|py|cfg|txt))`")
_LINK = re.compile(r"\]\(([^)#]+)(?:#([^)]+))?\)")


def text(page: str) -> str:
    return (ROOT / page).read_text()


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are called in its address."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page: str) -> None:
    named = _PATH.findall(text(page))

    assert len(named) > 10
    assert not [path for path in named if not _exists(path)]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    links = _LINK.findall(text(page))

    assert links
    for path, anchor in links:
        assert (ROOT / path).exists(), path
        assert not anchor or anchor in anchors(ROOT / path), (path, anchor)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_one(page: str) -> None:
    makefile = text("Makefile")
    for target in re.findall(r"(?:`|^)make (\w+)", text(page), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def _exists(path: str) -> bool:
    # Where the room is clear, the way there is left out.
    places = ("", "infrastructure/terraform", "adapters", "entrypoints", "tests")
    return any((ROOT / place / path).exists() for place in places)
