"""An external hash file in a bucket, the mirror's own or another."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from adapters.external.gathering import LARGEST, gathered
from adapters.external.migration import migrated
from adapters.s3.bucket import Bucket
from adapters.s3.download import Download
from adapters.s3.errors import require
from domain.bottle import ObjectKey
from ports.clock import Clock
from ports.external_hash_file import ExternalEntries, ExternalHashFile

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef


class _UnchangedError(Exception):
    """The object is still what it was."""


class S3HashFile(ExternalHashFile):
    """An object of S3, which may be in another account.

    Raises:
        RefusedError: What is configured for AWS makes no sense.
    """

    def __init__(
        self,
        bucket: str,
        key: str,
        clock: Clock,
        *,
        region: str | None = None,
        retry_attempts: int,
        at_most: int = LARGEST,
    ) -> None:
        """Ask nothing yet.

        Args:
            at_most: Bytes that it may have, as it is and unpacked.
        """
        self._bucket = Bucket(
            bucket, "", region=region, pool_size=1, retry_attempts=retry_attempts
        )
        self._key = ObjectKey(key)
        self._clock = clock
        self._attempts = retry_attempts
        self._at_most = at_most

    @property
    def source(self) -> str:
        return f"{self._bucket}/{self._key}"

    def fetch(self, unless: str | None = None) -> ExternalEntries | None:
        asked = {} if unless is None else {"IfNoneMatch": unless}

        def ask(rest: Mapping[str, Any]) -> GetObjectOutputTypeDef:
            # The rest of what has begun is asked for by its version.
            return self._get(rest or asked)

        try:
            download = Download(self.source, ask, self._attempts)
        except _UnchangedError:
            return None
        return migrated(
            gathered(download.pieces(), self.source, self._at_most),
            source=self.source,
            etag=download.version,
            today=self._clock.now().date(),
            at_most=self._at_most,
        )

    def _get(self, more: Mapping[str, Any]) -> GetObjectOutputTypeDef:
        with self._bucket.translator.translated(self.source):
            try:
                answer = self._bucket.repeats.get_object(
                    Bucket=self._bucket.name, Key=self._bucket.path(self._key), **more
                )
            except ClientError as error:
                metadata: Any = error.response.get("ResponseMetadata", {})
                if metadata.get("HTTPStatusCode") == HTTPStatus.NOT_MODIFIED:
                    raise _UnchangedError from error
                raise
            try:
                require(answer, "ETag")
            except ResponseParserError:
                answer["Body"].close()
                raise
            return answer
