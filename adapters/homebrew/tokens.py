"""Tokens: what opens a registry, and the way to a better one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from adapters.homebrew.addresses import parse_address, redirected
from adapters.homebrew.failures import ChallengedError
from adapters.homebrew.http import HttpClient
from ports.clock import Clock
from ports.errors import MalformedError, RefusedError

T = TypeVar("T")

PUBLIC_TOKEN: Final = "QQ=="  # noqa: S105 - it opens what is open to all
"""What brew sends for public images, where any token does (Homebrew/brew brew.sh)."""

_PARAMETER = re.compile(r'([A-Za-z]+)="([^"]*)"')
# RFC 6750, 2.1. Anything else could end the header that it is sent in.
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_LARGEST_ANSWER: Final = 256 * 1024  # bytes
_LIFETIME: Final = 60  # seconds, when the registry does not say (its specification)
_LONGEST: Final = 86_400  # seconds that one is kept, whatever the registry says
_SPENT: Final = 0.9  # of its lifetime: what is sent now must still be good there


class _TokenSchema(Schema):
    """An answer of a token server (distribution/distribution, token specification)."""

    class Meta:
        unknown = EXCLUDE

    token = fields.String(validate=validate.Regexp(_BEARER.pattern + r"\Z"))
    access_token = fields.String(validate=validate.Regexp(_BEARER.pattern + r"\Z"))
    expires_in = fields.Integer(
        load_default=_LIFETIME, allow_none=True, validate=validate.Range(min=0)
    )


_TOKEN_SCHEMA: Final = _TokenSchema()


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    header: str
    good_until: float


class Tokens:
    """The tokens for the images of one registry. May be used by many threads.

    What was configured, or what brew sends, is tried first. When the registry
    refuses it, a token is fetched from where it says, for one image, and kept
    while it is good.

    Raises:
        RefusedError: What was configured could not be sent as a token.
    """

    def __init__(
        self, http: HttpClient, clock: Clock, registry: str, token: str | None = None
    ) -> None:
        self._http = http
        self._clock = clock
        self._registry = registry
        token = token or PUBLIC_TOKEN
        if not _BEARER.fullmatch(token):
            raise RefusedError(
                f"the token for {registry}", "has other characters than a token has"
            )
        self._header = f"Bearer {token}"
        self._fetched: dict[str, _Token] = {}

    def admitted(self, image: str, call: Callable[[str], T]) -> T:
        """Return what ``call`` returns for an ``Authorization`` that opens ``image``.

        Raises:
            RefusedError: The registry takes no token that we can get.
        """
        known = self._fetched.get(image)
        if known is not None and known.good_until > self._clock.monotonic():
            header = known.header
        else:
            header = self._header
        try:
            return call(header)
        except ChallengedError as refusal:
            token = self._fetch(image, refusal)
        self._fetched[image] = token
        return call(token.header)

    def _fetch(self, image: str, refusal: ChallengedError) -> _Token:
        scheme, _, rest = refusal.challenge.partition(" ")
        parameters = dict(_PARAMETER.findall(rest))
        if scheme.lower() != "bearer" or "realm" not in parameters:
            raise refusal
        what = f"a token for {image}"
        # The same rules as for a redirect: nothing plain but inside this machine.
        registry = parse_address(self._registry, what)
        realm = redirected(registry, parameters["realm"], what)
        query = {
            "service": parameters.get("service", registry.host),
            "scope": parameters.get("scope", f"repository:homebrew/core/{image}:pull"),
        }
        mark = "&" if "?" in realm.url else "?"
        begun = self._clock.monotonic()
        answer = self._http.get(
            f"{realm.url}{mark}{urlencode(query)}", what=what, at_most=_LARGEST_ANSWER
        )
        loaded = _load(answer.body, what)
        token = loaded.get("token") or loaded.get("access_token")
        if not token:
            raise MalformedError(what, f"{realm.host} answers without a token")
        lifetime = min(loaded["expires_in"] or _LIFETIME, _LONGEST)
        return _Token(f"Bearer {token}", begun + _SPENT * lifetime)


def _load(body: bytes, what: str) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = _TOKEN_SCHEMA.load(json.loads(body))
    except (ValueError, RecursionError, ValidationError):
        # No cause: its text may hold the token.
        raise MalformedError(what, "no answer of a token server") from None
    return loaded
