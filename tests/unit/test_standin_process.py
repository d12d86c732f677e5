from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import requests

_ROOT = Path(__file__).parents[2]


def test_runs_in_its_own_process_until_it_is_told_to_stop(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "tests.standin", "--catalog", "plain:2"]
    command += ["--sizes", "fixed:1000", "--ready-file", str(ready)]
    with subprocess.Popen(
        command, cwd=_ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["api_domain"] == f"{told['registry']}/api"
        assert "BEGIN PUBLIC KEY" in Path(told["public_key"]).read_text()
        formulae = requests.get(f"{told['api_domain']}/formula.json", timeout=60)
        assert len(formulae.json()) == 2
        counters = f"{told['registry']}/_standin/requests"
        before = requests.get(counters, timeout=60).json()
        requests.post(f"{told['registry']}/_standin/reset", timeout=60)
        after = requests.get(counters, timeout=60).json()
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert json.loads(ready.read_text()) == told
    assert before == {"requests": {"catalog": 1}, "statuses": {"200": 1}}
    assert after == {"requests": {}, "statuses": {}}
    assert not Path(told["public_key"]).exists()
