"""Reading HTML pages as a strict reader does, and writing them as a run does."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

from adapters.memory.clock import ManualClock
from adapters.memory.public_objects import MemoryPublicObjects
from adapters.retry import Backoff
from adapters.status_page.page import StoredStatusPage
from ports.public_objects import PublicObjects
from ports.store import Store

_VOID: Final = {"meta", "link", "br", "input"}
_LOADS: Final = {"src", "srcset", "poster", "data", "action", "href", "formaction"}


def page_in(store: Store, objects: PublicObjects | None = None) -> StoredStatusPage:
    """Return the status page in a store.

    Args:
        objects: What clients read of it; as a store in memory has it if None.
    """
    objects = objects or MemoryPublicObjects(store)
    return StoredStatusPage(
        store, objects, ManualClock(), Backoff(attempts=2), lambda: 0.0
    )


class Page(HTMLParser):
    """A page, and what is wrong with it.

    Attributes:
        wrong: One sentence for each mistake.
        links: What it refers to.
        text: All that is read, scripts and styles left out.
        ids: The names of its parts.
        untitled: Drawings that say nothing to those who cannot see them.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.ids: list[str] = []
        self.named: list[str] = []
        self.tags: list[str] = []
        self.drawings = 0
        self.untitled = 0
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(body.decode())
        self.close()
        self.wrong += [f"{tag} is not closed" for tag in self._open]
        self.wrong += [
            f"nothing is called {n}" for n in self.named if n not in self.ids
        ]
        if len(set(self.ids)) != len(self.ids):
            self.wrong.append("two parts have one id")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [value or "" for name, value in attrs if name in _LOADS]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.named += (given.get("aria-labelledby") or "").split()
        self.named += [given["for"] or ""] if "for" in given else []
        if tag == "svg":
            self.drawings += 1
            self.untitled += 1
        elif tag == "title" and "svg" in self._open:
            self.untitled -= 1
        elif tag == "img" and not given.get("alt"):
            self.untitled += 1
        if tag == "tr":
            self.rows.append([])
        elif tag in {"th", "td"}:
            self.rows[-1].append("")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"{tag} ends where it is not open, at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        """Note what is read."""
        if {"script", "style"}.intersection(self._open):
            return
        self.text += data
        if {"th", "td"}.intersection(self._open):
            self.rows[-1][-1] += data
