"""Manifests of ghcr.io/homebrew/core (Homebrew/brew github_packages.rb)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.standin.catalog import Formula, bottles_of

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
_MACOS = {
    "tahoe": "macOS 26",
    "sequoia": "macOS 15",
    "sonoma": "macOS 14",
    "ventura": "macOS 13",
    "monterey": "macOS 12",
    "big_sur": "macOS 11",
    "catalina": "macOS 10.15",
}


@dataclass(frozen=True, slots=True)
class Manifests:
    """The index of one version of a formula, and its children by digest."""

    index: bytes
    children: Mapping[str, bytes]


def image_of(name: str) -> str:
    """Return the repository of a formula, below ``homebrew/core``."""
    return name.replace("@", "/").replace("+", "x")


def package_version(formula: Mapping[str, Any]) -> str:
    """Return the version with its revision (Homebrew/brew pkg_version.rb)."""
    stable, revision = formula["versions"]["stable"], formula.get("revision") or 0
    return f"{stable}_{revision}" if revision else f"{stable}"


def tag_reference(formula: Mapping[str, Any]) -> str:
    """Return the tag of the index: the version, the rebuild behind a hyphen."""
    rebuild = formula["bottle"]["stable"].get("rebuild") or 0
    version = package_version(formula)
    return f"{version}-{rebuild}" if rebuild else version


def manifests(formula: Formula, sizes: Mapping[str, int], *, sized: bool) -> Manifests:
    """Return the manifests of a formula whose bottles' ``sizes`` are by digest.

    Without ``sized`` the index leaves out ``sh.brew.bottle.size``, as it does for
    bottles built before Homebrew 4.0.15.
    """
    children: dict[str, bytes] = {}
    entries = []
    for tag, file in bottles_of(formula):
        digest = file["sha256"]
        size = sizes[digest]
        annotations = _bottle_annotations(formula, tag, digest, size if sized else None)
        raw = _child(formula, tag, digest, size, annotations)
        child = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        children[child] = raw
        entry: dict[str, Any] = {
            "mediaType": MANIFEST_TYPE,
            "digest": child,
            "size": len(raw),
        }
        if tag != "all":
            entry["platform"] = _platform(tag)
        entry["annotations"] = annotations
        entries.append(entry)
    index = {
        "schemaVersion": 2,
        "manifests": entries,
        "annotations": {
            "com.github.package.type": "homebrew_bottle",
            **_annotations(formula, tag_reference(formula)),
        },
    }
    return Manifests(_json(index), children)


def _child(
    formula: Formula,
    tag: str,
    digest: str,
    size: int,
    annotations: Mapping[str, str],
) -> bytes:
    config = _json({**_platform(tag), "rootfs": {"type": "layers", "diff_ids": []}})
    name, rebuild = formula["name"], formula["bottle"]["stable"].get("rebuild") or 0
    suffix = f".{rebuild}" if rebuild else ""
    title = f"{name}--{package_version(formula)}.{tag}.bottle{suffix}.tar.gz"
    layer = {
        "mediaType": _LAYER_TYPE,
        "digest": f"sha256:{digest}",
        "size": size,
        "annotations": {"org.opencontainers.image.title": title},
    }
    return _json(
        {
            "schemaVersion": 2,
            "config": {
                "mediaType": _CONFIG_TYPE,
                "digest": f"sha256:{hashlib.sha256(config).hexdigest()}",
                "size": len(config),
            },
            "layers": [layer],
            "annotations": {
                "com.github.package.type": "homebrew_bottle",
                **_annotations(formula, _child_reference(formula, tag)),
                **annotations,
            },
        }
    )


def _child_reference(formula: Formula, tag: str) -> str:
    rebuild = formula["bottle"]["stable"].get("rebuild") or 0
    reference = f"{package_version(formula)}.{tag}"
    return f"{reference}.{rebuild}" if rebuild else reference


def _annotations(formula: Formula, reference: str) -> dict[str, str]:
    name, head = formula["name"], formula.get("tap_git_head")
    core = "https://github.com/homebrew/homebrew-core"
    every = {
        "created": "2026-08-22",
        "description": formula.get("desc"),
        "documentation": f"https://formulae.brew.sh/formula/{name}",
        "licenses": formula.get("license"),
        "ref.name": reference,
        "revision": head,
        "source": f"{core}/blob/{head or 'HEAD'}/{formula.get('ruby_source_path')}",
        "title": f"homebrew/core/{name}",
        "url": formula.get("homepage"),
        "vendor": "homebrew",
        "version": package_version(formula),
    }
    return {
        f"org.opencontainers.image.{key}": value
        for key, value in every.items()
        if value
    }


def _bottle_annotations(
    formula: Formula, tag: str, digest: str, size: int | None
) -> dict[str, str]:
    annotations = {
        "org.opencontainers.image.ref.name": _child_reference(formula, tag),
        "sh.brew.bottle.digest": digest,
        "sh.brew.license": formula.get("license") or "",
        "sh.brew.tab": _tab(formula, tag),
    }
    if size is not None:
        annotations["sh.brew.bottle.size"] = str(size)
        annotations["sh.brew.bottle.installed_size"] = str(3 * size)
    return {key: value for key, value in annotations.items() if value}


def _tab(formula: Formula, tag: str) -> str:
    needs = [
        {"full_name": name, "declared_directly": True}
        for name in formula.get("dependencies") or []
    ]
    tab: dict[str, Any] = {
        "homebrew_version": "6.0.18",
        "changed_files": [],
        "source_modified_time": 1_755_820_800,
        "compiler": "clang",
        "runtime_dependencies": needs,
    }
    if tag != "all":
        tab["arch"] = _platform(tag)["architecture"]
        tab["built_on"] = {"os": "Linux" if tag.endswith("_linux") else "Macintosh"}
    return _json(tab).decode()


def _platform(tag: str) -> dict[str, str]:
    arm = tag.startswith("arm64_")
    system = {"architecture": "arm64" if arm else "amd64"}
    if tag.endswith("_linux") or tag == "all":
        return {**system, "os": "linux", "os.version": "Ubuntu 22.04.5 LTS"}
    version = _MACOS.get(tag.removeprefix("arm64_"), "macOS 27")
    return {**system, "os": "darwin", "os.version": version}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
