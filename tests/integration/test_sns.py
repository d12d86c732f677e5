"""SNS as it says no, and what a subject may be."""

from __future__ import annotations

import string
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.aws.client import Aws
from adapters.sns import SnsNotifier, subject_of
from domain.messages import Message
from ports.errors import PortError, RefusedError, UnavailableError
from tests.support.canned import Answer, CannedServer
from tests.support.messages import MESSAGES

TOPIC = "arn:aws:sns:us-east-1:123456789012:homebrew-sync-alerts"
PUBLISHED = Answer(
    200,
    body=b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult>"
    b"</PublishResponse>",
)


def no(status: int, code: str) -> Answer:
    body = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"
    return Answer(status, body=body.encode())


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("🚀 Homebrew Bottles Sync Started", "Homebrew Bottles Sync Started"),
        ("❌ Alarm: größer\nals\t20", "Alarm: grer als 20"),
        ("❌ 警報", "homebrew-bottles-sync"),
        ("x" * 120, "x" * 99),
        ("", "homebrew-bottles-sync"),
    ],
)
def test_a_subject_is_what_of_a_title_a_mail_takes(title: str, subject: str) -> None:
    assert subject_of(Message(title)) == subject


@given(st.text())
def test_any_title_becomes_a_subject_that_sns_takes(title: str) -> None:
    subject = subject_of(Message(title))

    assert 0 < len(subject) < 100
    assert subject[0] in string.ascii_letters + string.digits + string.punctuation
    assert all(" " <= character <= "~" for character in subject)


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (no(403, "AuthorizationError"), RefusedError, f"sns:Publish on {TOPIC}"),
        (no(404, "NotFound"), RefusedError, "set notification_topic_arn to the right"),
        (no(429, "Throttled"), UnavailableError, "Throttled"),
        (no(500, "InternalError"), UnavailableError, "InternalError"),
    ],
)
def test_a_no_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: type[PortError], told: str
) -> None:
    with CannedServer(answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
        with pytest.raises(kind) as refused:
            SnsNotifier(Aws("us-east-1", 1), TOPIC).send(MESSAGES["failed"])

    assert str(refused.value).startswith("Failed to send SNS notification: ")
    assert told in str(refused.value)


def test_a_text_that_is_too_long_is_cut_between_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = Message("T", (("Error", "€" * 100_000),))
    with CannedServer(PUBLISHED) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
        SnsNotifier(Aws("us-east-1", 1), TOPIC).send(long)

    (request,) = server.requests
    said = parse_qs(request.body.decode())
    (text,) = said["Message"]
    assert text.startswith("T\nError: €€")
    assert text.endswith("€…")
    assert 262_000 < len(text.encode()) <= 262_144 - 100
