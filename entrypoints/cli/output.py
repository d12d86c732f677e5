"""Results on standard output, for people or as one JSON object."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from entrypoints.cli.exit_status import ReaderGoneError


def tell(text: str) -> None:
    """Print ``text`` and a line's end.

    Raises:
        ReaderGoneError: Nobody reads it.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError("nobody reads the output any more") from error


def tell_json(answer: Mapping[str, object]) -> None:
    """Print ``answer`` as one JSON object.

    Raises:
        ReaderGoneError: Nobody reads it.
    """
    tell(json.dumps(answer, indent=2))
