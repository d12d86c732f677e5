"""Across an air gap when the log of one side was damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Bottles, tree

COMMIT = Path("ledger/v1/commits/00000000000000000001.jsonl")


@pytest.fixture(autouse=True)
def _one_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTTLES_TARGET_TAGS", "arm64_sonoma")


@pytest.mark.usefixtures("upstream")
def test_a_follower_has_the_commits_that_the_other_side_has_lost(
    bottles: Bottles, folder: Path
) -> None:
    assert bottles("sync", "ledger", "gauge", "--store", "near").status == 0
    assert bottles("export", "--since", "0", "--to", "1", "--store", "near").status == 0
    assert bottles("import", "1", "--store", "far").status == 0
    (folder / "near" / COMMIT).unlink()
    assert bottles("export", "--since", "0", "--to", "2", "--store", "near").status == 3

    repaired = bottles("ledger", "repair", "--from", "far", "--yes", "--store", "near")
    assert repaired.status == 0
    assert bottles("export", "--since", "1", "--to", "3", "--store", "near").status == 0
    assert bottles("import", "3", "--store", "far").status == 0

    assert _hash_file(folder / "near") == _hash_file(folder / "far")


@pytest.mark.usefixtures("upstream")
def test_what_was_exported_and_is_given_up_needs_a_new_store(
    bottles: Bottles, folder: Path
) -> None:
    assert bottles("sync", "ledger", "gauge", "--store", "near").status == 0
    assert bottles("export", "--since", "0", "--to", "1", "--store", "near").status == 0
    assert bottles("import", "1", "--store", "far").status == 0
    (folder / "near" / COMMIT).unlink()
    given_up = ("ledger", "repair", "--declare-gaps", "--yes", "--store", "near")
    assert bottles(*given_up).status == 0
    before = tree(folder / "far")

    refused = bottles("export", "--since", "1", "--to", "2", "--store", "near")
    assert refused.status == 2
    assert "commits 1 to 1 were exported before and have been given up" in refused.err
    assert bottles("export", "--since", "0", "--to", "3", "--store", "near").status == 0
    refused = bottles("import", "3", "--store", "far")
    assert refused.status == 2
    assert "cannot forget" in refused.err
    assert tree(folder / "far") == before

    assert bottles("import", "3", "--store", "new").status == 0
    near, new = tree(folder / "near"), tree(folder / "new")
    for name in ("v2/", "api/", "bottles_hash.json"):
        seen = {key: body for key, body in near.items() if key.startswith(name)}
        assert seen
        assert seen == {k: body for k, body in new.items() if k.startswith(name)}
    assert bottles("verify", "--deep", "--store", "new").status == 0


@pytest.mark.usefixtures("upstream")
def test_a_follower_whose_log_is_damaged_is_told_so_and_changed_by_nobody(
    bottles: Bottles, folder: Path
) -> None:
    assert bottles("sync", "ledger", "gauge", "--store", "near").status == 0
    assert bottles("export", "--since", "0", "--to", "1", "--store", "near").status == 0
    assert bottles("import", "1", "--store", "far").status == 0
    (folder / "far" / COMMIT).write_bytes(b"")
    (folder / "far" / "bottles_hash.json").unlink()
    before = tree(folder / "far")

    assert bottles("import", "1", "--store", "far").status == 3
    repaired = bottles("ledger", "repair", "--from", "near", "--yes", "--store", "far")
    assert repaired.status == 2

    assert tree(folder / "far") == before


@pytest.mark.usefixtures("upstream")
@pytest.mark.parametrize("more", [(), ("--from", "near")])
def test_a_follower_that_lost_its_identity_is_a_follower_again(
    bottles: Bottles, folder: Path, more: tuple[str, ...]
) -> None:
    assert bottles("sync", "ledger", "gauge", "--store", "near").status == 0
    assert bottles("export", "--since", "0", "--to", "1", "--store", "near").status == 0
    assert bottles("import", "1", "--store", "far").status == 0
    identity = folder / "far" / "ledger" / "v1" / "ledger.json"
    identity.write_text("{}")

    bottles("ledger", "repair", *more, "--yes", "--store", "far")

    assert '"follows"' in identity.read_text()
    assert bottles("sync", "--store", "far").status == 2
    assert bottles("import", "1", "--store", "far").status == 0
    assert _hash_file(folder / "near") == _hash_file(folder / "far")


def _hash_file(store: Path) -> bytes:
    return (store / "bottles_hash.json").read_bytes()
