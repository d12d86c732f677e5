"""Charts of weeks, as SVG that stands in the page and needs nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final
from xml.etree import ElementTree as ET

from pygal import (  # type: ignore[import-untyped]
    Bar,
    Line,
    PluginImportFixer,
)

# pygal leaves a finder for its plug-ins behind, which every later import would ask, and
# of a kind that Python has given up.
sys.meta_path[:] = [
    finder for finder in sys.meta_path if not isinstance(finder, PluginImportFixer)
]

_WIDTH: Final = 420
_HEIGHT: Final = 200
_LABELS: Final = 3
_DROPPED: Final = {"defs", "title", "desc"}


def line_chart(
    name: str,
    title: str,
    days: Sequence[date],
    values: Sequence[int],
    spelt: Callable[[float], str],
) -> str:
    """Return a chart of an amount over weeks.

    Args:
        name: What its parts are called in the page.
    """
    return _drawn(Line(fill=True, show_dots=False), name, title, days, values, spelt)


def bar_chart(
    name: str,
    title: str,
    days: Sequence[date],
    values: Sequence[int],
    spelt: Callable[[float], str],
) -> str:
    """Return a chart of what each week brought."""
    return _drawn(Bar(spacing=1), name, title, days, values, spelt)


def _drawn(
    chart: Any,  # noqa: ANN401 - the library has no types
    name: str,
    title: str,
    days: Sequence[date],
    values: Sequence[int],
    spelt: Callable[[float], str],
) -> str:
    chart.config(
        js=(),
        css=(),
        no_prefix=True,
        width=_WIDTH,
        height=_HEIGHT,
        margin=6,
        margin_left=18,
        margin_right=36,
        show_legend=False,
        include_x_axis=True,
        max_scale=6,
        truncate_label=-1,
        show_minor_x_labels=False,
        value_formatter=spelt,
        disable_xml_declaration=True,
    )
    labels = [day.isoformat() for day in days]
    chart.x_labels = labels
    chart.x_labels_major = labels[:: max(1, len(labels) // _LABELS)]
    chart.add("", list(values))
    told = (
        f"From {spelt(values[0])} in the week of {labels[0]} to {spelt(values[-1])} in"
        f" that of {labels[-1]}; the highest is {spelt(max(values))}."
    )
    return _embedded(chart.render_tree(), name, title, told)


def _embedded(drawn: ET.Element, name: str, title: str, told: str) -> str:
    """Return a drawing without scripts, styles of its own, and days of its making."""
    svg = ET.Element(
        "svg",
        {
            "class": "chart",
            "role": "img",
            "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
            "aria-labelledby": f"{name}-title {name}-desc",
        },
    )
    ET.SubElement(svg, "title", id=f"{name}-title").text = title
    ET.SubElement(svg, "desc", id=f"{name}-desc").text = told
    svg.extend(_shown(drawn))
    return ET.tostring(svg, encoding="unicode", short_empty_elements=False)


def _shown(drawn: ET.Element) -> Sequence[ET.Element]:
    shown = []
    for part in drawn:
        tag: object = part.tag
        if not isinstance(tag, str):
            # A comment: they say when the drawing was made.
            continue
        name = tag.split("}")[-1]
        if name in _DROPPED:
            continue
        kept = ET.Element(name, dict(part.attrib))
        kept.text = part.text
        kept.extend(_shown(part))
        shown.append(kept)
    return shown
