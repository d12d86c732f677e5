"""The configuration of a mirror, checked as a whole before anything starts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import PurePath
from typing import TypeAlias
from urllib.parse import urlsplit

from domain.errors import InvalidValueError
from domain.plan import GB
from domain.selection import Selection

_NOT_IN_A_BASE = re.compile(r"[\s?#]")
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
        if self.prefix and not {"", ".", ".."}.isdisjoint(self.prefix.split("/")):
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


def parse_upstream(text: str) -> str:
    """Return the base URL ``text`` without a slash at its end.

    Raises:
        InvalidValueError: It is not https, nor http to this machine itself; or a
            path could not be appended to it.
    """
    try:
        parts = urlsplit(text)
        # The port is not needed, but it too is only read when it is asked for.
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidValueError("URL", text, f"a URL ({error})") from error
    if not host or _NOT_IN_A_BASE.search(text):
        raise InvalidValueError("URL", text, "https://host[/path]")
    if parts.username is not None:
        # What may be a password is not repeated.
        raise InvalidValueError("URL", f"…@{host}", "without a user name")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise InvalidValueError(
            "URL", text, "https:// (http:// is accepted for loopback addresses only)"
        )
    return text.rstrip("/")


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
        registry_token: The bearer token of a private registry; never shown.
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
    registry_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "api_domain", parse_upstream(self.api_domain))
        object.__setattr__(self, "registry", parse_upstream(self.registry))
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

    @property
    def size_threshold(self) -> int:
        """From how many bytes on a cloud run goes to ECS."""
        return self.size_threshold_gb * GB
