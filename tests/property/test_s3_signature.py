"""Signatures of the short way are those that botocore makes."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from adapters.s3.signature import signed, written_query

_HOST = "bottles.s3.eu-central-1.amazonaws.com"
_MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2027, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    timezones=st.just(UTC),
)
_VALUES = st.text(string.ascii_letters + string.digits + " =/+*\"'~", min_size=1)
_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Content-Length",
            "Content-Type",
            "Expect",
            "If-Match",
            "If-None-Match",
            "x-amz-checksum-sha256",
            "x-amz-copy-source",
        ]
    ),
    _VALUES.map(str.strip).filter(bool),
)
_TARGETS = st.text(string.ascii_letters + string.digits + "/._-~", min_size=1)


class _AsTold(S3SigV4Auth):
    """Takes the payload as it is given."""

    def __init__(self, told: str, credentials: Credentials, region: str) -> None:
        super().__init__(credentials, "s3", region)
        self._told = told

    def payload(self, _request: AWSRequest) -> str:
        return self._told


@given(
    method=st.sampled_from(["PUT", "HEAD"]),
    target=_TARGETS.map("/".__add__),
    headers=_HEADERS,
    payload=st.sampled_from(["UNSIGNED-PAYLOAD", "ab" * 32]),
    query=st.dictionaries(
        st.sampled_from(["list-type", "prefix", "start-after", "continuation-token"]),
        st.text(max_size=9),
    ),
    token=st.none() | st.just("of a role"),
    region=st.sampled_from(["eu-central-1", "us-gov-west-1"]),
    moment=_MOMENTS,
)
def test_they_are_those_of_botocore(
    method: str,
    target: str,
    headers: dict[str, str],
    payload: str,
    query: dict[str, str],
    token: str | None,
    region: str,
    moment: datetime,
) -> None:
    request = AWSRequest(
        method, f"https://{_HOST}{target}", dict(headers), params=dict(query)
    )
    credentials = Credentials("key", "secret", token)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: moment)
        _AsTold(payload, credentials, region).add_auth(request)
    ours = signed(
        method,
        target,
        {"Host": _HOST, **headers},
        payload,
        query=written_query(query),
        credentials=ReadOnlyCredentials("key", "secret", token),
        region=region,
        moment=moment,
    )
    assert ours["Authorization"] == request.headers["Authorization"]
    assert ours["X-Amz-Date"] == request.headers["X-Amz-Date"]


def test_another_secret_makes_another_signature() -> None:
    def signature(secret: str) -> str:
        return signed(
            "PUT",
            "/key",
            {"Host": _HOST},
            "UNSIGNED-PAYLOAD",
            credentials=ReadOnlyCredentials("key", secret, None),
            region="eu-central-1",
            moment=datetime(2026, 11, 27, tzinfo=UTC),
        )["Authorization"]

    assert signature("one") != signature("other")
    assert signature("one") == signature("one")
    assert "one" not in signature("one").partition("Signature=")[2]
