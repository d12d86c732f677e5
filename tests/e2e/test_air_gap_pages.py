"""What the command line says of an export and of an import."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Bottles


@pytest.fixture(autouse=True)
def _one_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTTLES_TARGET_TAGS", "arm64_sonoma")


@pytest.mark.usefixtures("upstream")
def test_what_goes_across_is_told_to_scripts(bottles: Bottles) -> None:
    synced = bottles.json("sync", "--store", "near")
    out = bottles.json("export", "--since", "0", "--to", "disk", "--store", "near")
    came = bottles.json("import", "disk", "--store", "far")

    assert out["ledger"]["to"]["seq"] == synced["ledger"]["seq"]
    assert out["ledger"]["from"] is None
    assert out["bottles"] == synced["mirrored"]["bottles"]
    assert out["size"] == sum(segment["size"] for segment in out["segments"])
    assert came["export"] == out["export"]
    assert came["ledger"] == synced["ledger"]
    assert came["published"] == out["published"] == 1
    assert not came["unchanged"]


@pytest.mark.usefixtures("upstream")
def test_what_goes_across_is_told_to_people(bottles: Bottles) -> None:
    bottles("sync", "--store", "near")
    out = bottles("export", "--since", "0", "--to", "disk", "--store", "near").out
    came = bottles("import", "disk", "--store", "far").out

    assert "bottles from the beginning exported to disk: " in out
    assert out.endswith(
        "here the next time: bottles export --store near --since 1 --to DIR\n"
    )
    assert came.endswith(
        "Next: bottles serve --store far, or bottles verify --store far\n"
    )
    assert "Generation 1 is what clients see." in came
    heads = {line for line in (out + came).splitlines() if line.startswith("Ledger ")}
    assert len(heads) == 1


@pytest.mark.parametrize("size", ["", "0", "-1", "4XB", "much"])
def test_a_size_that_is_none_is_refused(bottles: Bottles, size: str) -> None:
    ended = bottles("export", "--since", "0", "--to", "disk", "--segment-size", size)
    assert ended.status == 2
    assert "no number of bytes" in ended.err


def test_a_generation_has_to_be_named(bottles: Bottles) -> None:
    assert bottles("export", "--to", "disk").status == 2


def test_who_is_refused_is_told_why_and_where_to_go(
    bottles: Bottles, folder: Path
) -> None:
    assert folder.is_dir()
    ended = bottles("import", "nowhere")
    assert (ended.status, ended.out) == (2, "")
    assert "there is no export in it" in ended.err
