"""The operating system's failures in the words of our ports."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ports.errors import PortError, RefusedError, StoreFullError, UnavailableError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_RIGHT = "give this user the right to it, or choose another folder"
_IN_THE_WAY = "a file is where a folder is needed: move it away, or choose another"
_NO_LINKS = "the store needs one file system that has hard links and locks"
# What a person has to change before another try can do better.
_ADVICE = {
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: "mount it for writing, or choose another folder",
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.EISDIR: "a folder is where a file is needed: move it away",
    errno.ELOOP: "its symbolic links lead in a circle: mend them",
    errno.ENAMETOOLONG: "the file system takes no name as long as this",
    errno.EFBIG: "no file may be so large here: raise the limit (ulimit -f), or "
    "choose another file system",
    errno.EXDEV: _NO_LINKS,
    errno.ENOTSUP: _NO_LINKS,
    errno.ENOSYS: _NO_LINKS,
    errno.ENOLCK: _NO_LINKS,
}


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Let failures of the operating system come out as those of a store."""
    try:
        yield
    except OSError as error:
        raise translate(error, what) from error


def translate(error: OSError, what: str) -> PortError:
    """Return what the failure of a system call is to whoever uses the store."""
    said = error.strerror or str(error)
    if path := error.filename2 or error.filename:
        if error.errno == errno.ENOTDIR:
            path = _file_above(Path(path))
        said = f"{said}: {path}"
    if error.errno in _FULL:
        return StoreFullError(
            what, f"{said}; make room on its disk, or choose another folder"
        )
    if advice := _ADVICE.get(error.errno or 0):
        return RefusedError(what, f"{said}; {advice}")
    return UnavailableError(what, said)


def _file_above(path: Path) -> Path:
    """Return which of a path's folders is none."""
    return next((each for each in path.parents if each.is_file()), path)
