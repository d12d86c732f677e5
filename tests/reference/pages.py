"""What is written from the code, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.reference.command_line import listed_commands
from tests.reference.configuration import listed_settings
from tests.reference.manual import manual

ROOT: Final = Path(__file__).resolve().parents[2]

_BEGIN: Final = "<!-- From here on: written by `make reference` from the code. -->\n"
_END: Final = "<!-- To here. -->\n"
_PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/cli.md": listed_commands,
    "docs/reference/configuration.md": listed_settings,
}


def pages() -> Iterator[tuple[Path, str]]:
    """Yield each file that comes from the code, and what it should say.

    Of a page that people have written, only the part between two marks is made.
    """
    for name, made in _PARTS.items():
        before, begin, rest = (ROOT / name).read_text("utf-8").partition(_BEGIN)
        _, end, after = rest.partition(_END)
        assert begin, f"{name} has no line {_BEGIN!r}"
        assert end, f"{name} has no line {_END!r}"
        yield ROOT / name, f"{before}{begin}\n{made()}\n\n{end}{after}"
    yield ROOT / "docs/reference/bottles.1", manual()
