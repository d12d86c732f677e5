"""One bucket, or the part of it below a prefix: what its store and its copies share."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserError

from adapters.object_keys import check_key
from adapters.pacing import Pacing
from adapters.s3.client import open_clients
from adapters.s3.download import Download, Part
from adapters.s3.errors import NOT_S3, Translator, require
from adapters.s3.pace import store_pacing
from adapters.tally import Tally
from domain.bottle import Digest, ObjectKey, parse_digest
from ports.errors import MalformedError, NotFoundError, RefusedError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        CopyObjectResultTypeDef,
        GetObjectOutputTypeDef,
        HeadObjectOutputTypeDef,
    )


class Bucket:
    """Where the objects are, and whom to ask for them.

    Attributes:
        name: The bucket's own.
        prefix: What every key in it begins with: nothing, or a path and a slash.
        repeats: The client for what may be done twice.
        writes: The client for what may not.
        tally: Counts the requests that were sent.
        translator: Tells of failures.

    Raises:
        RefusedError: What is configured for AWS makes no sense.
    """

    def __init__(
        self,
        name: str,
        prefix: str,
        *,
        region: str | None,
        pool_size: int,
        retry_attempts: int,
        pacing: Pacing | None = None,
    ) -> None:
        """Take a bucket.

        Args:
            pool_size: How many connections are kept.
            retry_attempts: How often what may be done twice is tried in all.
            pacing: What others keep to as well; a new one if None.
        """
        self.name = name
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.tally = Tally()
        self.translator = Translator(name, lambda: self.tally.of_this_thread)
        self._attempts = retry_attempts
        self._was_seen = False
        try:
            self.repeats, self.writes = open_clients(
                name,
                region,
                pool_size,
                retry_attempts,
                self.tally.add,
                pacing or store_pacing(),
            )
        except (BotoCoreError, ValueError) as error:
            raise RefusedError(f"open {self}", str(error)) from error

    def __str__(self) -> str:
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    def path(self, key: ObjectKey) -> str:
        """Return the whole key of an object.

        Raises:
            RefusedError: It would leave the prefix.
        """
        check_key(key)
        return self.prefix + key

    def head(self, key: ObjectKey, what: str) -> HeadObjectOutputTypeDef | None:
        """Return what S3 says of an object, None when there is none."""
        try:
            with self.translator.translated(what):
                answer = self.repeats.head_object(
                    Bucket=self.name, Key=self.path(key), ChecksumMode="ENABLED"
                )
                require(answer, "ETag")
                return answer
        except NotFoundError:
            self._check_it_exists(what)
            return None

    def download(self, key: ObjectKey, what: str, part: Part | None = None) -> Download:
        """Begin to read an object, or a part of one of its versions.

        Raises:
            NotFoundError: There is none.
            ConflictError: It is another version by now.
        """

        def ask(rest: Mapping[str, Any]) -> GetObjectOutputTypeDef:
            with self.translator.translated(what):
                answer = self.repeats.get_object(
                    Bucket=self.name, Key=self.path(key), **rest
                )
                try:
                    require(answer, "ETag")
                except ResponseParserError:
                    answer["Body"].close()
                    raise
                return answer

        return Download(what, ask, self._attempts, part)

    def _check_it_exists(self, what: str) -> None:
        # An answer to HEAD has no room to say which was not found, object or bucket.
        if self._was_seen:
            return
        try:
            with self.translator.translated(what):
                self.repeats.head_bucket(Bucket=self.name)
        except NotFoundError as error:
            raise self.translator.no_bucket(what) from error
        except RefusedError:
            # Who may not look at the bucket is told so by every bucket that is there.
            pass
        self._was_seen = True


def stored_digest(
    answer: HeadObjectOutputTypeDef | CopyObjectResultTypeDef, what: str
) -> Digest | None:
    """Return the SHA-256 that S3 keeps of an object, None when it keeps none.

    An object that came in parts has a checksum of their checksums, written with a
    hyphen and their number (S3 user guide, "Checking object integrity").

    Args:
        what: What was asked for, and of whom.

    Raises:
        MalformedError: It keeps something else.
    """
    checksum = answer.get("ChecksumSHA256", "")
    if not checksum or "-" in checksum or answer.get("ChecksumType") == "COMPOSITE":
        return None
    try:
        return parse_digest(b64decode(checksum, validate=True).hex())
    except ValueError as error:
        raise MalformedError(
            what, f"the checksum is no SHA-256, but {checksum!r}; {NOT_S3}"
        ) from error
