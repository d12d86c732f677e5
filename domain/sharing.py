"""The part of the fold that follows the workers of a run: who has which shard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, assert_never

from domain.events import (
    Commit,
    NotificationSent,
    ShardCompleted,
    ShardPaused,
    ShardStarted,
)
from domain.records import OpenRun, ShardState, Sharing

if TYPE_CHECKING:
    from domain.ledger import Ledger

SharingEvent: TypeAlias = ShardStarted | ShardPaused | ShardCompleted | NotificationSent


def share(ledger: Ledger, event: SharingEvent, commit: Commit) -> None:
    """Let an event of a run's workers change ``ledger``."""
    run = ledger.runs.get(event.run)
    if run is None:
        if isinstance(event, NotificationSent):
            _told_of_the_end(ledger, event, commit)
        return
    sharing = run.sharing
    if sharing is None:
        return
    match event:
        case ShardStarted():
            _start(run, sharing, event, commit)
        case ShardPaused():
            _spend(sharing, event.counts)
        case ShardCompleted():
            _complete(run, sharing, event, commit)
        case NotificationSent():
            sharing.told[event.about] = commit.at
        case _:
            assert_never(event)


def _start(run: OpenRun, sharing: Sharing, event: ShardStarted, commit: Commit) -> None:
    """Give a shard to the worker that says so, unless another was there before.

    Of several that were given the same attempt it is the first in the log. A later
    attempt takes the shard over: the worker before it is gone, or learns of it when it
    records next.
    """
    before = sharing.shards.get(event.shard)
    if event.shard >= run.shards or (
        before is not None
        and (before.outcome is not None or before.attempt >= event.attempt)
    ):
        return
    sharing.shards[event.shard] = ShardState(
        event.attempt, event.route, commit.writer, commit.at
    )


def _complete(
    run: OpenRun, sharing: Sharing, event: ShardCompleted, commit: Commit
) -> None:
    before = sharing.shards.get(event.shard)
    if event.shard >= run.shards or (before is not None and before.outcome is not None):
        return
    _spend(sharing, event.counts)
    sharing.shards[event.shard] = (
        replace(before, outcome=event.outcome)
        if before is not None
        # Given up before any worker was seen on it.
        else ShardState(0, sharing.route, commit.writer, commit.at, event.outcome)
    )


def _spend(sharing: Sharing, counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        sharing.spent[name] = sharing.spent.get(name, 0) + count


def _told_of_the_end(ledger: Ledger, event: NotificationSent, commit: Commit) -> None:
    ended = ledger.ended.get(event.run)
    if ended is None or ended.account is None:
        return
    told = {**ended.account.told, event.about: commit.at}
    ledger.ended[event.run] = replace(ended, account=replace(ended.account, told=told))
