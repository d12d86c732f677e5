"""What ``docs/reference/bucket-layout.md`` says lies in a store, and what does."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from tests.standin.server import Upstream
from tests.support.command import ROOT, Bottles, tree

PAGE = ROOT / "docs" / "reference" / "bucket-layout.md"
ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
SHAPES = {
    "DAY": r"\d{4}-\d\d-\d\d",
    "FILE": r"[^/]+\.bottle(\.\d+)?\.tar\.gz",
    "HEX12": r"[0-9a-f]{12}",
    "HEX": r"[0-9a-f]{64}",
    "NUMBER": r"\d{20}",
    "IMAGE": r"[a-z0-9._/-]+",
    "TAGREF": r"[^/:]+",
    "N": r"\d+",
    "DOCUMENT": r"[^.].*(?<!\.gz)",
    "PAGE": r"[^/]+",
    "…": r".+",
}
PLACE = re.compile("|".join(sorted(SHAPES, key=len, reverse=True)))
# They come of what cannot be had here, or are gone again.
NOT_HERE = {"DAY/FILE.HEX12", "attestations/sha256:HEX.jsonl", "probe-…"}


def rows() -> dict[str, re.Pattern[str]]:
    table = PAGE.read_text("utf-8").partition("\n## ")[0]
    patterns = {}
    for row in ROW.findall(table):
        parts = re.split(f"({PLACE.pattern})", row)
        patterns[row] = re.compile(
            "".join(SHAPES.get(part) or re.escape(part) for part in parts)
        )
    return patterns


def test_every_object_of_a_store_is_in_the_table_and_the_other_way_round(
    bottles: Bottles, upstream: Upstream, folder: Path
) -> None:
    other = folder / "other.json"
    entry = {"sha256": "9" * 64, "file_size": 1, "download_date": "2025-07-21"}
    other.write_text(
        json.dumps(
            {
                "bottles": {"old-1.0-arm64_sonoma": entry},
                "last_updated": "2025-07-21T00:00:00Z",
            }
        )
    )
    for command in (
        "sync ale libcask++@2 --tag arm64_sonoma --views registry,flat",
        "sync gauge --tag arm64_sonoma --views registry,flat",
        f"ledger import {other}",
        "status",
        "doctor",
        "export --since 0 --to export",
        "import export --store follower",
    ):
        ended = bottles(*command.split())
        assert ended.status == 0, ended.err

    keys: set[str] = set()
    for store in ("mirror", "follower"):
        there = set(tree(folder / store))
        # A folder has twins, which the page speaks of below the table.
        keys |= there - {f"{key}.gz" for key in there}
    found = {
        key: [row for row, shape in rows().items() if shape.fullmatch(key)]
        for key in keys
    }

    assert {key: names for key, names in found.items() if len(names) != 1} == {}
    seen = Counter(name for names in found.values() for name in names)
    assert set(rows()) - set(seen) == NOT_HERE
    assert upstream is not None
