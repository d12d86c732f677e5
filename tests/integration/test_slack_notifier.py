"""Slack's webhook on good days and on others; its URL is in none of them."""

from __future__ import annotations

import json
import logging
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from socket import AF_INET, SHUT_RDWR, SOCK_STREAM, socket
from threading import Thread

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.secret import KnownSecret
from adapters.retry import ONCE, Backoff
from adapters.slack.notifier import Patience, SlackNotifier
from ports.errors import (
    PortError,
    RefusedError,
    UnavailableError,
)
from ports.secret import Secret
from tests.support.certificates import write_loopback_certificate
from tests.support.loopback import Answer, Asked, LoopbackServer
from tests.support.messages import MESSAGES
from tests.support.nobody import nobody_listens
from tests.support.slack import (
    ARCHIVED,
    INVALID_TOKEN,
    NO_SERVICE,
    SERVER_ERROR,
    SlackWebhook,
    slow,
    throttled,
)

STARTED = MESSAGES["started"]
SECRET = "secret-of-webhook"
"""Stands in the path of every webhook of the stand-in."""


@pytest.fixture
def slack() -> Iterator[SlackWebhook]:
    with SlackWebhook() as webhook:
        yield webhook


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


class Rotated(Secret):
    """A secret that is another one when it is asked for afresh.

    Attributes:
        asked: How it was asked for, in order.
    """

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new
        self.asked: list[bool] = []

    def __call__(self, *, afresh: bool = False) -> str:
        self.asked.append(afresh)
        return self._new if afresh else self._old


class Denied(Secret):
    """A secret that is not given out."""

    def __call__(self, *, afresh: bool = False) -> str:
        raise RefusedError("the secret slack", f"AccessDenied (afresh: {afresh})")


def notifier(
    webhook: str | Secret,
    clock: ManualClock | None = None,
    patience: Patience | None = None,
) -> SlackNotifier:
    return SlackNotifier(
        KnownSecret(webhook) if isinstance(webhook, str) else webhook,
        clock or ManualClock(),
        lambda: 0.5,
        user_agent="bottles-tests/1",
        patience=patience,
    )


def failed(notifier: SlackNotifier) -> PortError:
    """Return what sending fails with, when all that a log could show is harmless."""
    with pytest.raises(PortError) as raised:
        notifier.send(STARTED)
    error: BaseException | None = raised.value
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    while error is not None:
        shown += repr(error) + repr(vars(error)) + repr(error.args)
        error = error.__cause__ or error.__context__
    assert SECRET not in shown
    assert str(raised.value).startswith("Failed to send Slack notification: ")
    return raised.value


def test_posts_json_and_says_who_it_is() -> None:
    asked: list[Asked] = []

    def answer(request: Asked) -> Answer:
        asked.append(request)
        return Answer(body=b"ok")

    with LoopbackServer(answer) as server:
        notifier(f"{server.origin}/services/T/B/x?y=z").send(STARTED)

    (request,) = asked
    assert (request.method, request.target) == ("POST", "/services/T/B/x?y=z")
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["user-agent"] == "bottles-tests/1"
    assert json.loads(request.body)["text"] == STARTED.text
    assert "🚀".encode() in request.body


def test_tries_again_when_slack_is_not_well(
    slack: SlackWebhook, clock: ManualClock
) -> None:
    slack.answer_next(SERVER_ERROR, throttled(7), SERVER_ERROR)

    notifier(slack.url, clock).send(STARTED)

    assert len(slack.attempts) == 4
    assert len(slack.messages) == 1
    # Half of 0.5 s, 7 s and half of 1 s, half of 2 s.
    assert clock.monotonic() == 0.25 + 7 + 0.5 + 1


def test_gives_up_after_its_attempts_and_tells_how_many(slack: SlackWebhook) -> None:
    slack.answer_always(SERVER_ERROR)

    error = failed(notifier(slack.url, patience=Patience(Backoff(attempts=3))))

    assert isinstance(error, UnavailableError)
    assert str(error) == (
        "Failed to send Slack notification: 500 Internal Server Error (server_error)"
        " (tried 3 times)"
    )
    assert len(slack.attempts) == 3


def test_does_not_wait_longer_than_it_has(
    slack: SlackWebhook, clock: ManualClock
) -> None:
    slack.answer_always(throttled(30))

    error = failed(notifier(slack.url, clock, Patience(total=50)))

    assert str(error) == (
        "Failed to send Slack notification: not taken within 50 s; the last answer: 429"
        " Too Many Requests (rate_limited)"
    )
    assert len(slack.attempts) == 2
    assert clock.monotonic() < 50


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (NO_SERVICE, RefusedError, "404 Not Found (no_service)"),
        (INVALID_TOKEN, RefusedError, "403 Forbidden (invalid_token)"),
        (Answer(404, b"<html>no"), RefusedError, "404 Not Found"),
        (ARCHIVED, RefusedError, "410 Gone (channel_is_archived)"),
        (Answer(400, b"invalid_payload"), RefusedError, "400 Bad Request (invalid_p"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), RefusedError, "302 Fo"),
        (Answer(799, b""), UnavailableError, "799"),
    ],
)
def test_a_refusal_is_told_in_slacks_words_and_not_repeated(
    slack: SlackWebhook, answer: Answer, kind: type[PortError], told: str
) -> None:
    slack.answer_always(answer)

    error = failed(notifier(slack.url, patience=Patience(ONCE)))

    assert isinstance(error, kind)
    assert str(error).startswith(f"Failed to send Slack notification: {told}")
    assert len(slack.attempts) == 1


@pytest.mark.parametrize("no", [NO_SERVICE, INVALID_TOKEN, ARCHIVED])
def test_a_webhook_that_was_replaced_is_asked_for_again(
    slack: SlackWebhook, no: Answer
) -> None:
    slack.answer_next(no)
    secret = Rotated(slack.url, f"{slack.url}?renewed")

    notifier(secret).send(STARTED)

    assert secret.asked == [False, True]
    assert len(slack.messages) == 1


def test_a_webhook_is_asked_for_again_once_and_no_more(slack: SlackWebhook) -> None:
    slack.answer_always(INVALID_TOKEN)
    secret = Rotated(f"{slack.url}x", slack.url)

    failed(notifier(secret))

    assert secret.asked == [False, True]
    assert len(slack.attempts) == 2


def test_a_webhook_that_is_still_the_same_is_not_tried_again(
    slack: SlackWebhook,
) -> None:
    slack.answer_always(NO_SERVICE)

    failed(notifier(Rotated(slack.url, slack.url)))

    assert len(slack.attempts) == 1


def test_a_webhook_is_not_asked_for_again_when_the_time_is_over(
    clock: ManualClock,
) -> None:
    def answer_late(_: Asked) -> Answer:
        clock.sleep(61)
        return NO_SERVICE

    with LoopbackServer(answer_late) as server:
        url = f"{server.origin}/services/T/B/{SECRET}"
        secret = Rotated(url, f"{url}x")
        failed(notifier(secret, clock))

    assert secret.asked == [False]


def test_a_secret_that_cannot_be_read_says_why() -> None:
    assert str(failed(notifier(Denied()))) == (
        "Failed to send Slack notification: its webhook is not known: the secret slack:"
        " AccessDenied (afresh: False)"
    )


@pytest.mark.parametrize(
    "value", [f"http://hooks.example/{SECRET}", SECRET, "", f"https://u:{SECRET}@h/"]
)
def test_a_secret_that_is_no_webhook_is_refused_and_not_shown(value: str) -> None:
    assert str(failed(notifier(value))) == (
        "Failed to send Slack notification: its webhook is not https://host/path"
        " (http:// is accepted for loopback addresses only)"
    )


def test_nobody_listens() -> None:
    with nobody_listens() as port:
        error = failed(notifier(f"http://127.0.0.1:{port}/{SECRET}"))

    assert isinstance(error, UnavailableError)
    assert str(error) == (
        "Failed to send Slack notification: the connection failed: Connection refused"
        " (tried 5 times)"
    )


def test_a_server_that_says_nothing_is_given_up(slack: SlackWebhook) -> None:
    slack.answer_always(slow(30))

    error = failed(notifier(slack.url, patience=Patience(ONCE, silence=0.1)))

    assert str(error) == "Failed to send Slack notification: it does not answer"


def breaking_off(listening: socket) -> Callable[[], None]:
    def serve() -> None:
        connection, _ = listening.accept()
        with closing(connection):
            connection.recv(16)
            connection.shutdown(SHUT_RDWR)

    return serve


def test_a_connection_that_breaks_is_told_without_its_path() -> None:
    with closing(socket(AF_INET, SOCK_STREAM)) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        thread = Thread(target=breaking_off(listening))
        thread.start()

        error = failed(
            notifier(f"http://127.0.0.1:{port}/{SECRET}", patience=Patience(ONCE))
        )
        thread.join()

    assert isinstance(error, UnavailableError)
    assert "the connection failed: " in str(error)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """Return what a server shows to its clients, and the file that vouches for it."""
    made = write_loopback_certificate(tmp_path_factory.mktemp("tls"), ("localhost",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.private_key)
    return context, made.authority


def test_a_certificate_counts_that_the_environment_vouches_for(
    tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = tls
    with SlackWebhook(tls=context) as slack:
        url = slack.url.replace("127.0.0.1", "localhost")
        error = failed(notifier(url))
        assert isinstance(error, RefusedError)
        assert "its certificate is not trusted" in str(error)
        assert slack.attempts == []

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
        notifier(url).send(STARTED)
        assert len(slack.messages) == 1

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
        assert "/nowhere.pem, which REQUESTS_CA_BUNDLE names, is not there" in str(
            failed(notifier(url))
        )


def test_a_proxy_of_the_environment_is_used_and_may_be_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with nobody_listens() as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")

        error = failed(
            notifier(f"https://hooks.slack.example/{SECRET}", patience=Patience(ONCE))
        )

    assert "the proxy on the way does not answer" in str(error)


def test_no_log_of_any_library_shows_the_url(
    slack: SlackWebhook, caplog: pytest.LogCaptureFixture
) -> None:
    slack.answer_next(SERVER_ERROR)
    with caplog.at_level(logging.DEBUG):
        notifier(slack.url).send(STARTED)

    assert SECRET not in caplog.text
