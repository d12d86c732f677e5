import subprocess
import sys
from pathlib import Path


def test_what_the_injector_does_not_see_is_there_for_everyone_else() -> None:
    program = (
        "import sys, entrypoints.injector\n"
        "print('werkzeug' in sys.modules)\n"
        "import werkzeug\n"
        "print('werkzeug' in sys.modules)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == ["False", "True"]
