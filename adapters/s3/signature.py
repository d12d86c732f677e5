"""Signatures of single requests to S3: AWS Signature Version 4, as far as it is needed.

What is signed has a digest in place of its body (S3 API reference, "Authenticating
Requests: Using the Authorization Header").
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlencode

from botocore.credentials import ReadOnlyCredentials

ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNSIGNED: Final = frozenset({"expect"})  # whoever passes a request on may change it


def signed(
    method: str,
    target: str,
    headers: Mapping[str, str],
    payload: str,
    *,
    query: str = "",
    credentials: ReadOnlyCredentials,
    region: str,
    moment: datetime,
) -> dict[str, str]:
    """Return the headers with which a request proves who sends it.

    Args:
        target: The path as it is sent: quoted.
        headers: Those of the request, ``Host`` among them.
        payload: The SHA-256 of the body in hex, or what S3 takes in its place.
        query: As it is sent: quoted, and its parts sorted.
        moment: Now, in UTC.
    """
    now = moment.strftime("%Y%m%dT%H%M%SZ")
    proven = {**headers, "X-Amz-Date": now, "X-Amz-Content-SHA256": payload}
    if credentials.token:
        proven["X-Amz-Security-Token"] = credentials.token
    fields = sorted(
        (name.lower(), " ".join(value.split()))
        for name, value in proven.items()
        if name.lower() not in _UNSIGNED
    )
    lines = "".join([f"{name}:{value}\n" for name, value in fields])
    names = ";".join([name for name, _ in fields])
    canonical = f"{method}\n{target}\n{query}\n{lines}\n{names}\n{payload}"
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    digest = sha256(canonical.encode()).hexdigest()
    key = _key(credentials.secret_key, now[:8], region)
    signature = hmac.digest(
        key, f"{ALGORITHM}\n{now}\n{scope}\n{digest}".encode(), "sha256"
    ).hex()
    proven["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope},"
        f" SignedHeaders={names}, Signature={signature}"
    )
    return proven


def written_query(query: Mapping[str, str]) -> str:
    """Return a query as it is signed, and sent: quoted and sorted."""
    return urlencode(sorted(query.items()), quote_via=quote)


# A few: credentials are renewed, and a run can go on past midnight.
@lru_cache(maxsize=4)
def _key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
