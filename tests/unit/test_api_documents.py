from __future__ import annotations

import pytest

from domain.api_documents import (
    CATALOG,
    beside_catalog,
    clients_of,
    is_signed,
    media_type,
    packages_document,
)
from domain.tags import Tag

TAHOE, LINUX = Tag("arm64_tahoe"), Tag("x86_64_linux")
ALL = {
    "internal/packages.arm64_tahoe.jws.json": TAHOE,
    "internal/packages.x86_64_linux.jws.json": LINUX,
    "cask.jws.json": None,
    "formula_tap_migrations.jws.json": None,
    "cask_tap_migrations.jws.json": None,
    "internal/executables.txt": None,
}


def test_each_client_has_packages_of_its_own_and_all_others_are_for_everybody() -> None:
    assert beside_catalog([TAHOE, LINUX]) == ALL
    assert packages_document(TAHOE) in ALL
    assert CATALOG not in ALL


def test_packages_say_by_their_names_whose_they_are() -> None:
    assert clients_of([CATALOG, *ALL]) == {
        name: client for name, client in ALL.items() if client is not None
    }


@pytest.mark.parametrize("name", [CATALOG, *ALL])
def test_all_but_the_executables_are_signed(name: str) -> None:
    assert is_signed(name) == (name != "internal/executables.txt")
    kind = "application/json" if is_signed(name) else "text/plain; charset=utf-8"
    assert media_type(name) == kind
