from pathlib import PurePath

import pytest

from domain.config import BucketAddress, FolderAddress, StoreAddress, SyncConfig
from entrypoints.cli.next_step import typed


@pytest.mark.parametrize(
    ("store", "command", "text"),
    [
        (FolderAddress(PurePath("mirror")), "verify", "bottles verify"),
        (
            FolderAddress(PurePath("else")),
            "ledger log",
            "bottles ledger log --store else",
        ),
        (
            BucketAddress("bottles", "a"),
            "gc --yes",
            "bottles gc --store s3://bottles/a --yes",
        ),
    ],
)
def test_a_command_names_the_store_unless_it_is_the_default(
    store: StoreAddress, command: str, text: str
) -> None:
    assert typed(command, SyncConfig(store=store)) == text
