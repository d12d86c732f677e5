import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.certificates import write_loopback_certificate
from tests.support.slack import (
    INVALID_TOKEN,
    NO_SERVICE,
    SERVER_ERROR,
    SlackWebhook,
    slow,
    throttled,
)

_MESSAGE = {
    "text": "Homebrew Bottles Sync Started",
    "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "🚀 Started"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Date*\n1 May"}]},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "run 1"}]},
    ],
}


@pytest.fixture
def slack() -> Iterator[SlackWebhook]:
    with SlackWebhook() as webhook:
        yield webhook


def post(url: str, body: object) -> tuple[int, str]:
    answer = requests.post(url, json=body, timeout=60)
    return answer.status_code, answer.text


def test_records_what_is_posted(slack: SlackWebhook) -> None:
    assert post(slack.url, _MESSAGE) == (200, "ok")

    assert slack.messages == slack.attempts == [_MESSAGE]


def test_gives_the_answers_it_was_told_of_and_then_is_well_again(
    slack: SlackWebhook,
) -> None:
    slack.answer_next(throttled(7), SERVER_ERROR, NO_SERVICE, INVALID_TOKEN)

    answers = [post(slack.url, {"text": str(n)}) for n in range(5)]

    assert answers == [
        (429, "rate_limited"),
        (500, "server_error"),
        (404, "no_service"),
        (403, "invalid_token"),
        (200, "ok"),
    ]
    assert slack.messages == [{"text": "4"}]
    assert len(slack.attempts) == 5


def test_says_how_long_to_wait(slack: SlackWebhook) -> None:
    slack.answer_next(throttled(7))

    answer = requests.post(slack.url, json={"text": "hello"}, timeout=60)

    assert answer.headers["Retry-After"] == "7"


def test_may_be_down_for_good(slack: SlackWebhook) -> None:
    slack.answer_always(SERVER_ERROR)

    assert {post(slack.url, {"text": "hello"})[0] for _ in range(3)} == {500}
    assert slack.messages == []


def test_may_be_slower_than_a_client_waits(slack: SlackWebhook) -> None:
    slack.answer_next(slow(60))

    with pytest.raises(requests.ReadTimeout):
        requests.post(slack.url, json={"text": "hello"}, timeout=0.2)


def test_an_old_url_is_nobodys_once_it_was_renewed(slack: SlackWebhook) -> None:
    old = slack.url
    new = slack.renew()

    assert post(old, _MESSAGE) == (404, "no_service")
    assert post(new, _MESSAGE) == (200, "ok")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ([], "invalid_payload"),
        ({"blocks": []}, "no_text"),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "paragraph"}]}, "invalid_blocks"),
        (
            {
                "blocks": [
                    {
                        "type": "header",
                        "text": {"type": "plain_text", "text": "x" * 151},
                    }
                ]
            },
            "invalid_blocks",
        ),
        (
            {
                "blocks": [
                    {
                        "type": "section",
                        "fields": [{"type": "mrkdwn", "text": "x"}] * 11,
                    }
                ]
            },
            "invalid_blocks",
        ),
    ],
)
def test_refuses_what_slack_refuses(
    slack: SlackWebhook, body: object, complaint: str
) -> None:
    assert post(slack.url, body) == (400, complaint)
    assert slack.messages == []


def test_may_speak_tls(tmp_path: Path) -> None:
    certificate = write_loopback_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.certificate, certificate.private_key)

    with SlackWebhook(tls=tls) as slack:
        answer = requests.post(
            slack.url, json=_MESSAGE, timeout=60, verify=str(certificate.authority)
        )

    assert answer.text == "ok"
