"""A mirror that meets trouble, and what must hold once it is over."""

from __future__ import annotations

from copy import copy

from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.layout import COMMITS
from adapters.memory.clock import ManualClock
from domain.bottle import ObjectKey
from domain.selection import Selection, choose
from tests.support.mirror import Mirror, Process
from tests.support.shown import check_shown
from tests.support.stricken import StrickenStore
from tests.support.watched import Call


class StrickenMirror(Mirror):
    """A mirror whose store can be struck.

    Attributes:
        disk: The store itself.
        strangers: Objects that somebody else has put there.
    """

    disk: StrickenStore

    def __init__(self) -> None:
        super().__init__()
        self.disk = StrickenStore()
        self.strangers: frozenset[ObjectKey] = frozenset()

    def branch(self) -> StrickenMirror:
        """Return a mirror in the same state; store, clock and page are its own."""
        twin = copy(self)
        twin.disk = self.disk.branch()
        twin.clock = ManualClock(self.clock.now())
        twin.page = copy(self.page)
        return twin

    def put_a_stranger(self, key: ObjectKey) -> None:
        """Put an object there that is nobody's."""
        self.disk.create(key, b"a stranger's")
        self.strangers |= {key}

    def acknowledged_to(self, process: Process) -> dict[ObjectKey, bytes]:
        """Return every commit that the store says yes to from now on, as it was then.

        It fills as the process goes on.
        """
        acknowledged: dict[ObjectKey, bytes] = {}

        def note(call: Call) -> None:
            if call.what == "create" and call.key.startswith(COMMITS):
                key = ObjectKey(call.key)
                acknowledged[key] = self.disk.peek(key)

        process.watch.after = note
        return acknowledged

    def log_bytes(self) -> dict[ObjectKey, bytes]:
        """Return every commit's bytes by its key."""
        return {info.key: self.disk.peek(info.key) for info in self.disk.list(COMMITS)}

    def check_whole(self, selection: Selection) -> None:
        """Check that all that is offered is held, and that the mirror is in order.

        Objects that the ledger does not know are no harm: they are removed, and then
        there is nothing else. Only those that strangers have put there may stay.
        """
        ledger = self.ledger()
        assert self.hash_file() == encode_hash_file(ledger)
        catalog = self.catalog.fetch()
        assert catalog is not None
        stored = self.bottles()
        for bottle in choose(catalog, selection).bottles():
            entry = ledger.held[bottle.key]
            assert entry.bottle.digest == bottle.digest, f"{bottle.key} is an old one"
            content = self.upstream.contents[bottle.digest]
            assert stored.get(entry.object_key) == content, f"{bottle.key} is not there"
        promised = {
            **{key: old.size for key, old in ledger.superseded.items()},
            **{entry.object_key: entry.size for entry in ledger.held.values()},
        }
        if set(self.process().verify().orphans) - self.strangers:
            self.clock.sleep(31 * 60)
            assert self.process().verify(prune_orphans=True).left == 0
            stored = self.bottles()
        assert set(self.process().verify().orphans) <= self.strangers
        if self.views:
            check_shown(self)
        sizes = {key: len(body) for key, body in stored.items()}
        for key in self.strangers & sizes.keys():
            del sizes[key]
        assert sizes == promised
