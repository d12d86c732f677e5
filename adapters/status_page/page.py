"""The status page as objects that clients read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from adapters.ledger.fields import written_time
from adapters.status_page.charts import bar_chart, line_chart
from adapters.status_page.codec import decode_history, encode_status
from domain.bottle import ObjectKey
from domain.client_environment import shell_lines
from domain.history import History, Week
from domain.rounded import rounded_bytes, rounded_duration
from domain.served import STATUS
from domain.status import FormulaStatus, Status
from ports.errors import MalformedError, NotFoundError
from ports.public_objects import PublicObjects
from ports.status_page import StatusPage

LETTERS: Final = ("0", *"abcdefghijklmnopqrstuvwxyz")
"""There is a page for each; ``0`` has the names that begin with no letter."""

_INDEX: Final = "index.html"
_JSON: Final = "status.json"
_HTML_TYPE: Final = "text/html; charset=utf-8"
_JSON_TYPE: Final = "application/json"
_NAMED: Final = 100
_DRAWN: Final = 104


class StoredStatusPage(StatusPage):
    """Writes HTML that needs neither scripts nor anything from elsewhere."""

    def __init__(self, objects: PublicObjects) -> None:
        self._objects = objects

    def history(self) -> History | None:
        try:
            return decode_history(self._objects.read(_key(_JSON)))
        except (NotFoundError, MalformedError):
            return None

    def write(self, status: Status, history: History) -> tuple[str, ...]:
        pages = rendered(status)
        for name, page in pages.items():
            self._objects.write(_key(name), page, _HTML_TYPE)
        # Last: the next page goes on from it.
        self._objects.write(_key(_JSON), encode_status(status, history), _JSON_TYPE)
        return (*map(_key, pages), _key(_JSON))


def rendered(status: Status) -> Mapping[str, bytes]:
    """Return every page by its name, the first one first."""
    templates = _templates()
    index = templates.get_template(_INDEX).render(
        status=status,
        letters=LETTERS,
        letter="",
        named=_NAMED,
        charts=tuple(_charts(status.weeks[-_DRAWN:])),
        client_lines=_client_lines(status),
    )
    pages = {_INDEX: index.encode()}
    letter_page = templates.get_template("letter.html")
    for letter, formulae in _by_letter(status.formulae).items():
        page = letter_page.render(
            status=status, letters=LETTERS, letter=letter, formulae=formulae
        )
        pages[f"{letter}.html"] = page.encode()
    return pages


def _key(name: str) -> ObjectKey:
    return ObjectKey(f"{STATUS}{name}")


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("adapters.status_page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "count": _counted,
        "duration": lambda seconds: rounded_duration(timedelta(seconds=seconds)),
        "iso": written_time,
        "number": _number,
        "size": rounded_bytes,
        "time": _time,
    }
    return templates


def _charts(weeks: Sequence[Week]) -> Iterator[tuple[str, Markup]]:
    days = [week.monday for week in weeks]
    for name, title, draw, values, spelt in (
        ("held", "Bottles held", line_chart, [w.bottles for w in weeks], _number),
        ("bytes", "Bytes held", line_chart, [w.bytes for w in weeks], _size),
        ("came", "Bottles new in a week", bar_chart, [w.came for w in weeks], _number),
        (
            "gone",
            "Bottles gone in a week",
            bar_chart,
            [w.gone for w in weeks],
            _number,
        ),
    ):
        if not any(values):
            continue
        # Made of numbers and of words of ours, and escaped by whoever has drawn it.
        yield title, Markup(draw(name, title, days, values, spelt))  # noqa: S704


def _by_letter(
    formulae: Iterable[FormulaStatus],
) -> Mapping[str, Sequence[FormulaStatus]]:
    pages: dict[str, list[FormulaStatus]] = {letter: [] for letter in LETTERS}
    for formula in formulae:
        pages.get(formula.name[0].lower(), pages["0"]).append(formula)
    return pages


def _client_lines(status: Status) -> str:
    views = status.published.views if status.published else {}
    is_flat = "flat" in views and "registry" not in views
    return shell_lines("ADDRESS", "flat" if is_flat else "registry")


def _counted(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _number(number: float) -> str:
    return f"{number:,.0f}"


def _size(count: float) -> str:
    return rounded_bytes(round(count))


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
