"""The main job from end to end, with no account and no internet: ``make demo``.

A stand-in for formulae.brew.sh and ghcr.io runs beside it and offers some 200
bottles that cover every odd case; everything else is the program as it is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_MIRROR = Path("mirror")
_TAGS = "arm64_tahoe,arm64_sequoia,arm64_sonoma,x86_64_linux"


def main() -> int:
    """Run the demo in ``./mirror``; the exit status is that of its first failure."""
    if _is_strangers(_MIRROR):
        print(f"./{_MIRROR} holds something that this demo did not make; move it away.")
        return 2
    shutil.rmtree(_MIRROR, ignore_errors=True)
    with _upstream() as settings:
        for heading, *command in _STEPS:
            print(f"\n\033[1m{heading}\033[0m" if _colours() else f"\n{heading}")
            print(f"$ bottles {' '.join(command)}", flush=True)
            status = _bottles(command, settings)
            if status != 0:
                print(f"the demo stops here: status {status}")
                return status
        status = _served(settings)
        if status != 0:
            print(f"the demo stops here: status {status}")
            return status
        print("\nThe tree:", *_tree(_MIRROR), sep="\n  ")
        print("\nThe hash file, one of its bottles:")
        print(_one_entry(_MIRROR / "bottles_hash.json"))
    print(_NEXT)
    page = (_MIRROR / "status" / "index.html").resolve()
    print(f"All of it at a glance, the status page: {page.as_uri()}")
    (_MIRROR / _OURS).touch()
    return 0


_INCOMING = ".incoming"
# Of the registry view, one image is shown.
_SHOWN = ("ale",)
_OURS = ".made-by-the-demo"

_STEPS = (
    ("What would a sync do?", "plan"),
    ("Do it.", "sync"),
    ("The same again: nothing to fetch.", "sync"),
    ("Does the store hold what the ledger says? Read every byte.", "verify", "--deep"),
    ("What was recorded?", "ledger", "log"),
    ("And of one formula?", "explain", "libcask++@2"),
    ("How fresh, complete and large is it?", "status"),
)

_NEXT = """
That was a stand-in. On a machine with internet, the real thing:

  .venv/bin/bottles init    # three questions, and what each answer takes
  .venv/bin/bottles plan jq --with-deps --tag arm64_sonoma
  .venv/bin/bottles sync jq --with-deps --tag arm64_sonoma --store ./jq-mirror

or into a bucket: --store s3://my-bucket. Everything else: bottles --help
"""


@contextmanager
def _upstream() -> Iterator[Mapping[str, str]]:
    """Start the stand-in; yield the settings that point ``bottles`` at it."""
    command = [sys.executable, "-m", "tests.standin", "--sizes", "lognormal:0.02"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield {
                "BOTTLES_API_DOMAIN": ready["api_domain"],
                "BOTTLES_REGISTRY": ready["registry"],
                "BOTTLES_API_PUBLIC_KEY": ready["public_key"],
                "BOTTLES_TARGET_TAGS": _TAGS,
                "BOTTLES_STORE": str(_MIRROR),
            }
        finally:
            process.terminate()


def _bottles(arguments: list[str], settings: Mapping[str, str]) -> int:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BOTTLES_")}
    return subprocess.run(
        [Path(sys.executable).with_name("bottles"), *arguments],
        env={**kept, **settings},
        check=False,
    ).returncode


def _served(settings: Mapping[str, str]) -> int:
    """Serve the mirror, and ask it for what brew would ask it for."""
    print("\nServe it, and ask for what brew asks for.")
    print("$ bottles serve --port 0 &", flush=True)
    serve = [str(Path(sys.executable).with_name("bottles")), "serve", "--port", "0"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BOTTLES_")}
    with subprocess.Popen(
        serve, env={**kept, **settings}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().rstrip() for _ in range(3)]
            print(*lines, sep="\n")
            url = lines[0].partition("=")[2].strip("\"'")
            print(f"$ bottles smoke {url} --tag arm64_sonoma", flush=True)
            return _bottles(["smoke", url, "--tag", "arm64_sonoma"], settings)
        finally:
            process.terminate()


def _is_strangers(folder: Path) -> bool:
    return folder.exists() and not (folder / _OURS).exists()


def _colours() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _tree(root: Path, most: int = 6) -> Iterator[str]:
    seen = [p for p in root.rglob("[!.]*") if p.is_file() and _INCOMING not in p.parts]
    for folder in sorted({path.parent for path in seen}):
        image = folder.relative_to(root).parts[3:4]
        if image and "homebrew" in folder.parts and image != _SHOWN:
            continue
        files = sorted(path for path in seen if path.parent == folder)
        yield f"{folder}/  ({len(files)} files)"
        for path in files[:most]:
            yield f"    {path.name}  {path.stat().st_size:,} B"
        if len(files) > most:
            yield "    …"


def _one_entry(hash_file: Path) -> str:
    bottles = json.loads(hash_file.read_text(encoding="utf-8"))["bottles"]
    key = next((k for k in bottles if "+" in k or "@" in k), min(bottles))
    return json.dumps({key: bottles[key]}, indent=2)


if __name__ == "__main__":
    sys.exit(main())
