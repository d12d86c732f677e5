"""A folder to work in, an upstream beside it, and the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standin.server import Upstream
from tests.support.command import Bottles, write_config


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, and return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bottles(capsys: pytest.CaptureFixture[str], folder: Path) -> Bottles:
    """Return the command line, in an empty folder."""
    assert folder.is_dir()
    return Bottles(capsys)


@pytest.fixture
def upstream(folder: Path) -> Iterator[Upstream]:
    """Yield an upstream with every odd case, which ``bottles.toml`` points to."""
    with Upstream() as upstream:
        write_config(folder, upstream)
        yield upstream
