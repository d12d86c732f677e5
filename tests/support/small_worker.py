"""A worker of a few lines, that does as the order in its environment says.

``exit`` is the status it ends with, ``seconds`` how long that takes; to ``file`` it
writes a line when it begins, and one when it is told to end. ``deaf`` it goes on. The
first ``failures`` times that it begins, by what the file says, it ends with status 1.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType


def main() -> int:
    """Do as the order says, and return the status to end with."""
    order = json.loads(os.environ["BOTTLES_ORDER"])
    print("order", os.environ["BOTTLES_ORDER"], flush=True)

    def note(line: str) -> None:
        if "file" in order:
            with Path(order["file"]).open("a") as notes:
                notes.write(line + "\n")

    def told_to_end(_number: int, _frame: FrameType | None) -> None:
        note("told to end")
        if not order.get("deaf"):
            sys.exit(75)

    signal.signal(signal.SIGTERM, told_to_end)
    note("begun")
    begun = Path(order["file"]).read_text().count("begun") if "file" in order else 0
    if 0 < begun <= order.get("failures", 0):
        return 1
    until = time.monotonic() + float(order.get("seconds", 0))
    while time.monotonic() < until:
        time.sleep(0.05)
    return int(order.get("exit", 0))


if __name__ == "__main__":
    sys.exit(main())
