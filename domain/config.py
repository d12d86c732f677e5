"""The configuration of a mirror, checked as a whole before anything starts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TypeAlias

from domain.api_documents import CATALOG
from domain.errors import InvalidValueError
from domain.exposure_config import ExposureConfig
from domain.secret import parse_secret_id
from domain.selection import Selection
from domain.urls import check_url, parse_upstream
from domain.views import PORTABLE_RUBY
from domain.work import GB, Work

# What S3 has ever taken, the buckets of its early years included.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


@dataclass(frozen=True, slots=True)
class FolderAddress:
    """A store in a folder of this machine."""

    path: PurePath

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A store in an S3 bucket, under a prefix without slashes at its ends.

    Raises:
        InvalidValueError: No bucket can be called so, or a part of the prefix is
            empty, ``.`` or ``..``, which are not the same place to every client.
    """

    bucket: str
    prefix: str = ""

    def __post_init__(self) -> None:
        if not _BUCKET.fullmatch(self.bucket):
            raise InvalidValueError(
                "bucket", self.bucket, "made of letters, digits and ._-"
            )
        if self.prefix and not _is_plain(self.prefix):
            raise InvalidValueError("prefix", self.prefix, "names joined by single /")

    def __str__(self) -> str:
        bucket = f"s3://{self.bucket}"
        return f"{bucket}/{self.prefix}" if self.prefix else bucket


StoreAddress: TypeAlias = FolderAddress | BucketAddress


def parse_store(text: str) -> StoreAddress:
    """Return the address of a store: a folder, or ``s3://bucket[/prefix]``.

    Raises:
        InvalidValueError: It is another kind of URL, or names no bucket.
    """
    scheme, is_url, rest = text.partition("://")
    if not is_url and text.strip():
        return FolderAddress(PurePath(text))
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise InvalidValueError("store", text, "a folder, or s3://bucket[/prefix]")
    return BucketAddress(bucket, prefix.strip("/"))


@dataclass(frozen=True, slots=True)
class ExternalPath:
    """An external hash file on this machine."""

    path: PurePath

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True, repr=False)
class ExternalUrl:
    """An external hash file on the internet.

    The query of a URL may be a signature that opens the file to anybody: it is sent
    where it belongs, and not shown.

    Raises:
        InvalidValueError: It is not https, nor http to this machine itself; or it
            carries a user's name.
    """

    url: str

    def __post_init__(self) -> None:
        check_url(self.url, str(self))

    def __str__(self) -> str:
        return self.url.partition("?")[0]

    def __repr__(self) -> str:
        return f"ExternalUrl({str(self)!r})"


@dataclass(frozen=True, slots=True)
class ExternalObject:
    """An external hash file in a bucket, the mirror's own or another.

    Raises:
        InvalidValueError: No bucket can be called so, or the key is not the same to
            every client, as with a prefix.
    """

    bucket: str
    key: str

    def __post_init__(self) -> None:
        BucketAddress(self.bucket)
        parse_object_key(self.key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


ExternalSource: TypeAlias = ExternalPath | ExternalUrl | ExternalObject


def parse_external(text: str) -> ExternalSource:
    """Return where an external hash file is: a path, a URL, or ``s3://bucket/key``.

    Raises:
        InvalidValueError: It is none of these.
    """
    scheme, is_url, rest = text.partition("://")
    if not is_url:
        return parse_external_path(text)
    bucket, _, key = rest.partition("/")
    if scheme == "s3":
        return ExternalObject(bucket, key)
    return ExternalUrl(text)


def parse_external_path(text: str) -> ExternalPath:
    """Return the path of an external hash file.

    Raises:
        InvalidValueError: It is a URL, or nothing.
    """
    if not text.strip() or "://" in text:
        # What may be a signature is not repeated.
        shown = text.partition("?")[0]
        raise InvalidValueError("external hash file", shown, "the path of a file")
    return ExternalPath(PurePath(text))


def parse_object_key(text: str) -> str:
    """Return ``text``, which is the whole key of an object in a bucket.

    Raises:
        InvalidValueError: A part of it is empty, ``.`` or ``..``.
    """
    if not _is_plain(text):
        raise InvalidValueError("key", text, "names joined by single /")
    return text


def parse_bucket(text: str) -> str:
    """Return ``text``, which is the name of a bucket.

    Raises:
        InvalidValueError: No bucket can be called so.
    """
    return BucketAddress(text).bucket


def parse_prefix(text: str) -> str:
    """Return ``text``, which is a prefix in a bucket, without slashes at its ends.

    Raises:
        InvalidValueError: A part of it is empty, ``.`` or ``..``.
    """
    return BucketAddress("any", text.strip("/")).prefix


def _is_plain(path: str) -> bool:
    return {"", ".", ".."}.isdisjoint(path.split("/"))


@dataclass(frozen=True, slots=True)
class SyncConfig:
    """Everything a run has to be told, with the defaults that suit a laptop.

    Attributes:
        api_domain: Where the catalog is, as ``HOMEBREW_API_DOMAIN`` means it.
        registry: Where bottles and their manifests are.
        catalog: The API document to read, or the path of a local file.
        api_public_key: PEM of the key that signs the API; None is Homebrew's.
        max_bytes: The most bytes that one run fetches; None is no bound.
        jobs: Transfers at a time.
        size_threshold_gb: From this on, a cloud run goes to ECS. Decimal GB.
        shard_gb: Decimal GB that one ECS task is given.
        lambda_shard_gb: Decimal GB that one Lambda worker is given.
        retry_attempts: How often one network call is tried.
        external: The hash file of another mirror, which says what is elsewhere.
        external_required: Whether a run fails when that cannot be read.
        registry_token: The bearer token of a private registry; never shown.
        registry_token_secret_id: The secret that holds such a token.
        github_token: The token with which GitHub's API is asked; never shown.
        github_token_secret_id: The secret that holds such a token.
        exposure: How the mirror shows itself, and what it lets go.
    """

    store: StoreAddress = FolderAddress(PurePath("mirror"))
    aws_region: str | None = None
    api_domain: str = "https://formulae.brew.sh/api"
    registry: str = "https://ghcr.io"
    catalog: str = CATALOG
    api_public_key: str | None = None
    selection: Selection = field(default_factory=Selection)
    max_bytes: int | None = None
    jobs: int = 8
    size_threshold_gb: int = 20
    shard_gb: int = 40
    lambda_shard_gb: int = 5
    retry_attempts: int = 5
    external: ExternalSource | None = None
    external_required: bool = False
    registry_token: str | None = field(default=None, repr=False)
    registry_token_secret_id: str | None = None
    github_token: str | None = field(default=None, repr=False)
    github_token_secret_id: str | None = None
    exposure: ExposureConfig = field(default_factory=ExposureConfig)

    def __post_init__(self) -> None:
        object.__setattr__(self, "api_domain", parse_upstream(self.api_domain))
        object.__setattr__(self, "registry", parse_upstream(self.registry))
        # Who reads bottles here runs brew, and brew runs on Ruby.
        always = (PORTABLE_RUBY,) if self.exposure.views else ()
        object.__setattr__(self, "selection", replace(self.selection, always=always))
        for name, value in (
            ("max_bytes", self.max_bytes),
            ("jobs", self.jobs),
            ("size_threshold_gb", self.size_threshold_gb),
            ("shard_gb", self.shard_gb),
            ("lambda_shard_gb", self.lambda_shard_gb),
            ("retry_attempts", self.retry_attempts),
        ):
            if value is not None and value < 1:
                raise InvalidValueError(name, value, "1 or more")
        for secret in (self.registry_token_secret_id, self.github_token_secret_id):
            if secret is not None:
                parse_secret_id(secret)

    @property
    def mirrors_api(self) -> bool:
        """Whether the API's documents are mirrored: none that is not signed is."""
        return bool(self.exposure.views) and self.catalog == CATALOG

    @property
    def size_threshold(self) -> int:
        """From how many bytes on a cloud run goes to ECS."""
        return self.size_threshold_gb * GB

    def shards(self, work: Work) -> int:
        """Return into how many shares the cloud splits ``work``."""
        on_ecs = work.route(self.size_threshold) == "ecs"
        return work.shards(GB * (self.shard_gb if on_ecs else self.lambda_shard_gb))
