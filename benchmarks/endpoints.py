"""What engines write into: the sink, or SeaweedFS itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.nginx import Asked
from benchmarks.sink import sink
from tests.support.certificates import LoopbackCertificate
from tests.support.seaweed import SeaweedS3

BUCKET: Final = "bottles"

_OF_A_DAY: Final = re.compile(r"[^/]+/\d{4}-\d\d-\d\d/")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A store that runs, with a bucket in it.

    Attributes:
        variables: The environment that opens it.
        authority: The certificate that vouches for it.
        took: Returns the bytes of bottles that came in below a prefix, and what it was
            asked for that, where somebody counts.
    """

    variables: Mapping[str, str]
    authority: Path
    took: Callable[[str], tuple[int, Asked | None]]


Opener = Callable[[], AbstractContextManager[Endpoint]]
"""Opens a store for one run."""


@dataclass(frozen=True, slots=True)
class Store:
    """A store to write into.

    Attributes:
        running: Yields what opens it; nginx may leave files in the folder.
    """

    name: str
    running: Callable[[Path, LoopbackCertificate], AbstractContextManager[Opener]]


@contextmanager
def _the_sink(folder: Path, certificate: LoopbackCertificate) -> Iterator[Opener]:
    """Yield what opens the sink, the same for every run."""
    with SeaweedS3() as server, _with_bucket(server):
        store = server.endpoint_url.removeprefix("https://")
        with sink(store, folder, certificate) as running:

            def took(_prefix: str) -> tuple[int, Asked | None]:
                asked = running.took()
                return asked.bytes, asked

            endpoint = Endpoint(
                _variables(server, running.endpoint_url), certificate.authority, took
            )

            @contextmanager
            def opened() -> Iterator[Endpoint]:
                yield endpoint

            yield opened


@contextmanager
def _seaweeds(_folder: Path, _certificate: LoopbackCertificate) -> Iterator[Opener]:
    """Yield what opens SeaweedFS, a new and empty one for every run."""
    yield _seaweed


@contextmanager
def _seaweed() -> Iterator[Endpoint]:
    with SeaweedS3() as server, _with_bucket(server):

        def took(prefix: str) -> tuple[int, Asked | None]:
            with closing(server.client()) as client:
                pages = client.get_paginator("list_objects_v2")
                return sum(
                    found["Size"]
                    for page in pages.paginate(Bucket=BUCKET, Prefix=f"{prefix}/")
                    for found in page.get("Contents", ())
                    if _OF_A_DAY.match(found["Key"])
                ), None

        yield Endpoint(_variables(server, server.endpoint_url), server.ca_bundle, took)


@contextmanager
def _with_bucket(server: SeaweedS3) -> Iterator[None]:
    with closing(server.client()) as client:
        client.create_bucket(Bucket=BUCKET)
        # The first put into a bucket takes 0.2 s.
        client.put_object(Bucket=BUCKET, Key="first", Body=b"first")
    yield


def _variables(server: SeaweedS3, endpoint_url: str) -> Mapping[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
        "AWS_DEFAULT_REGION": server.region,
        "AWS_REGION": server.region,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        # What whoever measures has configured for themselves is not what is measured.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


SINK: Final = Store("the sink", _the_sink)
SEAWEED: Final = Store("SeaweedFS", _seaweeds)
