"""The documents that the API serves beside the catalog, made from the same formulae.

``internal/packages.TAG`` has what a client of that tag needs and nothing else
(Homebrew/brew dev-cmd/generate-internal-api.rb, api/formula_struct.rb, ``serialize``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tests.standin.catalog import Formula, bottles_of

_MACOS = (
    *("golden_gate", "tahoe", "sequoia", "sonoma", "ventura", "monterey"),
    *("big_sur", "catalina"),
)
_ARM = "arm64_"
CLIENTS = (
    *_MACOS,
    *(f"{_ARM}{name}" for name in _MACOS[:-1]),
    *("x86_64_linux", "arm64_linux"),
)
"""The tags that documents are made for."""

_PACKAGES = re.compile(r"internal/packages\.(\w+)\.jws\.json")
_CASKS = [
    {"token": "taproom", "version": "1.2", "name": ["Taproom"], "sha256": "0" * 64}
]
_MIGRATIONS: Mapping[str, object] = {
    "formula_tap_migrations": {"root-beer": "homebrew/cask"},
    "cask_tap_migrations": {"barrel-room": "homebrew/core"},
}


OTHERS: Mapping[str, object] = {
    "cask.jws.json": _CASKS,
    **{f"{name}.jws.json": value for name, value in _MIGRATIONS.items()},
}
"""What is signed and has nothing to do with bottles, by its name."""


def client_of(name: str) -> str | None:
    """Return the tag whose packages a document has, None if it is no such document."""
    match = _PACKAGES.fullmatch(name)
    return match[1] if match and match[1] in CLIENTS else None


def packages_of(
    formulae: Sequence[Formula], client: str, generated_at: int
) -> dict[str, Any]:
    """Return what ``internal/packages.CLIENT`` says of ``formulae``."""
    return {
        "metadata": {
            "homebrew_version": "6.0.18",
            "bottle_tag": client,
            "generated_at": generated_at,
        },
        "formulae": {
            item["name"]: _struct(item, client)
            for item in formulae
            if isinstance(item.get("name"), str)
        },
        "casks": {"taproom": {"version": "1.2"}},
        "formula_aliases": _names(formulae, "aliases"),
        "formula_renames": _names(formulae, "oldnames"),
        "cask_renames": {},
        "formula_tap_git_head": "0" * 40,
        "cask_tap_git_head": "1" * 40,
        **_MIGRATIONS,
    }


def executables(formulae: Sequence[Formula]) -> bytes:
    """Return ``internal/executables.txt``: what each formula puts on the path."""
    names = [item["name"] for item in formulae if isinstance(item.get("name"), str)]
    return "".join(f"{name}(1.0):{name}\n" for name in names).encode()


def _struct(item: Formula, client: str) -> dict[str, Any]:
    versions = item.get("versions")
    fields: dict[str, Any] = {
        "desc": item.get("desc"),
        "stable_version": versions.get("stable") if isinstance(versions, dict) else 0,
        "revision": item.get("revision"),
        "version_scheme": item.get("version_scheme"),
        "stable_dependencies": item.get("dependencies"),
    }
    files = dict(bottles_of(item))
    poured = _poured(client, files)
    if poured is not None:
        fields["bottle_rebuild"] = item["bottle"]["stable"].get("rebuild")
        fields["bottle_checksum"] = files[poured]["sha256"]
        fields["bottle_tag"] = f":{poured}" if poured != client else None
    # What is blank is left out, and so is a zero.
    return {name: value for name, value in fields.items() if value}


def _poured(client: str, offered: Collection[str]) -> str | None:
    """Return the tag of the bottle that brew pours on ``client``."""
    for tag in (client, "all"):
        if tag in offered:
            return tag
    if client.endswith("_linux"):
        return None
    arm = _ARM if client.startswith(_ARM) else ""
    at = _MACOS.index(client.removeprefix(_ARM))
    older = (f"{arm}{name}" for name in _MACOS[at + 1 :])
    return next((tag for tag in older if tag in offered), None)


def _names(formulae: Sequence[Formula], field: str) -> dict[str, str]:
    return {other: item["name"] for item in formulae for other in item.get(field) or ()}


def written(value: object) -> bytes:
    """Return JSON as the API writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
