"""The part of ghcr.io, and the storage behind it to which it redirects."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Collection, Sequence
from http import HTTPStatus
from urllib.parse import parse_qs, quote, unquote, urlencode

from tests.standin.bodies import Bodies, BottleBody
from tests.standin.catalog import Formula, bottles_of
from tests.standin.oci import (
    INDEX_TYPE,
    MANIFEST_TYPE,
    Manifests,
    image_of,
    manifests,
    tag_reference,
)
from tests.standin.wire import Reply, Request, Text

_ROUTE = re.compile(r"/v2/homebrew/core/(.+)/(manifests|blobs)/([^/]+)")


class Registry:
    """Manifests for whoever brings a token, redirects for bottles.

    Whatever was ever published stays: the registry forgets no blob, and an index
    keeps its tag until the same version is published again.
    """

    def __init__(
        self,
        bodies: Bodies,
        *,
        unsized: Collection[str],
        claims: int | None,
        magnified: int,
        strict_tokens: bool,
    ) -> None:
        self._bodies = bodies
        self.claims = claims
        self._magnified = magnified
        self._unsized = frozenset(unsized)
        self._strict = strict_tokens
        self._scopes: dict[str, str] = {}
        self._releases: dict[str, dict[str, Formula]] = {}
        self._manifests: dict[tuple[str, str], tuple[Formula, Manifests]] = {}
        self._blobs: dict[str, dict[str, BottleBody]] = {}
        self.blobs: dict[str, BottleBody] = {}

    def publish(self, originals: Sequence[Formula], served: Sequence[Formula]) -> None:
        """Take in a catalog, as it was and as it is served."""
        for original, formula in zip(originals, served, strict=True):
            files = dict(bottles_of(original))
            match formula:
                case {"name": str(name), "versions": {"stable": _}} if files:
                    image = image_of(name)
                case _:
                    continue
            blobs = self._blobs.setdefault(image, {})
            for file in files.values():
                body = self._bodies.body(file["sha256"])
                blobs[self._bodies.digest(file["sha256"])] = body
            self.blobs.update(blobs)
            self._releases.setdefault(image, {})[tag_reference(formula)] = formula

    def token(self, request: Request) -> Reply:
        """Hand out a token for the scope that is asked for."""
        scope = parse_qs(request.query).get("scope", [""])[0]
        token = secrets.token_urlsafe(24)
        self._scopes[token] = scope
        return _json("token", 200, {"token": token})

    def reply(self, request: Request, realm: str, storage: Storage) -> Reply:
        """Answer a request for a manifest or a blob."""
        route = _ROUTE.fullmatch(unquote(request.path))
        if route is None:
            return _refusal("unknown", 404, "NAME_UNKNOWN", "no such page")
        image, what, reference = route.groups()
        kind = _kind(request, what, reference)
        scope = f"repository:homebrew/core/{image}:pull"
        challenge = f'Bearer realm="{realm}",service="ghcr.io",scope="{scope}"'
        if not self._admits(request, scope):
            reply = _refusal(kind, 401, "UNAUTHORIZED", "authentication required")
            reply.headers["WWW-Authenticate"] = challenge
        elif request.method not in ("GET", "HEAD"):
            reply = _refusal(kind, 405, "UNSUPPORTED", "this registry is read only")
        elif what == "blobs":
            reply = self._blob(kind, image, reference, storage)
        else:
            reply = self._manifest(request, kind, image, reference)
        reply.challenge = challenge
        return reply

    def _admits(self, request: Request, scope: str) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return False
        # Undocumented, and what brew relies on: any token opens a public image.
        return not self._strict or self._scopes.get(token) == scope

    def _blob(self, kind: str, image: str, reference: str, storage: Storage) -> Reply:
        digest = reference.removeprefix("sha256:")
        if digest not in self._blobs.get(image, {}):
            return _refusal(kind, 404, "BLOB_UNKNOWN", "blob unknown to registry")
        location = storage.signed_url(digest, f"homebrew/core/{image}")
        return Reply(kind, HTTPStatus.TEMPORARY_REDIRECT, {"Location": location})

    def _manifest(
        self, request: Request, kind: str, image: str, reference: str
    ) -> Reply:
        if reference.startswith("sha256:"):
            raw, media_type = self._child(image, reference), MANIFEST_TYPE
        else:
            found = self._index(image, reference)
            raw, media_type = found.index if found else None, INDEX_TYPE
        if raw is None:
            return _refusal(kind, 404, "MANIFEST_UNKNOWN", "manifest unknown")
        if media_type not in request.headers.get("accept", ""):
            message = f"found, but Accept header does not support {media_type}"
            return _refusal(kind, 404, "MANIFEST_UNKNOWN", message)
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        headers = {
            "Content-Type": media_type,
            "Docker-Content-Digest": digest,
            "ETag": f'"{digest}"',
        }
        return Reply(kind, 200, headers, Text(raw))

    def _child(self, image: str, digest: str) -> bytes | None:
        for reference in list(self._releases.get(image, {})):
            found = self._index(image, reference)
            if found and digest in found.children:
                return found.children[digest]
        return None

    def _index(self, image: str, reference: str) -> Manifests | None:
        formula = self._releases.get(image, {}).get(reference)
        if formula is None:
            return None
        made = self._manifests.get((image, reference))
        if made is None or made[0] is not formula:
            sized = formula["name"] not in self._unsized
            sizes = {
                digest: self.claims or self._magnified * body.size
                for digest, body in self._blobs[image].items()
            }
            made = formula, manifests(formula, sizes, sized=sized)
            self._manifests[image, reference] = made
        return made[1]


class Storage:
    """What pkg-containers.githubusercontent.com is to ghcr.io.

    It trusts the signature in the URL, for a while, and refuses a request that
    carries the registry's token.
    """

    def __init__(
        self, registry: Registry, clock: Callable[[], float], *, lifetime: float
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._lifetime = lifetime
        self._secret = secrets.token_bytes(32)
        self.origin = ""

    def signed_url(self, digest: str, repository: str) -> str:
        """Return an address of these bytes that stops working after a while."""
        path = f"/ghcr1/blobs/sha256:{digest}"
        expires = f"{self._clock() + self._lifetime:.3f}"
        query = {
            "expires": expires,
            "repository": repository,
            "sig": self._signature(path, expires, repository),
        }
        return f"{self.origin}{path}?{urlencode(query, safe='/', quote_via=quote)}"

    def reply(self, request: Request) -> Reply:
        """Answer a request for a blob."""
        kind = "signed_head" if request.method == "HEAD" else "signed_get"
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        expires, repository = query.get("expires", ""), query.get("repository", "")
        if "authorization" in request.headers:
            message = "only one auth mechanism allowed; the URL is signed already"
            return _refusal(kind, 400, "InvalidArgument", message)
        signature = self._signature(request.path, expires, repository)
        if not hmac.compare_digest(query.get("sig", ""), signature):
            return _refusal(kind, 403, "SignatureDoesNotMatch", "not signed by us")
        if self._clock() >= float(expires):
            return _refusal(kind, 403, "AccessDenied", "the URL has expired")
        body = self._registry.blobs[request.path.rpartition(":")[2]]
        headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
        return Reply(kind, 200, headers, body, ranges=True)

    def _signature(self, path: str, expires: str, repository: str) -> str:
        signed = f"{path}\n{expires}\n{repository}".encode()
        return hmac.new(self._secret, signed, hashlib.sha256).hexdigest()


def _kind(request: Request, what: str, reference: str) -> str:
    if what == "blobs":
        kind = "blob"
    else:
        kind = "child_manifest" if reference.startswith("sha256:") else "manifest"
    return f"{kind}_head" if request.method == "HEAD" else kind


def _json(kind: str, status: int, value: object) -> Reply:
    headers = {"Content-Type": "application/json"}
    return Reply(kind, status, headers, Text(json.dumps(value).encode()))


def _refusal(kind: str, status: int, code: str, message: str) -> Reply:
    return _json(kind, status, {"errors": [{"code": code, "message": message}]})
