"""The written form of what a run's workers tell."""

from __future__ import annotations

from typing import get_args

from adapters.ledger import fields as wire
from adapters.ledger.schemas import EventSchema
from domain.events import NotificationSent, ShardCompleted, ShardPaused, ShardStarted
from domain.words import About, Outcome, Route


class ShardStartedV1(EventSchema):
    """A worker took on a shard."""

    of = ShardStarted

    run = wire.text()
    shard = wire.count()
    attempt = wire.count(least=1)
    route = wire.one_of(get_args(Route))


class ShardPausedV1(EventSchema):
    """A worker left its shard before it was done."""

    of = ShardPaused

    run = wire.text()
    shard = wire.count()
    attempt = wire.count(least=1)
    counts = wire.by_name(wire.count())


class ShardCompletedV1(EventSchema):
    """A shard has ended."""

    of = ShardCompleted

    run = wire.text()
    shard = wire.count()
    outcome = wire.one_of(get_args(Outcome))
    counts = wire.by_name(wire.count())


class NotificationSentV1(EventSchema):
    """People were told of a run."""

    of = NotificationSent

    run = wire.text()
    about = wire.one_of(get_args(About))
    percent = wire.count()
