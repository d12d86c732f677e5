"""The configuration of a mirror, checked as a whole before anything starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import PurePath
from typing import TypeAlias
from urllib.parse import urlsplit

from domain.errors import InvalidValueError
from domain.plan import GB
from domain.selection import Selection


@dataclass(frozen=True, slots=True)
class FolderAddress:
    """A store in a folder of this machine."""

    path: PurePath

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A store in an S3 bucket, under a prefix without slashes at its ends."""

    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else self.bucket_url

    @property
    def bucket_url(self) -> str:
        """The address of the bucket itself."""
        return f"s3://{self.bucket}"


StoreAddress: TypeAlias = FolderAddress | BucketAddress


def parse_store(text: str) -> StoreAddress:
    """Return the address of a store: a folder, or ``s3://bucket[/prefix]``.

    Raises:
        InvalidValueError: It is another kind of URL, or names no bucket.
    """
    if "://" not in text:
        if not text.strip():
            raise InvalidValueError("store", text, "a folder, or s3://bucket[/prefix]")
        return FolderAddress(PurePath(text))
    scheme, _, rest = text.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise InvalidValueError("store", text, "a folder, or s3://bucket[/prefix]")
    return BucketAddress(bucket, prefix.strip("/"))


def parse_upstream(text: str) -> str:
    """Return the base URL ``text`` without a slash at its end.

    Raises:
        InvalidValueError: It is not https, nor http to this machine itself.
    """
    parts = urlsplit(text)
    if parts.scheme == "https" and parts.hostname:
        return text.rstrip("/")
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        return text.rstrip("/")
    raise InvalidValueError(
        "URL", text, "https:// (http:// is accepted for loopback addresses only)"
    )


def is_loopback(host: str) -> bool:
    """Return whether ``host`` names this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


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
        registry_token: The bearer token of a private registry.
    """

    store: StoreAddress = FolderAddress(PurePath("mirror"))
    aws_region: str | None = None
    api_domain: str = "https://formulae.brew.sh/api"
    registry: str = "https://ghcr.io"
    catalog: str = "formula.jws.json"
    api_public_key: str | None = None
    selection: Selection = field(default_factory=Selection)
    max_bytes: int | None = None
    jobs: int = 8
    size_threshold_gb: int = 20
    shard_gb: int = 40
    lambda_shard_gb: int = 5
    retry_attempts: int = 5
    registry_token: str | None = None

    def __post_init__(self) -> None:
        parse_upstream(self.api_domain)
        parse_upstream(self.registry)
        for name in ("jobs", "size_threshold_gb", "shard_gb", "lambda_shard_gb"):
            self._check_at_least_one(name)
        self._check_at_least_one("retry_attempts")
        if self.max_bytes is not None:
            self._check_at_least_one("max_bytes")

    def _check_at_least_one(self, name: str) -> None:
        value = getattr(self, name)
        if value < 1:
            raise InvalidValueError(name, value, "1 or more")

    @property
    def size_threshold(self) -> int:
        """From how many bytes on a cloud run goes to ECS."""
        return self.size_threshold_gb * GB
