"""One of Slack's incoming webhooks, on loopback.

The answers, and the limits of a message, are those that Slack documents.
"""

import json
import ssl
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from threading import Lock
from types import TracebackType
from typing import Any, Self

from tests.support.loopback import Answer, Asked, LoopbackServer

_TEXT = {"Content-Type": "text/html"}
_MAX_BLOCKS = 50
_MAX_HEADER = 150  # characters
_MAX_TEXT = 3_000  # characters, of a section
_MAX_FIELDS = 10
_MAX_FIELD = 2_000  # characters

OK = Answer(HTTPStatus.OK, b"ok", _TEXT)
NO_SERVICE = Answer(HTTPStatus.NOT_FOUND, b"no_service", _TEXT)
ARCHIVED = Answer(HTTPStatus.GONE, b"channel_is_archived", _TEXT)
INVALID_TOKEN = Answer(HTTPStatus.FORBIDDEN, b"invalid_token", _TEXT)
SERVER_ERROR = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"server_error", _TEXT)


def throttled(retry_after: int) -> Answer:
    """Return Slack's answer to one who has posted too often."""
    return Answer(
        HTTPStatus.TOO_MANY_REQUESTS,
        b"rate_limited",
        {**_TEXT, "Retry-After": str(retry_after)},
    )


def slow(seconds: float) -> Answer:
    """Return a good answer that takes its time."""
    return Answer(HTTPStatus.OK, b"ok", _TEXT, seconds)


class SlackWebhook:
    """A webhook that records what is posted, for as long as the ``with`` block lasts.

    It answers ``ok``, unless it was told of other answers or what came is no message.
    The webhook's URL is its secret, so that any other URL is answered ``no_service``.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._server = LoopbackServer(self._answer, tls=tls)
        self._lock = Lock()
        self._next: deque[Answer] = deque()
        self._otherwise = OK
        self._generation = 1
        self._attempts: list[Any] = []
        self._messages: list[Any] = []

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, traceback)

    @property
    def url(self) -> str:
        """The webhook's URL, which nobody else may know."""
        return self._server.origin + self._path

    @property
    def messages(self) -> list[Any]:
        """The JSON of every message that was answered ``ok``."""
        with self._lock:
            return list(self._messages)

    @property
    def attempts(self) -> list[Any]:
        """The JSON of every post to any URL, however it was answered."""
        with self._lock:
            return list(self._attempts)

    def answer_next(self, *answers: Answer) -> None:
        """Give these answers to the next posts, one each."""
        with self._lock:
            self._next.extend(answers)

    def answer_always(self, answer: Answer) -> None:
        """Give this answer from now on, once those for the next posts are used up."""
        with self._lock:
            self._otherwise = answer

    def renew(self) -> str:
        """Replace the webhook by a new one, and return its URL."""
        with self._lock:
            self._generation += 1
        return self.url

    @property
    def _path(self) -> str:
        return f"/services/T0000000/B0000000/secret-of-webhook-{self._generation}"

    def _answer(self, asked: Asked) -> Answer:
        try:
            body = asked.json()
        except ValueError:
            body = None
        with self._lock:
            self._attempts.append(body)
            if asked.path != self._path:
                return NO_SERVICE
            answer = self._next.popleft() if self._next else self._otherwise
            if answer.status != HTTPStatus.OK:
                return answer
            if complaint := complaint_about(body):
                return Answer(HTTPStatus.BAD_REQUEST, complaint.encode(), _TEXT)
            self._messages.append(body)
            return answer


def complaint_about(body: object) -> str | None:
    """Return what Slack would find wrong with the body of a message, if anything."""
    if not isinstance(body, Mapping):
        return "invalid_payload"
    blocks = body.get("blocks", [])
    if not body.get("text") and not blocks:
        return "no_text"
    if not isinstance(blocks, list) or len(blocks) > _MAX_BLOCKS:
        return "invalid_blocks"
    return None if all(map(_is_block, blocks)) else "invalid_blocks"


def _is_block(block: object) -> bool:
    match block:
        case {"type": "header", "text": {"type": "plain_text", "text": str(text)}}:
            return 0 < len(text) <= _MAX_HEADER
        case {"type": "section", "fields": list(fields), **rest}:
            return (
                0 < len(fields) <= _MAX_FIELDS
                and all(_is_text(field, _MAX_FIELD) for field in fields)
                and ("text" not in rest or _is_text(rest["text"], _MAX_TEXT))
            )
        case {"type": "section", "text": text}:
            return _is_text(text, _MAX_TEXT)
        case {"type": "context", "elements": list(elements)}:
            return 0 < len(elements) <= _MAX_FIELDS and all(
                _is_text(element, _MAX_TEXT) for element in elements
            )
        case {"type": "divider"} | {"type": "actions", "elements": [_, *_]}:
            return True
        case _:
            return False


def _is_text(text: object, limit: int) -> bool:
    match text:
        case {"type": "mrkdwn" | "plain_text", "text": str(content)}:
            return 0 < len(content) <= limit
        case _:
            return False


def shown(messages: list[Any]) -> str:
    """Return messages for a person to read."""
    return "\n".join(
        json.dumps(message, ensure_ascii=False, indent=2) for message in messages
    )
