"""What a registry's documents say of bottles.

Source: Homebrew/brew ``github_packages.rb`` (``upload_bottle``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from domain.bottle import Bottle, Digest, parse_digest
from domain.errors import InvalidValueError
from domain.tags import Tag, parse_tag
from ports.errors import MalformedError

LARGEST_BOTTLE: Final = 10**12
"""Bytes. Whoever speaks of more does not speak of a bottle; the largest has 10^9."""

_DECIMAL = re.compile(r"[0-9]{1,13}")


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One bottle in the index of a formula's release.

    Attributes:
        manifest: The digest of its own manifest, as ``sha256:HEX``.
        size: Bytes, None when the index does not tell: those built before
            Homebrew 4.0.15 lack it.
    """

    manifest: str
    size: int | None


class _Part(Schema):
    class Meta:
        unknown = EXCLUDE


class _AnnotationsSchema(_Part):
    digest = fields.String(data_key="sh.brew.bottle.digest", required=True)
    name = fields.String(data_key="org.opencontainers.image.ref.name", load_default="")
    # A string by the rules of OCI; read apart, for a bad one costs one more request.
    size = fields.Raw(data_key="sh.brew.bottle.size", load_default=None)


class _ChildSchema(_Part):
    digest = fields.String(
        required=True, validate=validate.Regexp(r"sha256:[0-9a-f]{64}\Z")
    )
    annotations = fields.Nested(_AnnotationsSchema, required=True)


class _IndexSchema(_Part):
    # Raw: one child that is no bottle does not spoil the others.
    manifests = fields.List(fields.Raw(allow_none=True), required=True)


class _LayerSchema(_Part):
    digest = fields.String(required=True)
    size = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, LARGEST_BOTTLE)
    )


class _ManifestSchema(_Part):
    layers = fields.List(fields.Nested(_LayerSchema), required=True)


_CHILD: Final = _ChildSchema()
_INDEX: Final = _IndexSchema()
_MANIFEST: Final = _ManifestSchema()


def read_index(body: bytes, what: str) -> dict[Digest, IndexEntry]:
    """Return the bottles that an image index names, by their digest.

    Raises:
        MalformedError: It is not an image index.
    """
    entries: dict[Digest, IndexEntry] = {}
    for loaded in _children(body, what):
        annotations = loaded["annotations"]
        digest, size = Digest(annotations["digest"]), read_size(annotations["size"])
        # One digest may be there under several tags, and only one of them sized.
        if size is not None or digest not in entries:
            entries[digest] = IndexEntry(loaded["digest"], size)
    return entries


def read_bottles(body: bytes, release: Bottle, what: str) -> dict[Tag, Digest]:
    """Return the digests of the bottles that the index of a release names, by tag.

    Raises:
        MalformedError: It is not an image index.
    """
    before = f"{release.pkg_version}."
    after = f".{release.rebuild}" if release.rebuild else ""
    bottles: dict[Tag, Digest] = {}
    for loaded in _children(body, what):
        annotations = loaded["annotations"]
        name: str = annotations["name"]
        if not (name.startswith(before) and name.endswith(after)):
            continue
        try:
            tag = parse_tag(name[len(before) : len(name) - len(after)])
            bottles[tag] = parse_digest(annotations["digest"])
        except InvalidValueError:
            continue
    return bottles


def read_layer_size(body: bytes, digest: Digest, what: str) -> int | None:
    """Return the bytes of the bottle that a manifest is of, None if it is another's.

    Raises:
        MalformedError: It is not an image manifest.
    """
    for layer in _loaded(_MANIFEST, body, what)["layers"]:
        if layer["digest"] == f"sha256:{digest}":
            size: int = layer["size"]
            return size
    return None


def read_size(text: object) -> int | None:
    """Return a size in bytes written in decimal, None when it cannot be a bottle's."""
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        return None
    size = int(text)
    return size if 0 < size <= LARGEST_BOTTLE else None


def _children(body: bytes, what: str) -> Iterator[Mapping[str, Any]]:
    for child in _loaded(_INDEX, body, what)["manifests"]:
        try:
            yield _CHILD.load(child)
        except ValidationError:
            continue


def _loaded(schema: Schema, body: bytes, what: str) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = schema.load(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise MalformedError(what, f"not JSON: {error}") from error
    except ValidationError as error:
        raise MalformedError(what, f"not an OCI document: {error}") from error
    return loaded
