"""Builds what the functions are deployed as: a zip of ours, and a layer of the rest.

The same tree and lock file give the same bytes, whenever and wherever they are packed
(with the same zlib). Nothing is compiled: what is imported comes as wheels for the
target, each by its hash in requirements.txt.

usage: lambda_zips.py [--architecture arm64] [--runtime python3.13] [--into FOLDER]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from configparser import ConfigParser
from hashlib import sha256
from pathlib import Path
from typing import Final

TREE: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("domain", "ports", "application", "adapters", "entrypoints")
_MACHINES: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
# The newest glibc that the runtime has: Amazon Linux 2, and Amazon Linux 2023.
_GLIBC: Final = {"python3.11": 26, "python3.12": 34, "python3.13": 34}
_OLDEST_GLIBC: Final = 17
# A zip's own beginning of time: when a file was checked out is nobody's business.
_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644
_UNIX: Final = 3
# Scripts have the builder's paths in them, and records the scripts' hashes.
_LEFT_OUT: Final = ("bin", "__pycache__")
_LEFT_OUT_RECORDS: Final = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def main() -> int:
    """Build both zips, and tell how large they are and how long it took."""
    asked = _asked()
    into: Path = asked.into
    into.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    code = into / "code.zip"
    pack(code, dict(_ours()))
    _tell(code, begun)
    if asked.code_only:
        return 0
    begun = time.monotonic()
    layer = into / f"layer-{asked.architecture}-{asked.runtime}.zip"
    with tempfile.TemporaryDirectory() as folder:
        installed = Path(folder, "python")
        _install(
            installed,
            asked.wheels or Path(folder, "wheels"),
            asked.architecture,
            asked.runtime,
        )
        pack(layer, dict(_theirs(installed)))
    _tell(layer, begun)
    return 0


def pack(zipped: Path, files: Mapping[str, bytes]) -> None:
    """Write a zip that depends on nothing but names and bytes."""
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _BEGINNING)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, files[name])


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the functions' zips.")
    parser.add_argument("--architecture", choices=sorted(_MACHINES), default="arm64")
    parser.add_argument("--runtime", choices=sorted(_GLIBC), default="python3.13")
    parser.add_argument("--into", type=Path, default=TREE / "build" / "lambda")
    parser.add_argument(
        "--wheels", type=Path, help="a folder that keeps what was fetched for next time"
    )
    parser.add_argument("--code-only", action="store_true", help="no layer")
    return parser.parse_args()


def _ours() -> Iterator[tuple[str, bytes]]:
    """Yield the rooms, and what tells the program its own version."""
    for room in ROOMS:
        for path in _files(TREE / room):
            yield path.relative_to(TREE).as_posix(), path.read_bytes()
    described = ConfigParser()
    described.read(TREE / "setup.cfg", encoding="utf-8")
    name, version = described["metadata"]["name"], described["metadata"]["version"]
    yield (
        f"{name.replace('-', '_')}-{version}.dist-info/METADATA",
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
    )


def _theirs(installed: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what Lambda finds on the path of a layer."""
    for path in _files(installed):
        if path.parent.suffix == ".dist-info" and path.name in _LEFT_OUT_RECORDS:
            continue
        yield f"python/{path.relative_to(installed).as_posix()}", path.read_bytes()


def _files(folder: Path) -> Iterable[Path]:
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not set(path.relative_to(folder).parts) & set(_LEFT_OUT)
    )


def _install(target: Path, wheels: Path, architecture: str, runtime: str) -> None:
    """Install into ``target`` what is in ``wheels``, or is fetched to there first."""
    machine = _MACHINES[architecture]
    platforms = [f"manylinux2014_{machine}"] + [
        f"manylinux_2_{minor}_{machine}"
        for minor in range(_OLDEST_GLIBC, _GLIBC[runtime] + 1)
    ]
    wanted = [
        *("--no-deps", "--only-binary=:all:", "--implementation=cp"),
        f"--python-version={runtime.removeprefix('python')}",
        *(f"--platform={platform}" for platform in platforms),
        *("--require-hashes", "--requirement", str(TREE / "requirements.txt")),
    ]
    if not wheels.exists():
        _pip("download", *wanted, "--dest", str(wheels))
    local = ("--no-index", "--find-links", str(wheels))
    _pip("install", *wanted, *local, "--no-compile", "--target", str(target))


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *arguments], check=True)  # noqa: S603 - pip, of this Python


def _tell(zipped: Path, begun: float) -> None:
    with zipfile.ZipFile(zipped) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    print(  # noqa: T201 - to whoever builds
        f"{zipped}: {zipped.stat().st_size / 1e6:.1f} MB,"
        f" {unpacked / 1e6:.1f} MB unpacked, {time.monotonic() - begun:.0f} s,"
        f" sha256 {sha256(zipped.read_bytes()).hexdigest()}"
    )


if __name__ == "__main__":
    sys.exit(main())
