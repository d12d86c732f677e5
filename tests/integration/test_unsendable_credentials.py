"""Credentials that no header can have, as of a file that ends with a line break."""

from __future__ import annotations

from collections.abc import Callable
from traceback import format_exception

import pytest

from adapters.aws.client import Aws
from adapters.aws_lambda import LambdaDispatcher
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from domain.order import Order
from ports.errors import RefusedError
from tests.support.blobs import MIB, blob, put
from tests.support.canned import Answer, CannedServer
from tests.support.short_way import without_short_way

KEY = ObjectKey("bottles_hash.json")
ORDER = Order("run-1", "a" * 64, 0, 1)


def _store() -> S3Store:
    return S3Store("bucket", pool_size=1, retry_attempts=2)


def look() -> None:
    _store().info(KEY)


def read() -> None:
    _store().get(KEY)


def create() -> None:
    _store().create(KEY, b"{}")


def stream() -> None:
    put(_store(), KEY, blob(MIB))


def dispatch() -> None:
    LambdaDispatcher(Aws("us-east-1", 1), "worker").dispatch([ORDER])


@pytest.fixture(params=["boto3's way", "the short way"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "boto3's way":
        without_short_way(monkeypatch)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("call", [look, read, create, stream, dispatch])
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_SESSION_TOKEN", "SECRET-TOKEN\n"),
        ("AWS_SESSION_TOKEN", "SECRET\nTOKEN"),
        ("AWS_ACCESS_KEY_ID", "SECRET-KEY\n"),
    ],
)
def test_they_are_told_as_wrong_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[[], None],
    variable: str,
    value: str,
) -> None:
    with CannedServer(Answer(404)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
        monkeypatch.setenv(variable, value)
        with pytest.raises(RefusedError, match=variable) as raised:
            call()
    assert server.requests == []
    shown = "".join(format_exception(raised.value))
    assert "SECRET" not in shown
    assert "Signature=" not in shown
