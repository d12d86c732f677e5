"""What writes the views of bottles, for tests that wire a transfer themselves."""

from collections.abc import Collection

from adapters.memory.public_objects import MemoryPublicObjects
from application.expose import Expose
from application.keep_indexes import KeepIndexes
from domain.views import View
from ports.bottle_source import BottleSource
from ports.progress import Progress
from ports.store import Store


def showing(
    store: Store, source: BottleSource, progress: Progress, views: Collection[View]
) -> Expose:
    """Return what writes views by the store's own methods."""
    public = MemoryPublicObjects(store)
    keep = KeepIndexes(source, store, public, progress, views)
    return Expose(store, public, keep, views)
