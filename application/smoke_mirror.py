"""Whether brew would get from a mirror what it asks for, asked without brew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from domain.bottle import Bottle
from domain.packages import Packages
from domain.tags import ALL, Tag
from domain.views import PORTABLE_RUBY, View
from ports.errors import NotFoundError, PortError
from ports.mirror_client import DocumentAnswer, MirrorClient

_MB: Final = 1_000_000
_LARGE: Final = 50 * _MB
"""Bytes of a bottle that nobody has named and that is passed over."""

_CANDIDATES: Final = 5
_TRAITS: Final[tuple[Callable[[Bottle, Tag], bool], ...]] = (
    lambda bottle, client: bottle.tag == client,
    lambda bottle, _: "@" in bottle.name,
    lambda bottle, _: "+" in bottle.name,
    lambda bottle, _: bottle.tag == ALL,
    lambda bottle, _: bottle.rebuild > 0,
    lambda bottle, client: bottle.tag not in (ALL, client),
)
"""What makes names and addresses differ: one bottle of each kind is tried."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one thing that brew would do.

    Attributes:
        name: The document or formula that it was about.
        detail: What came, or why it did not.
        error: What was raised, where something was.
    """

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    error: PortError | None = None


@dataclass(frozen=True, slots=True)
class SmokeMirror:
    """Asks a mirror for what brew asks for, in brew's order, and checks it as brew."""

    client: MirrorClient

    def __call__(self, tag: Tag, view: View, names: Sequence[str]) -> Iterator[Trial]:
        """Yield the trials as they are made.

        Args:
            tag: The client that asks.
            names: Formulae to fetch; a handful of the mirror's own if empty.
        """
        try:
            packages, answer = self.client.packages(tag)
        except PortError as error:
            # Without it brew knows of no formula: there is nothing else to try.
            yield Trial("packages", "fail", str(error), error)
            return
        yield _packages_trial(packages, answer)
        yield self._formulae_trial()
        if not names:
            names = self._handful(packages, tag, view)
            among = f"chosen from {len(packages.bottles):,} bottles for {tag}"
            yield Trial("choice", "ok", f"{', '.join(names)}: {among}")
        yield self._ruby_trial(packages, tag, view)
        for name in names:
            yield self._bottle_trial(name, packages, tag, view)

    def _formulae_trial(self) -> Trial:
        name = "formulae"
        try:
            answer = self.client.formulae()
        except NotFoundError as error:
            detail = f"{error}; brew before 6.0 cannot use this mirror"
            return Trial(name, "warn", detail)
        except PortError as error:
            return Trial(name, "fail", str(error), error)
        return _document_trial(name, answer, ())

    def _ruby_trial(self, packages: Packages, tag: Tag, view: View) -> Trial:
        bottle = packages.bottles.get(PORTABLE_RUBY)
        if bottle is None:
            detail = f"the API offers none for {tag}: a new machine gets it elsewhere"
            return Trial(PORTABLE_RUBY, "warn", detail)
        try:
            # brew knows its digest by itself, and asks for no index.
            size = self.client.fetch(bottle, view)
        except PortError as error:
            return Trial(PORTABLE_RUBY, "fail", str(error), error)
        return Trial(PORTABLE_RUBY, "ok", _fetched(bottle, size))

    def _bottle_trial(
        self, name: str, packages: Packages, tag: Tag, view: View
    ) -> Trial:
        bottle = packages.bottles.get(packages.aliases.get(name, name))
        if bottle is None:
            return Trial(name, "fail", f"the API offers no bottle of it for {tag}")
        problems: list[str] = []
        errors: list[PortError] = []
        size = 0
        try:
            problems += self._index_problems(bottle, view)
        except PortError as error:
            errors.append(error)
        try:
            announced = self.client.announced_size(bottle, view)
            size = self.client.fetch(bottle, view)
            if announced is not None and announced != size:
                problems.append(f"HEAD says {announced:,} bytes, and {size:,} came")
        except PortError as error:
            errors.append(error)
        problems += map(str, errors)
        if problems:
            return Trial(name, "fail", "; ".join(problems), next(iter(errors), None))
        return Trial(name, "ok", _fetched(bottle, size))

    def _index_problems(self, bottle: Bottle, view: View) -> Iterator[str]:
        children = self.client.index(bottle, view)
        named = [child.ref_name for child in children if child.digest == bottle.digest]
        if not named:
            yield f"the index of {bottle.tagref} does not name sha256 {bottle.digest}"
        elif bottle.ref_name not in named:
            # A stranger's server has written them.
            called = ", ".join(
                name if name.isprintable() else repr(name) for name in named
            )
            yield f"the index calls it {called}, and brew {bottle.ref_name}"

    def _handful(self, packages: Packages, tag: Tag, view: View) -> list[str]:
        """Return a formula of each kind, and not the largest."""
        chosen: dict[str, None] = {}
        offered = sorted(packages.bottles.values())
        for is_such in _TRAITS:
            such = [
                bottle
                for bottle in offered
                if is_such(bottle, tag)
                and bottle.name not in chosen
                and bottle.name != PORTABLE_RUBY
            ]
            for bottle in islice(such, _CANDIDATES):
                if not self._is_large(bottle, view):
                    chosen[bottle.name] = None
                    break
        return list(chosen)

    def _is_large(self, bottle: Bottle, view: View) -> bool:
        try:
            children = self.client.index(bottle, view)
        except PortError:
            # Its trial tells of that.
            return False
        return any(
            (child.size or 0) > _LARGE
            for child in children
            if child.digest == bottle.digest
        )


def _packages_trial(packages: Packages, answer: DocumentAnswer) -> Trial:
    warnings = []
    made, modified = packages.generated_at, answer.modified
    if made is not None and modified is not None and modified < made:
        warnings.append(
            f"it is said to be of {modified:%Y-%m-%d %H:%M} and was made at"
            f" {made:%Y-%m-%d %H:%M}: brew update takes nothing that is older than its"
            " last visit"
        )
    if packages.skipped:
        first = packages.skipped[0]
        warnings.append(
            f"{len(packages.skipped):,} entries are refused, the first is {first.name}:"
            f" {first.reason}"
        )
    return _document_trial("packages", answer, warnings)


def _document_trial(
    name: str, answer: DocumentAnswer, warnings: Sequence[str]
) -> Trial:
    warnings = [*warnings]
    if not answer.compressed:
        warnings.append("it comes without compression, which costs four times as much")
    if answer.modified is None:
        warnings.append("it has no Last-Modified: every brew update fetches all of it")
    elif not answer.unchanged:
        warnings.append(
            "If-Modified-Since is not minded: every brew update fetches all of it"
        )
    detail = f"{answer.url}, signed, {answer.size:,} bytes"
    if warnings:
        return Trial(name, "warn", f"{detail}; {'; '.join(warnings)}")
    return Trial(name, "ok", detail)


def _fetched(bottle: Bottle, size: int) -> str:
    return f"{bottle.file_name}, {size:,} bytes, digest right"
