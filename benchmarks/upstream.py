"""The stand-in upstream, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from benchmarks.program import ROOT, environment

TAG = "arm64_sonoma"
"""The one tag of the stand-in's plain catalogs."""

_PATIENCE = 30.0  # seconds
_NOT_FOR_BOTTLES = ("catalog", "catalog_304", "document", "document_304")


@dataclass(frozen=True, slots=True)
class Upstream:
    """A stand-in that runs.

    Attributes:
        settings: What points ``bottles`` at it.
    """

    registry: str
    settings: Mapping[str, str]

    def forget(self) -> None:
        """Count requests from zero again."""
        requests.post(f"{self.registry}/_standin/reset", timeout=_PATIENCE)

    def counts(self) -> tuple[int, int]:
        """Return how many requests were for bottles, and how many for the catalog."""
        told = requests.get(f"{self.registry}/_standin/requests", timeout=_PATIENCE)
        counts: dict[str, int] = told.json()["requests"]
        catalog = sum(counts.pop(kind, 0) for kind in _NOT_FOR_BOTTLES)
        return sum(counts.values()), catalog

    def addresses(self, count: int) -> list[str]:
        """Return where the first ``count`` bottles are."""
        told = requests.get(f"{self.registry}/api/formula.json", timeout=_PATIENCE)
        found = [
            file["url"].replace("https://ghcr.io", self.registry, 1)
            for formula in told.json()
            for file in formula["bottle"]["stable"]["files"].values()
        ]
        return found[:count]


@contextmanager
def upstream(catalog: str, size: int) -> Iterator[Upstream]:
    """Serve a catalog whose bottles are of ``size`` bytes each.

    Args:
        catalog: As ``python -m tests.standin --catalog`` takes it.
    """
    command = [sys.executable, "-m", "tests.standin", "--catalog", catalog]
    command += ["--sizes", f"fixed:{size}"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Upstream(
                told["registry"],
                {
                    "BOTTLES_API_DOMAIN": told["api_domain"],
                    "BOTTLES_REGISTRY": told["registry"],
                    "BOTTLES_API_PUBLIC_KEY": told["public_key"],
                },
            )
        finally:
            process.terminate()
