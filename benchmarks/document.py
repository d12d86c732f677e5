"""The page that keeps figures: a section for each benchmark, each with one fence."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^```\n.*?^```\n", re.DOTALL | re.MULTILINE)
_NEXT = re.compile(r"^## ", re.MULTILINE)


def renewed(page: str, name: str, figures: str) -> str:
    """Return ``page`` with other figures in the section of one benchmark.

    What is said around the fence stays. A section that is not there yet is the last.
    """
    fence = f"```\n{figures}```\n"
    heading = re.search(rf"^## {re.escape(name)}\n", page, re.MULTILINE)
    if heading is None:
        return f"{page.rstrip()}\n\n## {name}\n\n{fence}"
    following = _NEXT.search(page, heading.end())
    end = following.start() if following else len(page)
    section = page[heading.end() : end]
    if _FENCE.search(section):
        section = _FENCE.sub(lambda _: fence, section, count=1)
    else:
        section = f"{section.rstrip()}\n\n{fence}\n"
    return page[: heading.end()] + section + page[end:]
