"""Every link of a page leads somewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for folder in (".", ".github", "docs", "infrastructure")
    for path in (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")
    if ".terraform" not in path.parts
)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def links(page: Path) -> Iterator[str]:
    for link in _LINK.findall(_CODE.sub("`…`", page.read_text("utf-8"))):
        if not re.match(r"[a-z]+:", link):
            yield link


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the names that GitHub gives to the headings of a page."""
    found: set[str] = set()
    times: Counter[str] = Counter()
    for heading in _HEADING.findall(_FENCED.sub("", page.read_text("utf-8"))):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.add(f"{name}-{times[name]}" if times[name] else name)
        times[name] += 1
    return frozenset(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        place, _, anchor = link.partition("#")
        there = (page.parent / place).resolve() if place else page
        if not there.exists() or (
            anchor and there.suffix == ".md" and anchor not in anchors(there)
        ):
            broken.append(link)

    assert broken == []


def test_pages_have_links_that_are_looked_at() -> None:
    assert sum(1 for page in PAGES for _ in links(page)) > 100
