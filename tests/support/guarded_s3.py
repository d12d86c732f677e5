"""An S3 that lets nobody do what a policy does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, Final, Self
from urllib.parse import unquote

from tests.fake_s3.bucket import S3Error
from tests.fake_s3.server import FakeS3
from tests.fake_s3.wire import Call, Reply

_READ: Final = "s3:GetObject"
# What S3 asks IAM about each operation.
_RIGHTS: Final = {
    "HeadBucket": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "GetObject": _READ,
    "HeadObject": _READ,
    "PutObject": "s3:PutObject",
    "CopyObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement of an IAM policy allows."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self:
        """Return what a statement says that is written as JSON."""
        assert set(written) == {"Sid", "Effect", "Action", "Resource"}
        assert written["Effect"] == "Allow"
        return cls(_listed(written["Action"]), _listed(written["Resource"]))

    def grants(self) -> Iterator[tuple[str, str]]:
        """Yield each action with each resource."""
        return product(self.actions, self.resources)


class GuardedS3(FakeS3):
    """Buckets whose user has the rights of some statements, and no other.

    Attributes:
        statements: Of its user's policies.
        used: Every action and resource of theirs that something was allowed by.
        refused: What was not allowed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.statements: Sequence[Statement] = ()
        self.used: set[tuple[str, str]] = set()
        self.refused: list[tuple[str, str]] = []

    def answer(self, call: Call) -> Reply:
        """Carry out what is asked for, if that is allowed."""
        for action, resource in _needed(call):
            found = set(self._allowing(action, resource))
            self.used |= found
            if not found:
                self.refused.append((action, resource))
                raise S3Error(403, "AccessDenied", "Access Denied")
        return super().answer(call)

    def _allowing(self, action: str, resource: str) -> Iterator[tuple[str, str]]:
        for statement in self.statements:
            for granted, pattern in statement.grants():
                if granted == action and fnmatchcase(resource, pattern):
                    yield granted, pattern


def _needed(call: Call) -> Iterator[tuple[str, str]]:
    """Yield the actions that a call is, each with what it is done to."""
    versioned = call.operation == "GetObject" and "versionId" in call.query
    action = "s3:GetObjectVersion" if versioned else _RIGHTS[call.operation]
    bucket = f"arn:aws:s3:::{call.bucket}"
    yield action, f"{bucket}/{call.key}" if call.key else bucket
    source = call.headers.get("x-amz-copy-source")
    if source is not None:
        yield _READ, f"arn:aws:s3:::{unquote(source).lstrip('/')}"


def _listed(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
