from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.command import Bottles, write_config

MIB = 1024 * 1024
LEFT = 20 * MIB
"""What a killed sync has left of a bottle; the last 4 MiB of it are no whole block."""


@pytest.fixture
def upstream(folder: Path) -> Iterator[Upstream]:
    with Upstream(plain_catalog(1), sizes=fixed(40 * MIB)) as upstream:
        write_config(folder, upstream, target_tags="arm64_sonoma", spool="spool")
        yield upstream


def ranges(upstream: Upstream) -> list[str | None]:
    """Return the ``Range`` of each request for bytes."""
    requests = upstream.requests.recorded("signed_get")
    return [request.headers.get("range") for request in requests]


@pytest.fixture
def part(upstream: Upstream) -> Path:
    digest = upstream.digest(upstream.formulae[0]["name"], "arm64_sonoma")
    part = Path("spool", f"{digest}.part")
    part.parent.mkdir()
    part.write_bytes(upstream.content(digest)[:LEFT])
    return part


def test_a_sync_goes_on_where_one_before_it_was_killed(
    bottles: Bottles, upstream: Upstream, part: Path
) -> None:
    answer = bottles.json("sync")

    assert answer["mirrored"] == {"bottles": 1, "bytes": 40 * MIB}
    assert ranges(upstream) == [f"bytes={16 * MIB}-"]
    assert not part.exists()
    assert bottles("verify", "--deep").status == 0


def test_so_does_a_repair(bottles: Bottles, upstream: Upstream, part: Path) -> None:
    bottles.json("sync")
    (stored,) = Path("mirror").glob("*/*.tar.gz")
    content = stored.read_bytes()
    stored.unlink()
    part.write_bytes(content[:LEFT])
    upstream.reset_requests()

    assert bottles("verify", "--repair").status == 0
    assert ranges(upstream) == [f"bytes={16 * MIB}-"]
    assert stored.read_bytes() == content
    assert not part.exists()


def test_a_spool_that_cannot_be_used_is_told_of_and_hinders_nothing(
    bottles: Bottles, upstream: Upstream
) -> None:
    Path("file").touch()

    ended = bottles("sync", "--spool", "file/spool")

    assert ended.status == 0
    assert ended.err.count("the spool file/spool is not used any more: ") == 1
    assert ranges(upstream) == [None]
