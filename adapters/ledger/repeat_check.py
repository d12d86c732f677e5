"""Looking for commits that are passed over, and say what nobody else says."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.ledger.codec import decode_commit
from adapters.ledger.layout import commit_key
from adapters.ledger.refold import Refold
from domain.damage import Damage
from domain.events import Commit
from ports.store import Store


def check_repeats(store: Store, refold: Refold, sound: float) -> Iterator[Damage]:
    """Yield commits that readers take for others delivered twice, and that are not.

    Args:
        refold: What has read the commits.
        sound: The first commit that is damaged, if one is: what it says counts for
            nothing.
    """
    for first, again in refold.passed_over:
        if again >= sound:
            continue
        commit = _commit(store, again)
        if commit.events in ((), _commit(store, first).events):
            continue
        detail = (
            f"it is commit {commit.wseq} of {commit.writer}, as commit {first} is, and"
            " says something else: nobody takes note of it"
        )
        yield Damage("count of a writer", again, again, detail)


def _commit(store: Store, seq: int) -> Commit:
    return decode_commit(store.get(commit_key(seq)).body, seq)
