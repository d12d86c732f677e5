"""A message as Slack wants it: Block Kit, and plain text where there is no room for it.

Slack reads a little language in its texts: ``<!channel>`` wakes everybody, and an error
that somebody else has worded may say so. It is escaped, and ``verbatim`` leaves links
and names alone. Limits and language: docs.slack.dev, "Block Kit", "Formatting".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.messages import Message

_ENTITIES: Final[Mapping[str, str]] = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CUT: Final = "…"

# In characters, what escapes them included.
_LONGEST_TITLE: Final = 150
_LONGEST_SECTION: Final = 3_000
_LONGEST_TEXT: Final = 4_000  # more is taken, and not advised
_MOST_SECTIONS: Final = 49  # 50 blocks, with the header


def payload(message: Message) -> dict[str, Any]:
    """Return what is posted for ``message``, to be written as JSON.

    What is longer than Slack takes is cut, and ends in ``…``.
    """
    header = {
        "type": "header",
        # A header is not searched for any language, and takes no entities.
        "text": {"type": "plain_text", "text": _cut(message.title, _LONGEST_TITLE)},
    }
    sections = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
        for text in _sections(message)
    ]
    return {
        "text": _escaped(message.text, _LONGEST_TEXT),
        "blocks": [header, *sections[:_MOST_SECTIONS]],
    }


def _sections(message: Message) -> Iterator[str]:
    """Yield the lines, as many at a time as one section takes."""
    together = ""
    for label, value in message.lines:
        bold = f"*{_escaped(label, _LONGEST_TITLE)}:* "
        line = bold + _escaped(value, _LONGEST_SECTION - len(bold))
        if together and len(together) + len(line) + 1 > _LONGEST_SECTION:
            yield together
            together = ""
        together = f"{together}\n{line}" if together else line
    if together:
        yield together


def _cut(text: str, at_most: int) -> str:
    return text if len(text) <= at_most else text[: at_most - len(_CUT)] + _CUT


def _escaped(text: str, at_most: int) -> str:
    """Return ``text`` with entities, cut between characters and never inside one."""
    pieces = [_ENTITIES.get(character, character) for character in text]
    if sum(map(len, pieces)) <= at_most:
        return "".join(pieces)
    room = at_most - len(_CUT)
    kept: list[str] = []
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept) + _CUT
