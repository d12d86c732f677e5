"""S3History before answers that the servers of the tests do not give."""

import pytest

from adapters.s3.history import S3History
from domain.bottle import ObjectKey
from ports.errors import (
    AccessDeniedError,
    MalformedError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    UnavailableError,
)
from tests.support.canned import Answer, CannedServer

KEY = ObjectKey("ledger/v1/ledger.json")

_PAGE = """<ListVersionsResult>
<IsTruncated>false</IsTruncated>
<Version>{key}<VersionId>one</VersionId><IsLatest>false</IsLatest>
<LastModified>2026-11-22T03:00:00.000Z</LastModified><Size>3</Size></Version>
<Version>{key}<VersionId>two</VersionId><IsLatest>false</IsLatest>
<LastModified>2026-11-22T03:00:02.000Z</LastModified><Size>4</Size></Version>
<DeleteMarker>{key}<VersionId>gone</VersionId><IsLatest>false</IsLatest>
<LastModified>2026-11-22T03:00:01.000Z</LastModified></DeleteMarker>
<DeleteMarker>{key}<VersionId>gone again</VersionId><IsLatest>true</IsLatest>
<LastModified>2026-11-22T03:00:02.000Z</LastModified></DeleteMarker>
</ListVersionsResult>""".format(key=f"<Key>{KEY}</Key>")
PAGE = Answer(200, body=_PAGE.encode())


def _history(monkeypatch: pytest.MonkeyPatch, server: CannedServer) -> S3History:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
    return S3History("bucket", pool_size=1, retry_attempts=1)


def test_versions_and_markers_are_told_in_one_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with CannedServer(PAGE) as server:
        found = list(_history(monkeypatch, server).versions("ledger/"))

    assert [each.version for each in found] == ["gone again", "two", "gone", "one"]
    assert [each.marker for each in found] == [True, False, True, False]
    assert [each.latest for each in found] == [True, False, False, False]
    assert [each.size for each in found] == [0, 4, 0, 3]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(501, "NotImplemented"),
        Answer(501, body=b"<html>"),
        Answer(405, "MethodNotAllowed"),
    ],
)
def test_a_server_that_knows_no_versions_has_none(
    monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    with CannedServer(answer) as server:
        history = _history(monkeypatch, server)
        assert list(history.versions("ledger/")) == []
        with pytest.raises(NotFoundError):
            history.remove_marker(KEY, "gone")


LISTS: list[tuple[Answer, type[PortError]]] = [
    (Answer(403, "AccessDenied"), AccessDeniedError),
    (Answer(404, "NoSuchBucket"), RefusedError),
    (Answer(503, "SlowDown"), UnavailableError),
    (Answer(200, body=b"<html/>"), MalformedError),
]


@pytest.mark.parametrize(("answer", "kind"), LISTS)
def test_any_other_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: type[PortError]
) -> None:
    with CannedServer(answer) as server, pytest.raises(PortError) as raised:
        list(_history(monkeypatch, server).versions("ledger/"))
    assert raised.type is kind


READS: list[tuple[Answer, type[PortError]]] = [
    (Answer(404, "NoSuchVersion"), NotFoundError),
    (Answer(404, "NoSuchKey"), NotFoundError),
    # AWS, of what cannot be the name of a version; and of a delete marker.
    (Answer(400, "InvalidArgument"), NotFoundError),
    (Answer(405, "MethodNotAllowed"), NotFoundError),
    (Answer(404, "NoSuchBucket"), RefusedError),
    (Answer(403, "AccessDenied"), AccessDeniedError),
    (Answer(503, "SlowDown"), UnavailableError),
]


@pytest.mark.parametrize(("answer", "kind"), READS)
def test_a_version_that_cannot_be_read_is_told(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: type[PortError]
) -> None:
    with CannedServer(answer) as server, pytest.raises(PortError) as raised:
        _history(monkeypatch, server).read_version(KEY, "one")
    assert raised.type is kind


def test_a_version_with_bytes_is_never_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    with CannedServer(PAGE) as server:
        history = _history(monkeypatch, server)
        with pytest.raises(RefusedError, match="no delete marker: nothing was done"):
            history.remove_marker(KEY, "two")
        history.remove_marker(KEY, "gone")

    assert [request.method for request in server.requests] == ["GET", "GET", "DELETE"]
    assert server.requests[-1].path.endswith("?versionId=gone")


def test_a_restore_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = CannedServer(Answer(503, "SlowDown"))
    with slow as server, pytest.raises(OutcomeUnknownError):
        _history(monkeypatch, server).restore(KEY, b"{}")

    assert len(server.requests) == 1
    headers = {name.lower() for name in server.requests[0].headers}
    assert not headers & {"if-match", "if-none-match"}
    assert "x-amz-checksum-sha256" in headers
