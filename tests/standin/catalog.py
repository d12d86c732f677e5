"""Catalogs to serve: formula objects in the shape of formulae.brew.sh's API.

``small_catalog`` has every odd case that the real one has, ``plain_catalog`` none;
``load_catalog`` reads a real one. Digests name no bytes until ``rewritten`` puts in
those of the bodies that stand for them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.standin.bodies import Bodies
from tests.standin.recipes import ODD_RECIPES, Recipe, ordinary_recipe

Formula = dict[str, Any]

ROOT_URL = "https://ghcr.io/v2/homebrew/core"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def small_catalog(count: int = 75) -> list[Formula]:
    """Invent ``count`` formulae: every odd case first, ordinary ones after.

    With the default, a client of the three newest macOS versions is offered some 200
    bottles.

    Raises:
        ValueError: ``count`` leaves no room for the odd cases.
    """
    ordinary = count - len(ODD_RECIPES)
    if ordinary < 0:
        message = f"a small catalog has at least {len(ODD_RECIPES)} formulae"
        raise ValueError(message)
    recipes = [*ODD_RECIPES, *(ordinary_recipe(index) for index in range(ordinary))]
    return sorted((formula(recipe) for recipe in recipes), key=_name)


def plain_catalog(count: int, tags: Sequence[str] = ("arm64_sonoma",)) -> list[Formula]:
    """Invent ``count`` ordinary formulae, each with one bottle for each tag."""
    recipes = (ordinary_recipe(index, tuple(tags)) for index in range(count))
    return sorted((formula(recipe) for recipe in recipes), key=_name)


def load_catalog(path: Path) -> list[Formula]:
    """Read a ``formula.json``, compressed or not."""
    raw = path.read_bytes()
    formulae: list[Formula] = json.loads(
        gzip.decompress(raw) if path.suffix == ".gz" else raw
    )
    return formulae


def bottles_of(formula: Mapping[str, Any]) -> Iterator[tuple[str, Formula]]:
    """Yield the tag and the file object of each bottle that has a real digest."""
    files: Mapping[str, Any]
    match formula.get("bottle"):
        case {"stable": {"files": dict(files)}}:
            for tag, file in files.items():
                match file:
                    case {"sha256": str(digest)} if _SHA256.fullmatch(digest):
                        yield tag, file


def rewritten(formulae: Sequence[Formula], bodies: Bodies) -> list[Formula]:
    """Return the catalog with the digests, and their URLs, of the invented bodies.

    What has no digest to replace, however odd its shape, is passed on as it is.
    """
    bodies.measure(
        file["sha256"] for formula in formulae for _tag, file in bottles_of(formula)
    )
    return [_rewritten(formula, bodies) for formula in formulae]


def _rewritten(formula: Formula, bodies: Bodies) -> Formula:
    files = dict(bottles_of(formula))
    if not files:
        return formula
    stable = formula["bottle"]["stable"]
    served = dict(stable["files"])
    for tag, file in files.items():
        digest = bodies.digest(file["sha256"])
        url = str(file.get("url", "")).replace(file["sha256"], digest)
        served[tag] = {**file, "sha256": digest, "url": url}
    bottle = {**formula["bottle"], "stable": {**stable, "files": served}}
    return {**formula, "bottle": bottle}


def formula(recipe: Recipe) -> Formula:
    """Return the API object of a recipe (Homebrew/brew formula.rb, to_hash)."""
    name, disabled = recipe.name, recipe.disabled
    deprecated = recipe.deprecated or disabled
    archive = f"https://example.org/{name}/{name}-{recipe.version}.tar.gz"
    stable = {
        "url": archive,
        "tag": None,
        "revision": None,
        "using": None,
        "checksum": _digest(archive),
    }
    head = {"url": f"https://example.org/{name}.git", "branch": "main", "using": None}
    return {
        "name": name,
        "full_name": name,
        "tap": "homebrew/core",
        "oldnames": list(recipe.oldnames),
        "aliases": list(recipe.aliases),
        "versioned_formulae": list(recipe.versioned),
        "desc": recipe.desc,
        "license": "BSD-2-Clause",
        "homepage": f"https://example.org/{name}",
        "versions": {
            "stable": recipe.version,
            "head": "HEAD",
            "bottle": bool(recipe.tags),
        },
        "urls": {"stable": stable, "head": head} if recipe.version else {"head": head},
        "patches": [],
        "revision": recipe.revision,
        "version_scheme": recipe.scheme,
        "compatibility_version": None,
        "autobump": True,
        "no_autobump_message": None,
        "skip_livecheck": False,
        "bottle": _bottle(recipe),
        "pour_bottle_only_if": None,
        "keg_only": "@" in name,
        "keg_only_reason": (
            {"reason": ":versioned_formula", "explanation": ""} if "@" in name else None
        ),
        "options": [],
        "build_dependencies": list(recipe.build),
        "dependencies": list(recipe.needs),
        "test_dependencies": list(recipe.test),
        "recommended_dependencies": list(recipe.recommended),
        "optional_dependencies": list(recipe.optional),
        "uses_from_macos": [item for item, _bound in recipe.macos],
        "uses_from_macos_bounds": [bound for _item, bound in recipe.macos],
        "requirements": [_requirement(system) for system in recipe.requires],
        "conflicts_with": [],
        "conflicts_with_reasons": [],
        "link_overwrite": [],
        "caveats": None,
        "installed": [],
        "linked_keg": None,
        "pinned": False,
        "outdated": False,
        **_withdrawal("deprecat", "2026-02-01" if deprecated else None),
        **_withdrawal("disabl", "2026-08-01" if disabled else None),
        "post_install_steps": [],
        "post_install_defined": False,
        "service": None,
        "tap_git_head": _digest("homebrew-core")[:40],
        "ruby_source_path": f"Formula/{name[0]}/{name}.rb",
        "ruby_source_checksum": {"sha256": _digest(f"{name}.rb")},
        "variations": dict(recipe.variations),
    }


def _withdrawal(verb: str, date: str | None) -> Formula:
    """Return the seven fields that tell of a deprecation or of a disabling."""
    reason = "unmaintained" if date else None
    replacements = {"replacement_formula": None, "replacement_cask": None}
    noun = {"deprecat": "deprecation", "disabl": "disable"}[verb]
    arguments = {"date": date, "because": reason, **replacements} if date else None
    return {
        f"{verb}ed": date is not None,
        f"{noun}_date": date,
        f"{noun}_reason": reason,
        f"{noun}_replacement_formula": None,
        f"{noun}_replacement_cask": None,
        f"{verb}e_args": arguments,
    }


def _bottle(recipe: Recipe) -> Formula:
    if not recipe.tags:
        return dict(recipe.without_bottles)
    image = recipe.name.replace("@", "/").replace("+", "x")
    built = f"{recipe.name} {recipe.version} {recipe.revision} {recipe.rebuild}"
    files = {}
    for tag in recipe.tags:
        digest = _digest(f"{built} {'same' if tag in recipe.same else tag}")
        url = f"{ROOT_URL}/{image}/blobs/sha256:{digest}"
        files[tag] = {"cellar": _cellar(recipe, tag), "url": url, "sha256": digest}
    stable = {"rebuild": recipe.rebuild, "root_url": ROOT_URL, "files": files}
    return {"stable": stable}


def _cellar(recipe: Recipe, tag: str) -> str:
    if recipe.relocatable:
        return ":any_skip_relocation" if tag == "all" else ":any"
    if tag.endswith("_linux"):
        return "/home/linuxbrew/.linuxbrew/Cellar"
    return "/opt/homebrew/Cellar" if tag.startswith("arm64_") else "/usr/local/Cellar"


def _requirement(system: str) -> Formula:
    absent = dict.fromkeys(("cask", "download", "version"))
    return {"name": system, **absent, "contexts": [], "specs": ["stable", "head"]}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _name(formula: Formula) -> str:
    name: str = formula["name"]
    return name
