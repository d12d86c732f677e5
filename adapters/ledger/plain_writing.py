"""What a commit is made of, written in one step.

The schemas say what is written. What nearly every commit has, its header and a few
types of events, is written here as they would write it; the rest is left to them.
"""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring_ascii as quoted
from typing import Final

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import written
from adapters.ledger.event_lines import NAMESPACE
from adapters.ledger.schemas import FORMAT
from domain.events import (
    BottleMirrored,
    BottleSuperseded,
    Commit,
    Event,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import BottleEvicted, IndexMirrored, KeptIndex

_NAMESPACE: Final = NAMESPACE.bytes
# In a UUID the four bits before the 62 last ones say only how it is laid out.
_LAYOUT: Final = {f"{digit:x}": f"{digit & 3 | 8:x}" for digit in range(16)}


def header_line(commit: Commit, body: str) -> str:
    """Return the written form of a commit's header.

    Args:
        body: The SHA-256 of the lines of its events.
    """
    return (
        f'{{"at":"{wire.written_time(commit.at)}","body":"{body}"'
        f',"id":{quoted(commit.id)},"ledger":{quoted(commit.ledger)}'
        f',"n":{len(commit.events)},"prev":{quoted(commit.prev)}'
        f',"run":{quoted(commit.run)},"seq":{commit.seq},"v":{FORMAT}'
        f',"w":{quoted(commit.writer)},"wseq":{commit.wseq}}}'
    )


def plain_line(event: Event, run: str) -> str | None:
    """Return an event's written form, None when it is left to the schema.

    Args:
        run: The run of the commit that it is in.
    """
    match event:
        case BottleMirrored(bottle=bottle):
            # What has no quotes: a bottle's parts were checked when it was made.
            told = _told_id("BottleMirrored", run, bottle.key, bottle.digest)
            return (
                f'{{"how":{quoted(event.how)},"id":"{told}","key":"{bottle.key}"'
                f',"name":"{bottle.name}","object_key":{quoted(event.object_key)}'
                f',"pkg_version":"{bottle.pkg_version}","rebuild":{bottle.rebuild}'
                f',"sha256":"{bottle.digest}","size":{event.size}'
                f',"t":"BottleMirrored","tag":"{bottle.tag}","v":1}}'
            )
        case BottleSuperseded():
            told = _told_id("BottleSuperseded", run, event.key, event.sha256)
            return (
                f'{{"id":"{told}","key":{quoted(event.key)}'
                f',"on":"{event.on.isoformat()}","sha256":{quoted(event.sha256)}'
                ',"t":"BottleSuperseded","v":1}'
            )
        case BottleEvicted():
            told = _told_id("BottleEvicted", run, event.key, event.sha256)
            return (
                f'{{"id":"{told}","key":{quoted(event.key)}'
                f',"object_key":{quoted(event.object_key)}'
                f',"sha256":{quoted(event.sha256)},"t":"BottleEvicted","v":1}}'
            )
        case IndexMirrored():
            return _index(event.index, run)
        case _:
            return _of_a_run(event)


def _of_a_run(event: Event) -> str | None:
    match event:
        case SyncStarted():
            return _started(event)
        case SyncCompleted():
            return _completed(event)
        case _:
            return None


def _index(index: KeptIndex, run: str) -> str:
    told = _told_id("IndexMirrored", run, index.release, index.digest)
    return (
        f'{{"bottles":{written(dict(index.bottles))},"id":"{told}"'
        f',"name":{quoted(index.name)},"sha256":{quoted(index.digest)}'
        f',"size":{index.size},"t":"IndexMirrored"'
        f',"tagref":{quoted(index.tagref)},"v":1}}'
    )


def _started(event: SyncStarted) -> str:
    told = _told_id("SyncStarted", event.run, "", event.plan)
    catalog = "" if event.catalog is None else f',"catalog":{quoted(event.catalog)}'
    skipped = "" if event.skipped is None else f',"skipped":{event.skipped}'
    return (
        f'{{"bottles":{event.bottles},"bytes":{event.bytes}{catalog}'
        f',"day":"{event.day.isoformat()}","id":"{told}","kind":{quoted(event.kind)}'
        f',"plan":{quoted(event.plan)},"route":{quoted(event.route)}'
        f',"run":{quoted(event.run)},"selection":{quoted(event.selection)}'
        f',"shards":{event.shards}{skipped},"t":"SyncStarted","v":1}}'
    )


def _completed(event: SyncCompleted) -> str:
    told = _told_id("SyncCompleted", event.run, "", event.catalog or "")
    state = event.state
    catalog = "" if event.catalog is None else f'"catalog":{quoted(event.catalog)},'
    return (
        f'{{{catalog}"counts":{written(dict(event.counts))},"id":"{told}"'
        f',"outcome":{quoted(event.outcome)},"run":{quoted(event.run)}'
        f',"state":{{"bottles":{state.bottles},"bytes":{state.bytes}'
        f',"sum":"{wire.written_sum(state.sum)}"}},"t":"SyncCompleted","v":1}}'
    )


def _told_id(kind: str, run: str, key: str, sha256: str) -> str:
    """Return the UUID, of version 5, of a fact by its run and what it is told of."""
    name = f'["{kind}",{quoted(run)},{quoted(key)},{quoted(sha256)},""]'
    digest = hashlib.sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    return (
        f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}"
        f"-{_LAYOUT[digest[16]]}{digest[17:20]}-{digest[20:32]}"
    )
