"""The hash file's written form."""

from __future__ import annotations

from typing import Final, get_args

from marshmallow import fields
from marshmallow.validate import Equal

from adapters.ledger import fields as wire
from adapters.ledger.schemas import StateDigestSchema, Written
from domain.words import About, Outcome, Route, RunKind

HASH_FORMAT: Final = 1
"""What a hash file has that does not say which format it has.

Whoever lets the fold remember more raises it, and writes it: a version that does not
know of that would go on from the file, and publish what it knows over it.
"""


class EntrySchema(Written):
    """A bottle that the store holds; its key is in front of it."""

    download_date = wire.day()
    file_size = wire.count()
    name = wire.text()
    object_key = wire.object_key()
    pkg_version = wire.text()
    rebuild = wire.count()
    sha256 = wire.sha256()
    tag = wire.text()


class ElsewhereSchema(Written):
    """A bottle that is known to be elsewhere: nothing of it lies in the store."""

    download_date = wire.day()
    file_size = wire.count("size")
    sha256 = wire.sha256("digest")


class PositionSchema(Written):
    """Which ledger, and which commit of it was the last to be folded."""

    id = wire.text()
    seq = wire.count(least=-1)
    sha256 = wire.sha256()


class SupersededSchema(Written):
    """An object that upstream no longer offers; its object key is in front of it."""

    key = wire.text()
    on = wire.day()
    sha256 = wire.sha256()
    size = wire.count()


class ShardStateSchema(Written):
    """How far a shard has come; its number is in front of it."""

    attempt = wire.count()
    outcome = wire.one_of(get_args(Outcome), required=False)
    route = wire.one_of(get_args(Route))
    started = wire.moment()
    writer = wire.text()


class SharingSchema(Written):
    """How a run's work is shared out."""

    catalog = wire.sha256(required=False)
    plan = wire.sha256()
    route = wire.one_of(get_args(Route))
    shards = wire.by_name(wire.nested(ShardStateSchema))
    skipped = wire.count()
    spent = wire.by_name(wire.count())
    told = wire.by_name(wire.moment(), wire.one_of(get_args(About)))


class OpenRunSchema(Written):
    """A run that has not ended; its id is in front of it."""

    bottles = wire.count()
    bytes = wire.count()
    day = wire.day()
    failed = wire.by_name(wire.text())
    kind = wire.one_of(get_args(RunKind))
    last_commit = wire.moment()
    mirrored = wire.count()
    mirrored_bytes = wire.count()
    selection = wire.sha256()
    shards = wire.count()
    sharing = wire.nested(SharingSchema, required=False)
    started = wire.moment()
    undisturbed = wire.flag()
    writers = wire.by_name(wire.count())


class ClosedRunSchema(Written):
    """The end of a run."""

    at = wire.moment()
    outcome = wire.one_of(get_args(Outcome))
    run = wire.text()


class AccountSchema(Written):
    """What a run of several workers came to."""

    bottles = wire.count()
    bytes = wire.count()
    causes = wire.by_name(wire.count())
    day = wire.day()
    mirrored = wire.count()
    route = wire.one_of(get_args(Route))
    skipped = wire.count()
    spent = wire.by_name(wire.count())
    started = wire.moment()
    told = wire.by_name(wire.moment(), wire.one_of(get_args(About)))


class RememberedRunSchema(Written):
    """The end of a run, and what was seen of its writers."""

    account = wire.nested(AccountSchema, required=False)
    at = wire.moment("closed.at")
    outcome = wire.one_of(get_args(Outcome), "closed.outcome")
    run = wire.text("closed.run")
    writers = wire.by_name(wire.count())


class ImportSeenSchema(Written):
    """What was imported last from a source, which is in front of it."""

    document = wire.sha256()
    etag = wire.text(required=False)


class RepairSchema(Written):
    """Commits that were restored, or a declared gap where they are gone."""

    cause = wire.text()
    first = wire.count()
    last = wire.count()
    source = wire.text(required=False)


class CatalogSeenSchema(Written):
    """The catalog that was read last."""

    documents = wire.by_name(wire.sha256())
    etag = wire.text("validators.etag", required=False)
    formulae = wire.count()
    last_modified = wire.text("validators.last_modified", required=False)
    source = wire.text()


class KeptIndexSchema(Written):
    """The index of a release, which is in front of it."""

    bottles = wire.by_name(wire.sha256())
    name = wire.text()
    sha256 = wire.sha256("digest")
    size = wire.count()
    tagref = wire.text()


class GenerationSchema(Written):
    """A generation that is kept."""

    at = wire.moment()
    bottles = wire.count()
    documents = wire.by_name(wire.sha256())
    listing = wire.sha256()
    missing = wire.count()
    number = wire.count(least=1)
    views = wire.by_name(wire.count())


class StateSchema(Written):
    """All else that the fold needs to go on."""

    catalog = wire.nested(CatalogSeenSchema, required=False)
    digest = wire.nested(StateDigestSchema)
    ended = fields.List(wire.nested(RememberedRunSchema), required=True)
    generations = fields.List(wire.nested(GenerationSchema), load_default=())
    imports = wire.by_name(wire.nested(ImportSeenSchema))
    indexes = wire.by_name(wire.nested(KeptIndexSchema), required=False)
    last_complete = wire.nested(ClosedRunSchema, required=False)
    published = wire.count(least=1, required=False)
    reconciled = wire.flag()
    repairs = fields.List(wire.nested(RepairSchema), required=True)
    runs = wire.by_name(wire.nested(OpenRunSchema))
    settled = wire.by_name(wire.sha256())
    shown = wire.count(least=1, required=False)
    superseded = wire.by_name(wire.nested(SupersededSchema), wire.object_key())
    undeclared = fields.List(wire.nested(RepairSchema), load_default=())


class HashFileSchema(Written):
    """The hash file, its table of bottles parted into here and elsewhere."""

    bottles = wire.by_name(wire.nested(EntrySchema))
    elsewhere = wire.by_name(wire.nested(ElsewhereSchema))
    format = fields.Integer(
        strict=True, load_default=HASH_FORMAT, validate=Equal(HASH_FORMAT)
    )
    last_updated = wire.moment(required=False)
    ledger = wire.nested(PositionSchema)
    state = wire.nested(StateSchema)
    sum = wire.sha256()
