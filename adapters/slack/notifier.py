"""Slack's incoming webhooks: whoever knows the URL may post to its channel."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from adapters.retry import Backoff, retrying
from adapters.slack.blocks import payload
from adapters.slack.failures import WHAT, NoEntryError, refusal, unanswered
from domain.cloud_config import parse_webhook
from domain.errors import InvalidValueError
from domain.messages import Message
from domain.urls import is_loopback
from ports.clock import Clock
from ports.errors import PortError, RefusedError, UnavailableError
from ports.notifier import Notifier
from ports.secret import Secret

_MOST_SAID: Final = 200  # bytes of an answer that are read


@dataclass(frozen=True, slots=True)
class Patience:
    """How much a message may take.

    Attributes:
        backoff: How often it is posted, and the waits in between.
        connect: Seconds for a connection, and for its TLS handshake.
        silence: Seconds without a byte before a connection counts as broken.
        total: Seconds for everything together, reading the webhook's address included:
            none of it is begun later.
    """

    backoff: Backoff = field(default_factory=Backoff)
    connect: float = 5.0
    silence: float = 10.0
    total: float = 60.0


class _TooSlowError(Exception):
    """There is no time left for another try.

    Attributes:
        failure: What the last one has failed with.
    """

    def __init__(self, failure: PortError | None = None) -> None:
        super().__init__()
        self.failure = failure


class SlackNotifier(Notifier):
    """Posts to one webhook.

    A message that Slack has taken and not answered for is posted again: twice is
    better than never. A webhook that is not known any more is asked for again, once:
    it may have been replaced while this program ran. Cookies, ``.netrc`` and redirects
    are none of its business; proxies and bundles of certificates come from the
    environment.
    """

    def __init__(
        self,
        webhook: Secret,
        clock: Clock,
        chance: Callable[[], float],
        *,
        user_agent: str,
        patience: Patience | None = None,
    ) -> None:
        self._webhook = webhook
        self._clock = clock
        self._chance = chance
        self._user_agent = user_agent
        self._patience = patience or Patience()
        # It tells the path of every request, in debugging and when it warns.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    def send(self, message: Message) -> None:
        body = json.dumps(payload(message), ensure_ascii=False).encode()
        end = self._clock.monotonic() + self._patience.total
        url = self._address(afresh=False)
        try:
            self._post_until(end, url, body)
        except NoEntryError:
            if self._clock.monotonic() >= end:
                raise
            replaced = self._address(afresh=True)
            if replaced == url:
                raise
            self._post_until(end, replaced, body)

    def _address(self, *, afresh: bool) -> str:
        try:
            return parse_webhook(self._webhook(afresh=afresh))
        except InvalidValueError as error:
            raise RefusedError(WHAT, f"its webhook is not {error.wanted}") from error
        except PortError as error:
            # Whatever the secret's failure is, this is of the same kind.
            raise type(error)(WHAT, f"its webhook is not known: {error}") from error

    def _post_until(self, end: float, url: str, body: bytes) -> None:
        """Post ``body`` again and again until it is taken, or until ``end``."""
        late: _TooSlowError | None = None
        try:
            retrying(
                lambda: self._post(end, url, body),
                backoff=self._patience.backoff,
                clock=self._clock,
                chance=self._chance,
            )
        except _TooSlowError as error:
            late = error
        if late is not None:
            why = f"; the last answer: {late.failure.detail}" if late.failure else ""
            raise UnavailableError(
                WHAT, f"not taken within {self._patience.total:g} s{why}"
            )

    def _post(self, end: float, url: str, body: bytes) -> None:
        left = end - self._clock.monotonic()
        if left <= 0:
            raise _TooSlowError
        failure: PortError | None = None
        try:
            failure = self._answer(url, body, left)
        except (OSError, urllib3.exceptions.HTTPError) as error:
            failure = unanswered(error)
        # Not in there, where the vendor's error would be its context.
        if isinstance(failure, UnavailableError):
            wait = failure.retry_after or 0
            if wait >= end - self._clock.monotonic():
                raise _TooSlowError(failure)
        if failure is not None:
            raise failure

    def _answer(self, url: str, body: bytes, left: float) -> PortError | None:
        """Post once, and return why it was not taken, if it was not."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": self._user_agent,
        }
        request = requests.Request("POST", url, headers=headers, data=body).prepare()
        # Session.send would add cookies and credentials, and follow redirects.
        with (
            closing(HTTPAdapter()) as transport,
            closing(
                transport.send(
                    request,
                    stream=True,
                    timeout=(
                        min(left, self._patience.connect),
                        min(left, self._patience.silence),
                    ),
                    **_settings_for(url),
                )
            ) as answer,
        ):
            status = answer.status_code
            if status // 100 == HTTPStatus.OK // 100:
                return None
            said = b""
            # A word of explanation is welcome, and the status is what counts.
            with suppress(OSError, urllib3.exceptions.HTTPError):
                said = answer.raw.read(_MOST_SAID)
            return refusal(status, answer.headers, said.decode(errors="replace"))


def _settings_for(url: str) -> Mapping[str, Any]:
    """Return proxies and certificates for a URL, as the environment has them."""
    with requests.Session() as session:
        found = session.merge_environment_settings(
            url, proxies={}, stream=True, verify=None, cert=None
        )
    proxies, bundle = found["proxies"], found["verify"]
    if isinstance(bundle, str) and not Path(bundle).exists():
        raise RefusedError(
            WHAT, f"{bundle}, which REQUESTS_CA_BUNDLE names, is not there"
        )
    if is_loopback(urlsplit(url).hostname or ""):
        proxies = {}
    return {"proxies": proxies, "verify": bundle, "cert": found["cert"]}
