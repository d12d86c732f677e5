"""``bottles init``: three questions, and the ``bottles.toml`` that answers them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import options_given, prepared
from entrypoints.cli.options import UPSTREAM, config_options, global_options
from entrypoints.cli.output import tell, tell_json

# A person waits: what cannot be had at once is done without.
_ONE_ATTEMPT: Final = {"retry_attempts": 1}


@click.command(
    cls=Command,
    short_help="Write bottles.toml after three questions.",
    examples=[
        Example("bottles init", "Be asked."),
        Example(
            "bottles init --store s3://my-bucket --tag latest:2 --formula jq,git --yes",
            "Say it all at once, and be asked nothing.",
        ),
    ],
)
@click.option(
    "--yes", is_flag=True, help="Ask nothing: what is not said is left at its default."
)
@click.option(
    "--overwrite", is_flag=True, help="Write over a configuration that is there."
)
@config_options("target_tags", "formulae", "with_deps", *UPSTREAM)
@global_options
@click.pass_context
def init(
    context: click.Context, /, *, yes: bool, overwrite: bool, **_given: object
) -> int:
    """Write a commented bottles.toml after three questions.

    They are where the mirror is to be, and which tags and which formulae it is to have.
    What an option or the environment says is not asked, and what options say of
    upstream is written, too. What each answer takes, in
    bytes and in US dollars a month, is told before anything is fetched: of upstream the
    catalog is read, unless --catalog names a file, and the registry is asked for sizes
    where formulae are named.
    """
    from adapters.configuration_sources import FILE_NAME, environment
    from entrypoints.cli.init_file import file_text, write
    from entrypoints.cli.init_questions import Questioning
    from entrypoints.cli.init_text import init_answer, init_text

    given = options_given(context)
    path = Path(str(given.get("config") or FILE_NAME))
    try:
        is_there = path.exists()
    except OSError as error:
        problem = f"{path}: cannot be read ({error.strerror})"
        raise click.UsageError(problem, context) from error
    if is_there and not overwrite:
        raise click.UsageError(_is_there(path), context)
    invocation = prepared(context, instead=_ONE_ATTEMPT)
    said = {*given, *environment(os.environ).values}
    try:
        questions = Questioning(
            forecast=invocation.mirror.forecast_mirror(),
            end_progress=invocation.progress.end,
            is_quiet=bool(given.get("quiet")),
        )
        config, forecast = questions(invocation.config, said, ask=not yes)
        if not yes:
            click.confirm(f"Write {path}?", default=True, abort=True, err=True)
        try:
            write(path, file_text(config, forecast, given), overwrite=overwrite)
        except FileExistsError:
            raise click.UsageError(_is_there(path), context) from None
        except UnicodeEncodeError as error:
            raise click.UsageError(f"{path}: {error.reason}", context) from error
        except OSError as error:
            raise click.UsageError(f"{path}: {error.strerror}", context) from error
    finally:
        invocation.progress.end()
    if invocation.as_json:
        tell_json(init_answer(path, config, forecast))
    else:
        tell(init_text(path, config, forecast))
    return DONE


def _is_there(path: Path) -> str:
    return f"{path} is there already; --overwrite writes another in its place"
