"""The usual way to bring files into S3, to compare with: requests, hashlib, boto3.

A file lists them as JSON: address, digest, size and key of each. What does
not have its digest is an error. Nothing is recorded, resumed or written conditionally.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
import requests
from botocore.config import Config
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_PART: Final = 16 * 1024**2  # bytes; also the largest that is put in one piece
_SILENCE: Final = 60.0  # seconds


class Transfers:
    """Brings one file after the other into a bucket; threads may share it."""

    def __init__(self, session: requests.Session, s3: S3Client, bucket: str) -> None:
        self._session = session
        self._s3 = s3
        self._bucket = bucket

    def __call__(self, item: list[str]) -> None:
        """Bring in one."""
        url, digest, size, key = item
        with self._session.get(url, stream=True, timeout=_SILENCE) as answer:
            answer.raise_for_status()
            if int(size) <= _PART:
                self._put(key, answer.content, digest)
            else:
                self._put_parts(key, answer.iter_content(_PART), digest)

    def _put(self, key: str, body: bytes, digest: str) -> None:
        if hashlib.sha256(body).hexdigest() != digest:
            raise ValueError(key)
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)

    def _put_parts(self, key: str, pieces: Iterator[bytes], digest: str) -> None:
        seen = hashlib.sha256()
        parts: list[CompletedPartTypeDef] = []
        upload = self._s3.create_multipart_upload(Bucket=self._bucket, Key=key)
        for number, piece in enumerate(pieces, start=1):
            seen.update(piece)
            part = self._s3.upload_part(
                Bucket=self._bucket,
                Key=key,
                UploadId=upload["UploadId"],
                PartNumber=number,
                Body=piece,
            )
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        if seen.hexdigest() != digest:
            raise ValueError(key)
        self._s3.complete_multipart_upload(
            Bucket=self._bucket,
            Key=key,
            UploadId=upload["UploadId"],
            MultipartUpload={"Parts": parts},
        )


def main() -> None:
    """Bring in all that the list has."""
    parser = argparse.ArgumentParser()
    parser.add_argument("list", type=Path)
    parser.add_argument("bucket")
    parser.add_argument("jobs", type=int)
    arguments = parser.parse_args()
    items: list[list[str]] = json.loads(arguments.list.read_text(encoding="utf-8"))
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=arguments.jobs))
    s3 = boto3.client("s3", config=Config(max_pool_connections=arguments.jobs))
    transfers = Transfers(session, s3, arguments.bucket)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for _ in pool.map(transfers, items):
            pass


if __name__ == "__main__":
    main()
