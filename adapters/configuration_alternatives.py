"""Settings that stand for one thing: each a way to name it, or a part of its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from adapters.configuration_sources import Source
from domain.config import (
    BucketAddress,
    ExternalObject,
    ExternalPath,
    ExternalSource,
    ExternalUrl,
)

_KEY: Final = "external_hash_file_s3_key"
_BUCKET: Final = "external_hash_file_s3_bucket"
_URL: Final = "external_hash_file_url"
_PATH: Final = "external_hash_file_path"

_NAMING: Final = ("formulae", "brewfile")
"""The settings that name formulae; a source that has one overrides them all."""

_STORE: Final = ("store", "s3_bucket_name")

_ALTERNATIVES: Final = {
    "store": _STORE,
    "external hash file": (_KEY, _URL, _PATH),
    "webhook": ("slack_webhook_url", "slack_webhook_secret_id"),
    "token of the registry": ("registry_token", "registry_token_secret_id"),
    "token of GitHub": ("github_token", "github_token_secret_id"),
}
"""What may be named in several ways, likewise; in one of them at a time."""

_PARTS: Final = {_BUCKET: (_KEY, "file"), "s3_prefix": ("s3_bucket_name", "store")}
"""What names nothing alone, of what it is a part, and what that names.

It may stand in another source than the rest of the name."""


def overridden(names: frozenset[str]) -> frozenset[str]:
    """Return what is not asked of further sources once ``names`` are given."""
    taken = set(names)
    for group in (_NAMING, *_ALTERNATIVES.values()):
        if not names.isdisjoint(group):
            taken.update(group)
    return frozenset(taken)


def put_together(merged: dict[str, Any]) -> None:
    """Replace the parts of names by what they name together."""
    bucket: str | None = merged.pop("s3_bucket_name", None)
    prefix: str = merged.pop("s3_prefix", "")
    if bucket is not None:
        merged["store"] = BucketAddress(bucket, prefix)


def contradictions(
    sources: Sequence[Source], merged: Mapping[str, Any]
) -> Iterator[str]:
    """Tell of settings that are right, and name nothing together.

    Args:
        merged: What ``sources`` say together, put together.
    """
    for source in sources:
        for thing, names in _ALTERNATIVES.items():
            named = [source.spelt(name) for name in names if name in source.values]
            if len(named) > 1:
                yield f"{source.where}{' and '.join(named)}: one {thing} at a time"
    for part, (rest, thing) in _PARTS.items():
        there = _first_with(sources, part)
        if there is not None and _first_with(sources, rest) is None:
            yield (
                f"{there.where}{there.spelt(part)}: names no {thing} without"
                f" {there.spelt(rest)}"
            )
    keyed = _first_with(sources, _KEY)
    if keyed is None or _first_with(sources, _BUCKET) or _KEY not in merged:
        return
    # Of a store that is a mistake itself, nobody knows what it was meant to be.
    known = "store" in merged or not any(_first_with(sources, name) for name in _STORE)
    if known and not isinstance(merged.get("store"), BucketAddress):
        yield (
            f"{keyed.where}{keyed.spelt(_KEY)}: needs {keyed.spelt(_BUCKET)}, for the"
            " store is a folder"
        )


def take_external(merged: dict[str, Any]) -> ExternalSource | None:
    """Return the external hash file that is named, and take its settings out."""
    key: str | None = merged.pop(_KEY, None)
    bucket: str | None = merged.pop(_BUCKET, None)
    url: ExternalUrl | None = merged.pop(_URL, None)
    path: ExternalPath | None = merged.pop(_PATH, None)
    if key is None:
        return url or path
    # Without a bucket, it is the store's: contradictions() has seen to it that there
    # is one.
    return ExternalObject(bucket or merged["store"].bucket, key)


def external_settings(external: ExternalSource | None) -> Mapping[str, object]:
    """Return the settings that name ``external``."""
    match external:
        case None:
            return {}
        case ExternalPath():
            return {_PATH: external}
        case ExternalUrl():
            return {_URL: external}
        case ExternalObject():
            return {_KEY: external.key, _BUCKET: external.bucket}


def _first_with(sources: Sequence[Source], name: str) -> Source | None:
    return next((source for source in sources if name in source.values), None)
