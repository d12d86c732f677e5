"""Two mirrors with nothing between them but exports that are carried across."""

from __future__ import annotations

from pathlib import Path, PurePath

from dependency_injector import providers

from adapters.ledger.layout import HASH_FILE, IDENTITY, IMPORTED
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from adapters.memory.progress import RecordingProgress
from adapters.memory.public_objects import MemoryPublicObjects
from adapters.memory.store import MemoryStore
from application.import_export import ImportReport
from application.opened_ledger import OpenedLedger, open_ledger
from domain.bottle import ObjectKey
from domain.cloud_config import CloudConfig
from domain.config import FolderAddress, SyncConfig
from domain.export import Export
from domain.exposure_config import ExposureConfig
from domain.ledger import Ledger
from domain.selection import Selection
from domain.views import (
    View,
)
from entrypoints.air_gap import AirGapContainer, new_export, open_export
from entrypoints.cli.interruption import StopFlag
from entrypoints.container import MirrorContainer
from ports.public_objects import PublicObjects
from ports.store import Store

PACKAGES = "internal/packages.arm64_sonoma.jws.json"
CATALOG = "formula.jws.json"
EXECUTABLES = "internal/executables.txt"
BOTH: tuple[View, ...] = ("registry", "flat")
GB = 10**9
_ALL = Selection()


class Side:
    """A mirror on one side of the gap.

    Attributes:
        stop: What its imports are told to stop by.
    """

    def __init__(
        self,
        store: Store | None = None,
        public: PublicObjects | None = None,
        views: tuple[View, ...] = BOTH,
    ) -> None:
        """Take the mirror in ``store``, in memory if there is none."""
        self.store = store or MemoryStore()
        self.public = public or MemoryPublicObjects(self.store)
        self.views = views
        self.clock = ManualClock()
        self.progress = RecordingProgress()
        self.stop = StopFlag()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Begin a new process, which knows only what the store tells it."""
        self.mirror = MirrorContainer(
            config=SyncConfig(
                FolderAddress(PurePath("nowhere")),
                jobs=3,
                retry_attempts=2,
                exposure=ExposureConfig(views=self.views),
            ),
            cloud=CloudConfig(),
            progress=self.progress,
            metrics=NoMetrics(),
            stop=self.stop,
            clock=self.clock,
        )
        self.mirror.store.override(providers.Object(self.store))
        self.mirror.public_objects.override(providers.Object(self.public))
        self.mirror.probe_store.override(providers.Object(_Fit()))
        self.air_gap = AirGapContainer(mirror=self.mirror)

    def open(self) -> OpenedLedger:
        """Open the ledger."""
        return open_ledger(self.mirror.event_log(), self.mirror.hash_file())

    def ledger(self) -> Ledger:
        """Return the ledger as it is now."""
        return self.open().ledger

    def hash_file(self) -> bytes:
        """Return the hash file's bytes."""
        return self.store.get(HASH_FILE).body

    def export(self, folder: Path, since: int = 0, segment_size: int = GB) -> Export:
        """Export to a folder."""
        return self.air_gap.export_mirror()(
            new_export(str(folder)), since, segment_size
        )

    def bring(self, folder: Path) -> ImportReport:
        """Import from a folder, in a new process."""
        self.begin_anew()
        return self.air_gap.import_export()(open_export(str(folder)))

    def tree(self, *prefixes: str) -> dict[ObjectKey, bytes]:
        """Return every object below ``prefixes``, all of them if there are none."""
        return {
            info.key: b"".join(self.store.read(info.key))
            for prefix in prefixes or ("",)
            for info in self.store.list(prefix)
        }


class _Fit:
    """A store that was tried already."""

    def require_fit(self) -> None:
        """Find nothing wrong."""


def like_the_other_side(near: Side, far: Side) -> None:
    """Check that all that clients and the ledger see is the same on both sides."""
    assert far.hash_file() == near.hash_file()
    assert _shared(far) == _shared(near)
    assert far.mirror.event_log().follows()


def _shared(side: Side) -> dict[ObjectKey, bytes]:
    """Return what two sides are to have in common, whatever their stores are."""
    own = (IDENTITY, IMPORTED)
    there = side.tree()
    shared = {
        key: body
        for key, body in there.items()
        if key not in own and not key.startswith("generations/staged/")
    }
    for key in tuple(shared):
        if key.startswith(("api/", "generations/")):
            # Compressed, as each kind of store has it.
            if key.removesuffix(".gz") != key and key.removesuffix(".gz") in there:
                del shared[key]
            else:
                shared[key] = side.public.read(key)
    return shared
