"""``bottles import``: follow the mirror that an export comes from."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE, INTERRUPTED
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json


@click.command(
    "import",
    cls=Command,
    short_help="Bring in what another mirror has exported.",
    examples=[
        Example(
            "bottles import ./export --store /srv/mirror",
            "On the other side: the first import founds the mirror.",
        )
    ],
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@config_options("views", "jobs", "retry_attempts", *BUCKET)
@global_options
@click.pass_context
def import_(context: click.Context, /, *, folder: str, **_given: object) -> int:
    """Bring in what bottles export has written to DIR, all of it or nothing.

    The first import makes an empty store a follower: all that it ever has comes by
    import, and it ends with the same hash file, byte for byte. Every byte of DIR is
    checked before anything is changed. What was cut short is completed by the same
    import again.
    """
    from application.flow import StoppedError
    from entrypoints.air_gap import AirGapContainer, open_export
    from entrypoints.cli.air_gap_text import imported_text
    from entrypoints.cli.answers_air_gap import imported_answer

    with invoked(context) as invocation:
        air_gap = AirGapContainer(mirror=invocation.mirror.mirror)
        try:
            report = air_gap.import_export()(open_export(folder))
        except StoppedError:
            click.echo("bottles: stopped; the same import again goes on", err=True)
            return INTERRUPTED
        if invocation.as_json:
            tell_json(imported_answer(report))
        else:
            tell(imported_text(report, invocation.config))
    return DONE
