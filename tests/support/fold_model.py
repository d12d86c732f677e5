"""The state of a ledger as ``docs/ledger-format.md`` words it, in dictionaries.

It reads the bytes of commits and gives those of the hash file. Nothing of the program
is in it: it was written from sections 2, 4, 6 and 8 of that document alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BOTTLE = ("name", "object_key", "pkg_version", "rebuild", "sha256", "tag")
_RUN = ("bottles", "bytes", "day", "kind", "selection", "shards")
_SHARED = ("plan", "route", "catalog", "skipped")
_ENVELOPE = ("id", "t", "v")
_REMEMBERED = 256


class FoldModel:
    """Folds one commit after the other, and believes every one of them."""

    def __init__(self, documents: Mapping[str, Mapping[str, Row]]) -> None:
        """Begin with nothing.

        Args:
            documents: What imported hash files list, by the SHA-256 of the document.
        """
        self.documents = documents
        self.held: dict[str, Row] = {}
        self.superseded: dict[str, Row] = {}
        self.elsewhere: dict[str, Row] = {}
        self.imports: dict[str, Row] = {}
        self.runs: dict[str, Row] = {}
        self.ended: list[Row] = []
        self.last_complete: Row | None = None
        self.catalog: Row | None = None
        self.settled: dict[str, str] = {}
        self.repairs: list[Row] = []
        self.undeclared: list[Row] = []
        self.reconciled = True
        self.indexes: dict[str, Row] = {}
        self.generations: list[Row] = []
        self.published: int | None = None
        self.shown: int | None = None
        self.ledger: Row = {"id": "", "seq": -1, "sha256": "0" * 64}
        self.last_updated: str | None = None
        self._folds = {
            "BottleMirrored": self._mirrored,
            "BottleSuperseded": self._superseded,
            "BottleLost": self._lost,
            "BottleFailed": self._failed,
            "CatalogRead": self._read,
            "SyncStarted": self._started,
            "SyncCompleted": self._completed,
            "HashFileImported": self._imported,
            "LedgerRepaired": self._repaired,
            "StoreReconciled": self._reconciled,
            "ShardStarted": self._shard_started,
            "ShardPaused": self._shard_paused,
            "ShardCompleted": self._shard_completed,
            "NotificationSent": self._told_people,
            "IndexMirrored": self._index_kept,
            "BottleEvicted": self._evicted,
            "GraceRenewed": self._renewed,
            "GenerationPublished": self._published,
            "GenerationRolledBack": self._rolled_back,
            "GenerationShown": self._seen,
            "GenerationDropped": self._dropped,
        }

    def fold(self, body: bytes, gap: Row | None = None) -> None:
        """Fold the next commit.

        Args:
            gap: The declared gap in front of it, as LedgerRepaired words it.
        """
        header, *events = map(json.loads, body.splitlines())
        if gap is not None:
            self.repairs.append(gap)
            self.undeclared.append(gap)
            self.reconciled = False
            self._disturb()
        run = self._known(header["run"])
        if run is None or run["writers"].get(header["w"], 0) < header["wseq"]:
            for event in events:
                self._folds[event["t"]](event, header)
        run = self._known(header["run"])
        if run is not None:
            noted = run["writers"].get(header["w"], 0)
            run["writers"][header["w"]] = max(noted, header["wseq"])
        if header["run"] in self.runs:
            self.runs[header["run"]]["last_commit"] = header["at"]
        self.last_updated = header["at"]
        self.ledger = {
            "id": header["ledger"],
            "seq": header["seq"],
            "sha256": sha256(body).hexdigest(),
        }

    def hash_file(self) -> bytes:
        """Return the hash file, byte for byte."""
        state = {
            "catalog": self.catalog,
            "digest": self.digest(),
            "ended": self.ended,
            "generations": self.generations or None,
            "imports": self.imports,
            "indexes": self.indexes or None,
            "last_complete": self.last_complete,
            "published": self.published,
            "reconciled": self.reconciled,
            "repairs": self.repairs,
            "runs": self.runs,
            "settled": self.settled,
            "shown": self.shown,
            "superseded": self.superseded,
            "undeclared": self.undeclared or None,
        }
        said = {
            "bottles": {**self.elsewhere, **self.held},
            "last_updated": self.last_updated,
            "ledger": self.ledger,
            "state": _without_none(state),
        }
        text = json.dumps(_without_none(said), sort_keys=True, separators=(",", ":"))
        summed = text.removesuffix("}").encode()
        return summed + f',"sum":"{sha256(summed).hexdigest()}"}}\n'.encode()

    def digest(self) -> Row:
        """Return the state digest, made anew of all that is held."""
        facts = [f"{k}\0{r['sha256']}\0{r['object_key']}" for k, r in self.held.items()]
        total = sum(int(sha256(fact.encode()).hexdigest(), 16) for fact in facts)
        size = sum(row["file_size"] for row in self.held.values())
        return {
            "bottles": len(facts),
            "bytes": size,
            "sum": f"{total % 2**256:064x}",
        }

    def _mirrored(self, event: Row, header: Row) -> None:
        key, place = event["key"], event["object_key"]
        before, run = self.held.get(key), self.runs.get(header["run"])
        row = {name: event[name] for name in _BOTTLE}
        row["file_size"] = event["size"]
        row["download_date"] = _day_of(place) or header["at"][:10]
        self.held[key] = row
        there = self.elsewhere.pop(key, None)
        if there is not None and there["sha256"] != row["sha256"]:
            self._disturb()
        old = before["object_key"] if before is not None else place
        if before is not None and old != place and old not in self.superseded:
            self.superseded[old] = _old(key, before, header["at"][:10])
        was_dropped = self.superseded.pop(place, None) is not None
        if before != row or was_dropped:
            self._disturb(but=header["run"])
        if run is not None:
            run["failed"].pop(key, None)
            if before != row or was_dropped:
                run["mirrored"] += 1
                run["mirrored_bytes"] += event["size"] * (event["how"] == "fetched")

    def _superseded(self, event: Row, header: Row) -> None:
        row = self.held.get(event["key"])
        if row is None or row["sha256"] != event["sha256"]:
            return
        if row["object_key"] not in self.superseded:
            self.superseded[row["object_key"]] = _old(event["key"], row, event["on"])
            self._disturb(but=header["run"])

    def _lost(self, event: Row, _: Row) -> None:
        self.superseded.pop(event["object_key"], None)
        row = self.held.get(event["key"])
        if row is not None and row["object_key"] == event["object_key"]:
            del self.held[event["key"]]
            self._disturb()

    def _evicted(self, event: Row, _: Row) -> None:
        key, place = event["key"], event["object_key"]
        old, row = self.superseded.get(place), self.held.get(key)
        if old is not None and old["sha256"] == event["sha256"]:
            del self.superseded[place]
        if row is None or (row["object_key"], row["sha256"]) != (
            place,
            event["sha256"],
        ):
            return
        del self.held[key]
        if old is None:
            self._disturb()

    def _index_kept(self, event: Row, _: Row) -> None:
        self.indexes[f"{event['name']}-{event['tagref']}"] = _told(event)

    def _renewed(self, event: Row, _: Row) -> None:
        old = self.superseded.get(event["object_key"])
        if old is not None and old["sha256"] == event["sha256"]:
            old["on"] = max(old["on"], event["on"])

    def _published(self, event: Row, header: Row) -> None:
        number = event["generation"]
        if any(number <= kept["number"] for kept in self.generations):
            return
        row = {**_told(event), "number": number, "at": header["at"]}
        del row["generation"]
        self.generations.append(row)
        self.published = number
        self.indexes = {}

    def _rolled_back(self, event: Row, _: Row) -> None:
        if any(event["to"] == kept["number"] for kept in self.generations):
            self.published = event["to"]

    def _seen(self, event: Row, _: Row) -> None:
        if event["generation"] == self.published:
            self.shown = self.published

    def _dropped(self, event: Row, _: Row) -> None:
        number = event["generation"]
        if number not in (self.published, self.shown):
            self.generations = [g for g in self.generations if g["number"] != number]

    def _failed(self, event: Row, header: Row) -> None:
        if header["run"] in self.runs:
            self.runs[header["run"]]["failed"][event["key"]] = event["cause"]

    def _read(self, event: Row, _: Row) -> None:
        before, self.catalog = self.catalog, _told(event)
        if before is not None and before["documents"] != event["documents"]:
            self.settled = {}

    def _known(self, run: str) -> Row | None:
        ended = {each["run"]: each for each in self.ended}
        return self.runs.get(run) or ended.get(run)

    def _started(self, event: Row, header: Row) -> None:
        known = {*self.runs, *(ended["run"] for ended in self.ended)}
        cloud = any(run["kind"] == "cloud" for run in self.runs.values())
        if event["run"] in known or (cloud and event["kind"] == "cloud"):
            return
        self.runs[event["run"]] = {
            **{name: event[name] for name in _RUN},
            "started": header["at"],
            "last_commit": header["at"],
            "mirrored": 0,
            "mirrored_bytes": 0,
            "undisturbed": True,
            "failed": {},
            "writers": {},
        }
        if "skipped" in event:
            shared = {name: event[name] for name in _SHARED if name in event}
            shared |= {"shards": {}, "spent": {}, "told": {}}
            self.runs[event["run"]]["sharing"] = shared

    def _completed(self, event: Row, header: Row) -> None:
        run = self.runs.pop(event["run"], None)
        if run is None:
            return
        end = {"run": event["run"], "outcome": event["outcome"], "at": header["at"]}
        remembered = {**end, "writers": run["writers"]}
        if "sharing" in run:
            remembered["account"] = {
                "day": run["day"],
                "started": run["started"],
                "bottles": run["mirrored"]
                + len(run["failed"])
                + event["counts"]["missing"]
                if "missing" in event["counts"]
                else run["bottles"],
                "mirrored": run["mirrored"],
                "bytes": run["mirrored_bytes"],
                "causes": dict(Counter(run["failed"].values())),
                **{
                    name: run["sharing"][name]
                    for name in ("route", "skipped", "spent", "told")
                },
            }
        self.ended = [*self.ended, remembered][-_REMEMBERED:]
        if event["outcome"] == "complete":
            self.last_complete = end
            if "catalog" in event and run["undisturbed"] and self.reconciled:
                self.settled[run["selection"]] = event["catalog"]

    def _shard_started(self, event: Row, header: Row) -> None:
        run, shards, before = self._share(event)
        if event["shard"] >= run.get("shards", 0) or "outcome" in before:
            return
        if before.get("attempt", 0) < event["attempt"]:
            shards[str(event["shard"])] = {
                "attempt": event["attempt"],
                "route": event["route"],
                "writer": header["w"],
                "started": header["at"],
            }

    def _shard_paused(self, event: Row, _: Row) -> None:
        run = self._share(event)[0]
        if run:
            self._spend(run, event)

    def _shard_completed(self, event: Row, header: Row) -> None:
        run, shards, before = self._share(event)
        if event["shard"] >= run.get("shards", 0) or "outcome" in before:
            return
        self._spend(run, event)
        untouched = {
            "attempt": 0,
            "route": run["sharing"]["route"],
            "writer": header["w"],
            "started": header["at"],
        }
        ended = {**(before or untouched), "outcome": event["outcome"]}
        shards[str(event["shard"])] = ended

    def _told_people(self, event: Row, header: Row) -> None:
        run = self._share(event)[0]
        if run:
            run["sharing"]["told"][event["about"]] = header["at"]
        elif event["run"] not in self.runs:
            ended = self._known(event["run"]) or {}
            if "account" in ended:
                ended["account"]["told"][event["about"]] = header["at"]

    def _share(self, event: Row) -> tuple[Row, Row, Row]:
        """Return an event's run, all its shards, and its own shard; empty if none."""
        run = self.runs.get(event["run"], {})
        if "sharing" not in run:
            return {}, {}, {}
        shards = run["sharing"]["shards"]
        return run, shards, shards.get(str(event.get("shard")), {})

    @staticmethod
    def _spend(run: Row, event: Row) -> None:
        spent = run["sharing"]["spent"]
        for name, count in event["counts"].items():
            spent[name] = spent.get(name, 0) + count

    def _imported(self, event: Row, header: Row) -> None:
        seen = {"document": event["document"], "etag": event.get("etag")}
        self.imports[event["source"]] = _without_none(seen)
        for key, row in self.documents[event["document"]].items():
            if key in self.held:
                continue
            before = self.elsewhere.get(key)
            if before is not None and before["sha256"] != row["sha256"]:
                self._disturb(but=header["run"])
            self.elsewhere[key] = row

    def _repaired(self, event: Row, _: Row) -> None:
        repair = _told(event)
        if not any(_contains(other, repair) for other in self.repairs):
            self.repairs.append(repair)
        if "source" not in repair:
            told = set(range(repair["first"], repair["last"] + 1))
            self.undeclared = [g for u in self.undeclared for g in _left(u, told)]

    def _reconciled(self, _: Row, __: Row) -> None:
        if not self.undeclared:
            self.reconciled = True
        self._disturb()

    def _disturb(self, but: str | None = None) -> None:
        self.settled = {}
        for name, run in self.runs.items():
            if name != but:
                run["undisturbed"] = False


def _old(key: str, row: Row, on: str) -> Row:
    return {"key": key, "on": on, "sha256": row["sha256"], "size": row["file_size"]}


def _told(event: Row) -> Row:
    return {name: said for name, said in event.items() if name not in _ENVELOPE}


def _without_none(row: Row) -> Row:
    return {name: said for name, said in row.items() if said is not None}


def _contains(repair: Row, other: Row) -> bool:
    """Return whether one repair is the other, or a gap that the other is part of."""
    if "source" in repair or "source" in other:
        return repair == other
    return bool(repair["first"] <= other["first"] and other["last"] <= repair["last"])


def _left(gap: Row, told: set[int]) -> Iterator[Row]:
    left = [n for n in range(gap["first"], gap["last"] + 1) if n not in told]
    for first in left:
        if first - 1 not in left:
            last = next(n for n in left if n >= first and n + 1 not in left)
            yield {**gap, "first": first, "last": last}


def _day_of(object_key: str) -> str | None:
    day = object_key[:10]
    if not _DAY.fullmatch(day):
        return None
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return None
