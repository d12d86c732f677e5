"""Events of earlier versions, brought up to the version that is read today.

An upcaster takes the object of one version and gives that of the next; it is pure, no
version is left out, and what it gives is never written back (M. Young, "Versioning in
an Event Sourced System"; eventsourcing's ``upcast_vX_vY``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

Line: TypeAlias = dict[str, Any]
Upcaster: TypeAlias = Callable[[Line], Line]

UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = MappingProxyType({})
"""For each type and version that is not written any more, the step to the next."""


def upcast(
    line: Line, upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS
) -> Line:
    """Return an event of any version as one of the newest.

    Args:
        line: An event's object with its ``t`` and ``v``; it is left as it is.
    """
    while step := upcasters.get((line["t"], line["v"])):
        line = {**step(line), "t": line["t"], "v": line["v"] + 1}
    return line
