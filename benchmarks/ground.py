"""Where engines are run: an origin, a store, certificates, and room for files."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.endpoints import BUCKET, Endpoint, Opener, Store
from benchmarks.engines import Engine, Errand
from benchmarks.nginx import FLUSHED, Asked
from benchmarks.origin import Catalog, Origin, origin
from benchmarks.rounds import Run
from benchmarks.servers import cpu_of_servers
from benchmarks.table import GB
from tests.standin.catalog import Formula
from tests.standin.sizes import SizeOf
from tests.support.certificates import write_loopback_certificate

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - what is not there is not used
_NEEDED: Final = 8 * GB  # for bottles, their copies on the way, and a store of them


@dataclass(frozen=True, slots=True)
class Job:
    """What there is to be transferred.

    Attributes:
        size_of: Bytes of the bottle with a digest of the catalog.
        tags: Those of the bottles that are meant.
    """

    title: str
    formulae: Sequence[Formula]
    size_of: SizeOf
    tags: str


@dataclass(frozen=True, slots=True)
class Ground:
    """An origin that runs, and a way to a store.

    Attributes:
        place: A folder with room enough.
    """

    origin: Origin
    opened: Opener
    tags: str
    authority: Path
    place: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def run(self, engine: Engine, catalog: Catalog) -> Run:
        """Run an engine over a catalog, into a part of the store that is empty.

        Raises:
            RuntimeError: It failed.
        """
        prefix = f"run-{next(self._numbers)}"
        place = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=self.place))
        origin = self.origin
        with self.opened() as endpoint:
            errand = Errand(
                upstream=origin.redirecting if engine.redirected else origin.direct,
                catalog=catalog,
                tags=self.tags,
                bundle=self._bundle(endpoint, place),
                variables=endpoint.variables,
                bucket=BUCKET,
                prefix=prefix,
                place=place,
            )
            self._settled(endpoint, prefix)
            before = cpu_of_servers()
            measured = engine.run(errand)
            served = cpu_of_servers() - before
            upstream, (arrived, store) = self._settled(endpoint, prefix)
        shutil.rmtree(place)
        if engine.fetches:
            assert upstream.bytes >= catalog.total, f"{engine.name} left bottles out"
        if engine.stores:
            assert arrived >= catalog.total, f"{engine.name} lost bottles"
        return Run(measured, upstream, store, served)

    def _settled(
        self, endpoint: Endpoint, prefix: str
    ) -> tuple[Asked, tuple[int, Asked | None]]:
        time.sleep(FLUSHED)
        return self.origin.asked(), endpoint.took(prefix)

    def _bundle(self, endpoint: Endpoint, place: Path) -> Path:
        bundle = place / "authorities.pem"
        bundle.write_bytes(
            self.authority.read_bytes() + endpoint.authority.read_bytes()
        )
        return bundle


@contextmanager
def ground(job: Job, store: Store, place: Path) -> Iterator[Ground]:
    """Yield an origin with bottles, and a way to a store."""
    with tempfile.TemporaryDirectory(prefix="ground-", dir=_room(place)) as folder:
        before, tempfile.tempdir = tempfile.tempdir, folder
        try:
            parts = [Path(folder, name) for name in ("origin", "store", "runs")]
            for part in parts:
                part.mkdir()
            certificate = write_loopback_certificate(Path(folder))
            with (
                origin(job.formulae, job.size_of, parts[0], certificate) as served,
                store.running(parts[1], certificate) as opened,
            ):
                yield Ground(served, opened, job.tags, certificate.authority, parts[2])
        finally:
            tempfile.tempdir = before


def _room(place: Path) -> Path:
    """Return where files are in memory, if there is enough of it, else ``place``."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _NEEDED:
        return _MEMORY
    return place
