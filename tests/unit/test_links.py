"""Every link from one document of this tree to another leads somewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.command import ROOT
from tests.support.guides import guides

_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<to>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(?P<text>.+?) *$", re.MULTILINE)

DOCUMENTS = guides()


def links(document: Path) -> Iterator[str]:
    """Yield where a document leads to within the tree."""
    text = _CODE.sub("`…`", (ROOT / document).read_text("utf-8"))
    for found in _LINK.finditer(text):
        if not re.match(r"[a-z]+:", found["to"]):
            yield found["to"]


@cache
def anchors(document: Path) -> frozenset[str]:
    """Return what the headings of a document are called in links, by GitHub's rule."""
    text = _FENCED.sub("", (ROOT / document).read_text("utf-8"))
    times: Counter[str] = Counter()
    found: set[str] = set()
    for heading in _HEADING.finditer(text):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading["text"]).lower()
        name = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        found.add(f"{name}-{times[name]}" if times[name] else name)
        times[name] += 1
    return frozenset(found)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    broken = []
    for link in links(document):
        path, _, anchor = link.partition("#")
        there = ROOT / document.parent / unquote(path) if path else ROOT / document
        if not there.exists() or (
            anchor and anchor not in anchors(there.resolve().relative_to(ROOT))
        ):
            broken.append(link)

    assert broken == []


def test_documents_have_links_that_are_looked_at() -> None:
    assert sum(1 for document in DOCUMENTS for _ in links(document)) > 100
