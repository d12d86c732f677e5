"""The injector, without the frameworks that it would import to wire them.

Whatever it finds installed of these is imported with it: werkzeug and pydantic, which
others of ours need, take longer than all the rest of it. Nothing is wired here
(docs/adr/0007).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Final

_FRAMEWORKS: Final = frozenset(
    {
        "fast_depends",
        "fastapi",
        "pydantic",
        "pydantic_settings",
        "starlette",
        "werkzeug",
        "yaml",
    }
)


class _Hidden(MetaPathFinder):
    """Says of the frameworks that they are not there."""

    def find_spec(
        self,
        fullname: str,
        _path: Sequence[str] | None,
        _target: ModuleType | None = None,
    ) -> None:
        if fullname in _FRAMEWORKS:
            raise ModuleNotFoundError(f"{fullname} is hidden", name=fullname)


@contextmanager
def _hidden() -> Iterator[None]:
    finder = _Hidden()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


with _hidden():
    from dependency_injector import containers, providers

__all__ = ("containers", "providers")
