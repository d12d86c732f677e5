"""The status page as objects that clients read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from adapters.ledger.fields import written_time
from adapters.ledger.settled import SettledWrites
from adapters.retry import Backoff
from adapters.status_page.charts import bar_chart, line_chart
from adapters.status_page.codec import decode_last, encode_status
from domain.bottle import ObjectKey
from domain.client_environment import shell_lines
from domain.history import History, Week
from domain.rounded import rounded_bytes, rounded_duration
from domain.served import STATUS
from domain.status import FormulaStatus, Status
from ports.clock import Clock
from ports.errors import ConflictError, NotFoundError
from ports.public_objects import PublicObjects
from ports.status_page import LastPage, OvertakenError, StatusPage
from ports.store import Store

LETTERS: Final = ("0", *"abcdefghijklmnopqrstuvwxyz")
"""There is a page for each; ``0`` has the names that begin with no letter."""

_INDEX: Final = "index.html"
_LETTER_PAGES: Final = tuple(f"{letter}.html" for letter in LETTERS)
_JSON: Final = ObjectKey(f"{STATUS}status.json")
_HTML_TYPE: Final = "text/html; charset=utf-8"
_OVERTAKEN: Final = "another began to write it meanwhile"
_NAMED: Final = 100
_DRAWN: Final = 104
_AT_ONCE: Final = 8


class StoredStatusPage(StatusPage):
    """Writes HTML that needs neither scripts nor anything from elsewhere.

    ``status.json`` is replaced only as it was read, as the hash file is, and before
    anything else: it then names the parts that are there and stay as they are. Of
    those that are put next it tells when they are there, if nobody else has begun.
    """

    def __init__(
        self,
        store: Store,
        objects: PublicObjects,
        clock: Clock,
        backoff: Backoff,
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._objects = objects
        self._writes = SettledWrites(store, clock, backoff, chance)

    def last(self) -> LastPage | None:
        try:
            stored = self._store.get(_JSON)
        except NotFoundError:
            return None
        return decode_last(stored.body, stored.version)

    def write(
        self, status: Status, history: History, last: LastPage | None, *, anew: bool
    ) -> tuple[str, ...]:
        pages = rendered(status)
        # The first one has the ledger's head in it, and is another each time.
        letters = {name: sha256(pages[name]).hexdigest() for name in _LETTER_PAGES}
        known = last.pages if last is not None and not anew else {}
        kept = {name: d for name, d in letters.items() if known.get(name) == d}
        claim = encode_status(status, history, kept)
        self._claim(claim, None if last is None else last.version)
        due = [name for name in pages if name not in kept]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            # Where one fails, those that have not begun are left.
            list(threads.map(lambda name: self._put(name, pages[name]), due))
        self._settle(claim, encode_status(status, history, letters))
        return (*map(_key, due), _JSON)

    def _put(self, name: str, page: bytes) -> None:
        self._objects.write(_key(name), page, _HTML_TYPE)

    def _claim(self, claim: bytes, version: str | None) -> None:
        if version is not None:
            self._writes.replace(_JSON, claim, version)
        elif self._writes.create(_JSON, claim) != claim:
            raise ConflictError(_JSON, "another has written it; read it again")

    def _settle(self, claim: bytes, whole: bytes) -> None:
        """Tell that all parts are there, unless another has begun to write them.

        Raises:
            OvertakenError: Another has.
        """
        try:
            there = self._store.get(_JSON)
            if there.body == claim and claim != whole:
                self._writes.replace(_JSON, whole, there.version)
        except (NotFoundError, ConflictError) as error:
            raise OvertakenError(_JSON, _OVERTAKEN) from error
        # Whoever is at the same place of the log writes the same.
        if there.body not in (claim, whole):
            raise OvertakenError(_JSON, _OVERTAKEN)


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
        # Nothing else: it is the same as long as these formulae are.
        page = letter_page.render(letters=LETTERS, letter=letter, formulae=formulae)
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
