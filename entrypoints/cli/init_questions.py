"""The three questions of ``bottles init``, each with what its answers take."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import click

from application.forecast_mirror import ForecastMirror
from domain.catalog import Catalog
from domain.config import SyncConfig, parse_store
from domain.errors import MirrorError, SelectionError
from domain.forecast import Forecast
from domain.selection import parse_target_tags
from domain.tags import LINUX
from entrypoints.cli.init_text import answers_text, intro_text
from entrypoints.sentences import sentences

_ALL: Final = "all"
_SEPARATORS = re.compile(r"[,\s]+")


class Question(NamedTuple):
    """One question.

    Attributes:
        names: The settings that say what it asks.
        prompt: What stands before the cursor.
        about: What there is to know for an answer.
        examples: Answers that are told the price of.
        default: The answer of who only presses Enter.
        answered: Makes the configuration of an answer.
    """

    names: frozenset[str]
    prompt: str
    about: str
    examples: tuple[str, ...]
    default: Callable[[SyncConfig], str]
    answered: Callable[[SyncConfig, str], SyncConfig]


def _at(config: SyncConfig, text: str) -> SyncConfig:
    # No shell has read what is typed here.
    place = str(Path(text).expanduser()) if text.startswith("~") else text
    return replace(config, store=parse_store(place))


def _for(config: SyncConfig, text: str) -> SyncConfig:
    tags = parse_target_tags(",".join(_words(text)))
    return replace(config, selection=replace(config.selection, tags=tags))


def _of(config: SyncConfig, text: str) -> SyncConfig:
    names = () if text.strip() == _ALL else _words(text)
    return replace(config, selection=replace(config.selection, formulae=names))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _SEPARATORS.split(text) if word)


QUESTIONS: Final = (
    Question(
        names=frozenset({"store", "s3_bucket_name"}),
        prompt="Where",
        about="Where is the mirror to be? In a folder, or in a bucket of S3.",
        examples=("mirror", "s3://bucket/prefix"),
        default=lambda config: str(config.store),
        answered=_at,
    ),
    Question(
        names=frozenset({"target_tags"}),
        prompt="Tags",
        about=(
            "Which clients are to be served? The newest macOS on ARM, or tags, with"
            " commas."
        ),
        examples=("latest:1", "latest:2", "latest:3", *LINUX),
        default=lambda config: str(config.selection.tags),
        answered=_for,
    ),
    Question(
        names=frozenset({"formulae", "brewfile"}),
        prompt="Formulae",
        about=(
            "Which formulae? All of them, or names, with commas; what these need to run"
            " comes with them."
        ),
        examples=(_ALL,),
        default=lambda _config: _ALL,
        answered=_of,
    ),
)


@dataclass(frozen=True, slots=True)
class Questioning:
    """Asks what is not said yet, and tells what each answer takes.

    Attributes:
        end_progress: Stops showing progress: a question would be lost in it.
        is_quiet: Whether only to ask.
    """

    forecast: ForecastMirror
    end_progress: Callable[[], None]
    is_quiet: bool

    def __call__(
        self, config: SyncConfig, said: Collection[str], *, ask: bool
    ) -> tuple[SyncConfig, Forecast | None]:
        """Return what the mirror is to be, and what it takes as far as anybody knows.

        Args:
            config: What is said already; all else is at its default.
            said: The settings that are said.
            ask: Ask for the others.

        Raises:
            MirrorError: What is said cannot be, or the catalog not be used.
        """
        catalog = self.forecast.read()
        if ask:
            self.end_progress()
            self._tell(f"{intro_text()}\n")
            for question in QUESTIONS:
                if question.names.isdisjoint(said):
                    config = self._answered(question, config, catalog)
        if "with_deps" not in said:
            # A formula without what it needs does not run.
            selection = config.selection
            named = replace(selection, with_deps=bool(selection.formulae))
            config = replace(config, selection=named)
        if catalog is None:
            return config, None
        forecast = self.forecast(catalog, config, ask=True)
        if ask:
            self.end_progress()
            self._tell(answers_text([(f"{config.store}", forecast)]))
        return config, forecast

    def _answered(
        self, question: Question, config: SyncConfig, catalog: Catalog | None
    ) -> SyncConfig:
        """Return what the configuration is with the answer to a question."""
        self._tell(question.about)
        if catalog is not None:
            self._tell(self._examples(question, config, catalog))

        def answered(text: str) -> SyncConfig:
            try:
                made = question.answered(config, text)
                if catalog is not None:
                    self.forecast(catalog, made)
            except MirrorError as error:
                raise click.BadParameter("; ".join(sentences(error))) from error
            return made

        answer: SyncConfig = click.prompt(
            question.prompt,
            default=question.default(config),
            value_proc=answered,
            err=True,
        )
        self._tell("")
        return answer

    def _examples(
        self, question: Question, config: SyncConfig, catalog: Catalog
    ) -> str:
        rows: list[tuple[str, Forecast]] = []
        for answer in question.examples:
            # Not every catalog has bottles for every client.
            with suppress(SelectionError):
                made = question.answered(config, answer)
                rows.append((answer, self.forecast(catalog, made)))
        return answers_text(rows)

    def _tell(self, text: str) -> None:
        if not self.is_quiet:
            click.echo(text, err=True)
