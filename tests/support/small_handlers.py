"""Handlers of a few lines, each with a habit that Lambda has an answer to."""

import json
import os
import time
from pathlib import Path
from typing import Any


def echo(event: Any, context: Any) -> Any:  # noqa: ANN401 - any JSON; AWS's own class
    """Answer with the event, and say who answers."""
    return {
        "event": event,
        "pid": os.getpid(),
        "request_id": context.aws_request_id,
        "function": context.function_name,
        "remaining": context.get_remaining_time_in_millis(),
    }


def variables(_event: Any, _context: Any) -> dict[str, str]:  # noqa: ANN401
    """Answer with the environment."""
    return dict(os.environ)


def fail(event: Any, _context: Any) -> None:  # noqa: ANN401
    """Raise, as handlers do."""
    raise LookupError(event["message"])


def fail_at_first(event: Any, context: Any) -> str:  # noqa: ANN401
    """Note each attempt in a file, and fail as often as the event says."""
    path = Path(event["file"])
    with path.open("a") as notes:
        notes.write(context.aws_request_id + "\n")
    if len(path.read_text().splitlines()) <= event["failures"]:
        raise OSError("not yet")
    return "at last"


def sleep(event: Any, _context: Any) -> str:  # noqa: ANN401
    """Say that it has begun, and take its time."""
    if "file" in event:
        with Path(event["file"]).open("a") as notes:
            notes.write("begun\n")
    time.sleep(event["seconds"])
    return "rested"


def sleep_at_first(event: Any, _context: Any) -> str:  # noqa: ANN401
    """Say that it has begun, and take its time if it is the first to say so."""
    path = Path(event["file"])
    with path.open("a") as notes:
        notes.write("begun\n")
    if path.read_text() == "begun\n":
        time.sleep(event["seconds"])
    return "rested"


def hoard(event: Any, _context: Any) -> int:  # noqa: ANN401
    """Take so many megabytes of memory, and use them."""
    return len(b"x" * (event["megabytes"] * 1024 * 1024))


def leave(event: Any, _context: Any) -> None:  # noqa: ANN401
    """End the process without a word."""
    os._exit(event["status"])


def answer_of(event: Any, _context: Any) -> str:  # noqa: ANN401
    """Answer with a string whose JSON has so many bytes."""
    size: int = event["bytes"]
    return "x" * (size - 2)


def ledger(event: Any, _context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Tell what is left of a run, as the orchestrator does, and note what is asked.

    What is left stands in a file, a line for each time that it is asked.
    """
    folder = Path(os.environ["LEDGER"])
    with (folder / "asked").open("a") as notes:
        notes.write(f"{event['source']}\n")
    if event["source"] != "shards":
        return {}
    asked = (folder / "asked").read_text().count("shards")
    return {"orders": json.loads((folder / "left").read_text().splitlines()[asked - 1])}
