"""``bottles export``: what changed, for the other side of an air gap."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json
from entrypoints.cli.quantities import ByteCount


@click.command(
    cls=Command,
    short_help="Write what changed, for a mirror across an air gap.",
    examples=[
        Example(
            "bottles export --since 0 --to ./export",
            "Everything, for a mirror that has nothing yet.",
        )
    ],
)
@click.option(
    "--since",
    metavar="GENERATION|0",
    type=click.IntRange(0),
    required=True,
    help="The generation that the other side has seen published; 0 is everything.",
)
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False),
    help="Where to write it: a folder that is empty, or is made.",
)
@click.option(
    "--segment-size",
    metavar="BYTES",
    type=ByteCount(),
    default="4GB",
    help="The largest file that is written, as 700MB.  [default: 4GB]",
)
@config_options(*BUCKET)
@global_options
@click.pass_context
def export(
    context: click.Context,
    /,
    *,
    since: int,
    folder: str,
    segment_size: int,
    **_given: object,
) -> int:
    """Write what changed since a generation was published, as files to carry away.

    The store is only read. On the other side bottles import takes the files. What an
    export that was cut short has left in DIR is written anew.
    """
    from entrypoints.air_gap import AirGapContainer, new_export
    from entrypoints.cli.air_gap_text import export_text
    from entrypoints.cli.answers_air_gap import export_answer

    with invoked(context) as invocation:
        air_gap = AirGapContainer(mirror=invocation.mirror.mirror)
        made = air_gap.export_mirror()(new_export(folder), since, segment_size)
        if invocation.as_json:
            tell_json(export_answer(made))
        else:
            tell(export_text(made, folder, invocation.config))
    return DONE
