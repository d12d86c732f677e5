"""Upstream at full speed: nginx over TLS, with bottles that are real files.

It answers as Homebrew's API and ghcr.io do, twice: on one port it has the bottles
itself, on another it redirects to a third, as ghcr.io does to its storage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.nginx import Asked, Log, serving
from tests.standin.bodies import Bodies, BottleBody
from tests.standin.catalog import Formula, bottles_of, plain_catalog, rewritten
from tests.standin.oci import image_of, manifests, tag_reference
from tests.standin.sizes import SizeOf, fixed
from tests.support.certificates import LoopbackCertificate
from tests.support.lifeline import free_ports

# As long as the signature of the storage behind ghcr.io.
_SIGNED: Final = f"se=2026-11-27T08%3A00%3A00Z&sig={'0' * 64}&sp=r&spr=https&sr=b"

_SERVERS: Final = """
    server {{
        listen 127.0.0.1:{direct} ssl;
        root {folder}/served;
        include {folder}/documents.conf;
        location ~ "/blobs/sha256:(?<digest>[0-9a-f]{{64}})$" {{
            alias {folder}/served/blobs/$digest;
        }}
    }}
    server {{
        listen 127.0.0.1:{redirecting} ssl;
        root {folder}/served;
        include {folder}/documents.conf;
        location ~ "/blobs/(?<digest>sha256:[0-9a-f]{{64}})$" {{
            return 307 https://127.0.0.1:{storage}/ghcr1/blobs/$digest?{signed};
        }}
    }}
    server {{
        listen 127.0.0.1:{storage} ssl;
        location ~ "/blobs/sha256:(?<digest>[0-9a-f]{{64}})$" {{
            alias {folder}/served/blobs/$digest;
        }}
    }}
"""
_BOTTLE: Final = re.compile("/(blobs/sha256:|files/)[0-9a-f]{64}")
_DOCUMENTS: Final = """
location ~ "^/(api|idle)/files/" { autoindex on; }
location ~ "^/(api|idle)/" { default_type application/json; }
location ~ "/manifests/" { default_type application/vnd.oci.image.index.v1+json; }
"""


@dataclass(frozen=True, slots=True)
class Offered:
    """A bottle.

    Attributes:
        path: Where the registry has it.
        file: Where this machine has it.
    """

    path: str
    file: Path
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalog, and the bottles that it names.

    Attributes:
        path: Of the API that has it. Below it, in ``files``, lie its bottles as well,
            to be listed.
    """

    path: str
    bottles: Sequence[Offered]

    @property
    def total(self) -> int:
        """The bytes of all bottles."""
        return sum(bottle.size for bottle in self.bottles)


@dataclass(frozen=True, slots=True)
class Origin:
    """An origin that runs.

    Attributes:
        direct: Its address where it has the bottles itself.
        redirecting: Its address where it redirects.
        whole: All that is offered.
        idle: A catalog of one bottle, the smallest.
    """

    direct: str
    redirecting: str
    whole: Catalog
    idle: Catalog
    log: Log

    def asked(self) -> Asked:
        """Return what it was asked since it was asked last."""
        lines = self.log.lines()
        bottles = sum(_BOTTLE.search(line.target) is not None for line in lines)
        sent = sum(line.sent for line in lines)
        return Asked(bottles, len(lines) - bottles, sent)


@contextmanager
def origin(
    formulae: Sequence[Formula],
    size_of: SizeOf,
    folder: Path,
    certificate: LoopbackCertificate,
) -> Iterator[Origin]:
    """Serve a catalog, with bottles of our own in place of those that it names.

    Args:
        size_of: Bytes of the bottle with a digest of that catalog.
        folder: Gets the bottles, and what nginx leaves.
    """
    served = folder / "served"
    smallest = _written(plain_catalog(1), fixed(0), served, "idle")
    bottles = _written(formulae, size_of, served, "api")
    (folder / "documents.conf").write_text(_DOCUMENTS, encoding="utf-8")
    direct, redirecting, storage = free_ports(3)
    servers = _SERVERS.format(
        folder=folder,
        direct=direct,
        redirecting=redirecting,
        storage=storage,
        signed=_SIGNED,
    )
    with serving(servers, direct, folder, certificate) as log:
        yield Origin(
            f"https://127.0.0.1:{direct}",
            f"https://127.0.0.1:{redirecting}",
            Catalog("/api", bottles),
            Catalog("/idle", smallest),
            log,
        )


def _written(
    formulae: Sequence[Formula], size_of: SizeOf, served: Path, api: str
) -> Sequence[Offered]:
    """Write a catalog, its indexes and its bottles, and return these."""
    bodies = Bodies(size_of)
    told = rewritten(formulae, bodies)
    files, listed = served / "blobs", served / api / "files"
    files.mkdir(parents=True, exist_ok=True)
    listed.mkdir(parents=True)
    sizes = {}
    for digest, body in _bodies(formulae, bodies).items():
        with (files / digest).open("wb") as written:
            written.writelines(body.slices(0, body.size))
        (listed / digest).hardlink_to(files / digest)
        sizes[digest] = body.size
    (listed.parent / "formula.json").write_text(json.dumps(told), encoding="utf-8")
    offered: dict[str, Offered] = {}
    for formula in told:
        image = served / "v2/homebrew/core" / image_of(formula["name"])
        index = image / "manifests" / tag_reference(formula)
        index.parent.mkdir(parents=True, exist_ok=True)
        index.write_bytes(manifests(formula, sizes, sized=True).index)
        for _tag, file in bottles_of(formula):
            digest = file["sha256"]
            path = f"/{image.relative_to(served)}/blobs/sha256:{digest}"
            bottle = Offered(path, files / digest, digest, sizes[digest])
            offered.setdefault(digest, bottle)
    return tuple(offered.values())


def _bodies(formulae: Sequence[Formula], bodies: Bodies) -> Mapping[str, BottleBody]:
    return {
        bodies.digest(file["sha256"]): bodies.body(file["sha256"])
        for formula in formulae
        for _tag, file in bottles_of(formula)
    }
