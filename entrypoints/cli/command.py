"""Commands whose help has their options by what they are about, and examples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import click

from entrypoints.cli.options import EVERYWHERE
from entrypoints.cli.settings import SECTIONS

_OWN: Final = "Options"
_STORE: Final = "The mirror"
_LAST: Final = "Everywhere"


class Example(NamedTuple):
    """A line that can be typed as it stands, and what it does."""

    line: str
    does: str


class _WithExamples(click.Command):
    """A command that ends its help with examples.

    Attributes:
        examples: What people would type, the most usual first.
    """

    def __init__(self, *, examples: Sequence[Example] = (), **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, which so are what stands last on a screen."""
        super().format_epilog(ctx, formatter)
        if not self.examples:
            return
        with formatter.section("Example" if len(self.examples) == 1 else "Examples"):
            for number, example in enumerate(self.examples):
                if number:
                    formatter.write_paragraph()
                formatter.write_text(f"# {example.does}")
                # Never broken: it is to be typed as it stands.
                indent = " " * formatter.current_indent
                formatter.write(f"{indent}{example.line}\n")


class Command(_WithExamples):
    """A command with examples, and with its options in sections."""

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the options, those first that no other command has."""
        for title, parameters in by_section(self.get_params(ctx)):
            records = [each.get_help_record(ctx) for each in parameters]
            rows = [record for record in records if record is not None]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


class Group(_WithExamples, click.Group):
    """A group with examples, of commands with examples."""

    command_class = Command

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant; of one that is not, tell the nearest."""
        from difflib import get_close_matches

        name = args[0]
        names = self.list_commands(ctx)
        if not ctx.resilient_parsing and name not in names:
            nearest = get_close_matches(name, names, n=1)
            hint = f" (Did you mean {nearest[0]!r}?)" if nearest else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)


def by_section(
    parameters: Sequence[click.Parameter],
) -> Iterator[tuple[str, list[click.Option]]]:
    """Yield the titles of what the options among them are about, and those of each."""
    found: defaultdict[str, list[click.Option]] = defaultdict(list)
    for each in parameters:
        if isinstance(each, click.Option):
            found[_title(each)].append(each)
    rest = (title for title in SECTIONS if title != _STORE)
    for title in (_OWN, *rest, _STORE, _LAST):
        places = list(SECTIONS.get(title, ()))
        options = found[title]
        if places:
            options.sort(key=lambda option: places.index(str(option.name)))
        if options:
            yield title, options


def _title(option: click.Option) -> str:
    if not set(EVERYWHERE).isdisjoint(option.opts):
        return _LAST
    return next((title for title in SECTIONS if option.name in SECTIONS[title]), _OWN)
