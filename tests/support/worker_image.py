"""The worker's image, built from our Dockerfile.

No registry is asked for the base that it names. In its place stands one of this
machine's own files: our Python with pip, the libraries that these load, and the few
commands that the Dockerfile calls. So the image needs nothing of its host, as in the
cloud; but what people build upon is not what is tried here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.support.containers import Containers
from tests.support.package_index import fetch_locked
from tests.support.runtime_api import ROOT

WORKER: Final = "localhost/worker:1"

_BASE: Final = "localhost/python:1"
_DOCKERFILE: Final = ROOT / "infrastructure" / "build" / "Dockerfile"
# What its RUN calls, beside Python.
_COMMANDS: Final = ("chown", "mkdir", "rm", "sh")
_PYTHON: Final = Path(sysconfig.get_config_var("BINDIR"))
_LIBRARY: Final = Path(sysconfig.get_path("stdlib"))
# What is large, and imported by nobody there; and what ours has installed beside it.
_LEFT_OUT: Final = {
    *("__pycache__", "ensurepip", "idlelib", "lib2to3", "test", "tkinter"),
    *("dist-packages", "site-packages"),
}
_NOT_LOADED: Final = "_tkinter"
# Parts of the C library that are empty today, and that wheels of earlier days load.
_ONCE_APART: Final = ("libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1")
_LOADED: Final = re.compile(r"(/\S+) \(0x")


def build_worker(containers: Containers, place: Path) -> None:
    """Build the image that is called ``WORKER``.

    Args:
        place: An empty folder, for what is needed only meanwhile.
    """
    wheels, base = place / "wheels", place / "base.tar"
    fetch_locked(wheels)
    with tarfile.open(base, "w") as archive:
        for path, source in sorted(_files().items()):
            archive.add(source.resolve(), path, recursive=False, filter=_by_root)
        archive.addfile(_folder("/tmp", 0o1777))  # noqa: S108 - as in every image
    containers.podman(
        *("import", "--change", f"ENV PATH={_PYTHON}:/bin"),
        *("--change", "ENV PIP_NO_INDEX=1", "--change", "ENV PIP_FIND_LINKS=/wheels"),
        *(str(base), _BASE),
    )
    containers.podman(
        *("build", "--layers=false", "--build-arg", f"PYTHON_IMAGE={_BASE}"),
        *("--volume", f"{wheels}:/wheels:ro", "--tag", WORKER),
        *("--file", str(_DOCKERFILE), str(ROOT)),
    )


def _files() -> dict[Path, Path]:
    """Return the files of the base, and of this machine for each."""
    python = _PYTHON / f"python{sysconfig.get_python_version()}"
    commands = {Path("/bin", name): _command(name) for name in _COMMANDS}
    library = {path: path for path in _below(_LIBRARY)}
    found = find_spec("pip")
    assert found is not None, "no pip: a virtual environment has it"
    pip = Path(str(found.origin)).parent
    return {
        **commands,
        _PYTHON / "python": python,
        **library,
        **{
            _LIBRARY / "site-packages" / "pip" / path.relative_to(pip): path
            for path in _below(pip)
        },
        **{
            path: path
            for path in _libraries(
                [
                    *(*commands.values(), python),
                    *(path for path in library if path.suffix == ".so"),
                ]
            )
        },
    }


def _command(name: str) -> Path:
    found = shutil.which(name)
    assert found is not None, name
    return Path(found)


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in _LEFT_OUT and not path.name.startswith("config-"):
                yield from _below(path)
        elif not path.name.startswith(_NOT_LOADED):
            yield path


def _libraries(programs: Iterable[Path]) -> set[Path]:
    """Return what the linker loads with them, itself included."""
    said = subprocess.run(
        [_command("ldd"), *programs], check=True, capture_output=True, text=True
    )
    loaded = {Path(found) for found in _LOADED.findall(said.stdout)}
    (system,) = (path.parent for path in loaded if path.name.startswith("libc.so"))
    return loaded | {system / name for name in _ONCE_APART if (system / name).exists()}


def _by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mode |= 0o444
    return entry


def _folder(path: str, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.type = tarfile.DIRTYPE
    entry.mode = mode
    return entry
