"""What GitHub has attested of bottles, by its REST API."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Lock
from typing import Any, Final, Protocol
from urllib.parse import quote

from adapters.github.snappy import decompressed
from adapters.retry import Backoff, retrying
from domain.attestation import PROVENANCE, Source
from domain.bottle import Digest
from ports.attestations import AttestationSource
from ports.clock import Clock
from ports.errors import (
    AccessDeniedError,
    MalformedError,
    NotFoundError,
    PortError,
    QuotaSpentError,
    RefusedError,
    UnavailableError,
)

API: Final = "https://api.github.com"
"""GitHub's own."""

_VERSION: Final = "2022-11-28"
_LISTED: Final = 100  # attestations of one digest, the most that a page may have
_LARGEST_LIST: Final = 32_000_000  # bytes; with bundles of some 15,000 each
_LARGEST_BUNDLE: Final = 4_000_000  # bytes
_LATEST: Final = 10_000_000_000  # Unix seconds, in the year 2286
_THROTTLED: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
_ANSWERS: Final = frozenset({HTTPStatus.OK, HTTPStatus.UNAUTHORIZED, *_THROTTLED})


class Answer(Protocol):
    """A whole answer, its headers by name in whatever case."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class Http(Protocol):
    """Asks once, and follows redirects; a token goes to no other host."""

    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        what: str,
        accept_status: Collection[int],
        at_most: int,
    ) -> Answer: ...


class GithubAttestations(AttestationSource):
    """Attestations as GitHub lists them, digest by digest.

    Lists are asked for one after another: GitHub wants no more at a time, and allows
    no more in a minute. A list has the bundles in it, or addresses of where they lie,
    compressed; those are signed, and are asked without the token.

    Args:
        http: Is asked once at a time: whether to try again is decided here, where it
            is known what GitHub means.
    """

    def __init__(
        self,
        http: Http,
        clock: Clock,
        chance: Callable[[], float],
        *,
        backoff: Backoff,
        token: str | None,
        api: str,
    ) -> None:
        self._http = http
        self._clock = clock
        self._chance = chance
        self._backoff = backoff
        self._token = token
        self._api = api
        self._turn = Lock()

    def bundles(self, digest: Digest, source: Source) -> Sequence[bytes]:
        what = f"attestations of sha256:{digest} in {source.repository}"
        url = (
            f"{self._api}/repos/{source.repository}/attestations/sha256:{digest}"
            f"?per_page={_LISTED}&predicate_type={quote(PROVENANCE, safe='')}"
        )
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": _VERSION,
        }
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            with self._turn:
                answer = self._asked(url, headers, what, _LARGEST_LIST)
        except NotFoundError:
            return ()
        listed = _document(answer.body, what)
        entries = listed.get("attestations") if isinstance(listed, dict) else None
        if not isinstance(entries, list):
            raise MalformedError(what, "the answer of GitHub lists no attestations")
        return tuple(self._bundle(entry, what) for entry in entries)

    def _bundle(self, entry: object, what: str) -> bytes:
        """Return the bundle of an entry, on one line."""
        match entry:
            case {"bundle": dict(bundle)}:
                return _line(bundle)
            case {"bundle_url": str(url)}:
                return _line(_document(self._fetched(url, what), what))
            case _:
                raise MalformedError(what, "one has no bundle, nor says where it is")

    def _fetched(self, url: str, what: str) -> bytes:
        try:
            body = self._asked(url, {}, what, _LARGEST_BUNDLE).body
        except RefusedError as error:
            # It is the address that is refused, and other bundles have others.
            raise MalformedError(
                what, f"a bundle is not where GitHub says: {error.detail}"
            ) from error
        if body.lstrip()[:1] == b"{":
            return body
        try:
            return decompressed(body, _LARGEST_BUNDLE)
        except ValueError as error:
            raise MalformedError(
                what, f"a bundle cannot be decompressed: {error}"
            ) from error

    def _asked(
        self, url: str, headers: Mapping[str, str], what: str, at_most: int
    ) -> Answer:
        def once() -> Answer:
            answer = self._http.get(
                url, headers, what=what, accept_status=_ANSWERS, at_most=at_most
            )
            if answer.status != HTTPStatus.OK:
                raise self._refusal(answer, what)
            return answer

        return retrying(
            once, backoff=self._backoff, clock=self._clock, chance=self._chance
        )

    def _refusal(self, answer: Answer, what: str) -> PortError:
        status, headers = answer.status, answer.headers
        throttled = status in _THROTTLED
        if throttled and headers.get("X-RateLimit-Remaining") == "0":
            return QuotaSpentError(what, self._spent(headers))
        told = headers.get("Retry-After", "")
        seconds = float(told) if told.isascii() and told.isdigit() else None
        if status == HTTPStatus.TOO_MANY_REQUESTS or (throttled and seconds):
            return UnavailableError(
                what, f"GitHub answers {status}: try again later", retry_after=seconds
            )
        advice = (
            "it takes no such github_token; one that may read public repositories does"
            if self._token is not None
            else "is a proxy in the way? A github_token may help"
        )
        return AccessDeniedError(what, f"GitHub answers {status}: {advice}")

    def _spent(self, headers: Mapping[str, str]) -> str:
        """Return the sentence of a quota that is used up."""
        limit = headers.get("X-RateLimit-Limit", "")
        quota = f" of {int(limit):,} requests an hour" if _is_number(limit) else ""
        advice = "" if self._token is not None else "; github_token raises it to 5,000"
        again = headers.get("X-RateLimit-Reset", "")
        when = ""
        if _is_number(again) and int(again) < _LATEST:
            moment = datetime.fromtimestamp(int(again), UTC)
            when = f" until {moment:%Y-%m-%d %H:%M} UTC"
        return f"GitHub's quota{quota} is spent{when}{advice}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(_LATEST))


def _document(body: bytes, what: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedError(what, "what GitHub sends is no JSON") from error


def _line(bundle: object) -> bytes:
    return json.dumps(bundle, separators=(",", ":")).encode()
