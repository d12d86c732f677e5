"""The machine that figures are of."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from benchmarks.table import GB


def machine() -> str:
    """Return what a reader needs to compare figures with their own."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GB
    kernel = re.match(r"[\d.]+", platform.release())
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB of memory,"
        f" {platform.system()} {kernel[0] if kernel else platform.release()},"
        f" {platform.python_implementation()} {platform.python_version()}"
    )


def file_system(folder: Path) -> str:
    """Return the type of the file system that ``folder`` is on."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return "of unknown type"
    types: dict[Path, str] = {}
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _, where, kind, *_ = line.split()
        types[Path(where)] = kind
    return next(types[path] for path in (folder, *folder.parents) if path in types)


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        named = re.search(r"^model name\s*: (.+)$", told.read_text(), re.MULTILINE)
        if named:
            return named[1].strip()
    return platform.machine()
