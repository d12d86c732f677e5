"""The stores that are synced into, each new and empty, and gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.limits import Write, write_files, write_objects
from tests.support.seaweed import SeaweedS3

_BUCKET = "bottles"


@dataclass(frozen=True, slots=True)
class Target:
    """A store.

    Attributes:
        url: As ``--store`` takes it.
        settings: The environment that opens it.
        write: The least that brings bytes into it: what it could do at best.
    """

    url: str
    settings: Mapping[str, str]
    write: Write


@contextmanager
def folder(place: Path) -> Iterator[Target]:
    """Yield a folder below ``place``."""
    root = Path(tempfile.mkdtemp(prefix="folder-", dir=place))
    try:
        yield Target(str(root / "mirror"), {}, write_files(root))
    finally:
        shutil.rmtree(root)


@contextmanager
def bucket(_place: Path) -> Iterator[Target]:
    """Yield a bucket of SeaweedFS over TLS; its disk is where temporary files are."""
    with SeaweedS3() as server, closing(server.client()) as client:
        client.create_bucket(Bucket=_BUCKET)
        settings = {
            "AWS_ACCESS_KEY_ID": server.access_key,
            "AWS_SECRET_ACCESS_KEY": server.secret_key,
            "AWS_DEFAULT_REGION": server.region,
            "AWS_ENDPOINT_URL": server.endpoint_url,
            "AWS_CA_BUNDLE": str(server.ca_bundle),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        write = write_objects(client, _BUCKET, server.ca_bundle)
        yield Target(f"s3://{_BUCKET}", settings, write)


STORES: Mapping[str, Callable[[Path], AbstractContextManager[Target]]] = {
    "folder": folder,
    "S3 (SeaweedFS, TLS)": bucket,
}
