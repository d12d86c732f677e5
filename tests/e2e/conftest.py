"""A folder to work in, an upstream beside it, and the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standin.server import Upstream
from tests.support.command import Bottles, write_config


@pytest.fixture
def bottles(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Bottles:
    """Return the command line, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Bottles(capsys)


@pytest.fixture
def upstream(bottles: Bottles) -> Iterator[Upstream]:
    """Yield an upstream with every odd case, which ``bottles.toml`` points to."""
    assert bottles
    with Upstream() as upstream:
        write_config(upstream)
        yield upstream
