"""GitHub's API of attestations, and the storage that it points to, on loopback."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from types import TracebackType
from typing import Self

from domain.attestation import Source
from tests.support.loopback import Answer, Asked, LoopbackServer, json_answer

RESET = 1_787_367_600  # 2026-08-22 03:00 UTC, in Unix seconds
_SIGNATURE = "sig=lets-anybody-read-it"


@dataclass(frozen=True)
class Request:
    """One request, and the token that came with it."""

    target: str
    authorization: str | None


class GitHub:
    """An API and its storage, for as long as the ``with`` block lasts.

    Attributes:
        by_address: Whether a list says where bundles are, in place of the bundles.
        quota: How many lists are still answered; None is no end.
        token: The only one that is taken, where one is given; None takes any.
        requests: What was asked, of the API and of the storage.
    """

    def __init__(self, *, by_address: bool = False) -> None:
        self.by_address = by_address
        self.quota: int | None = None
        self.token: str | None = None
        self.requests: list[Request] = []
        self._server = LoopbackServer(self._answer)
        self._bundles: dict[str, list[bytes]] = defaultdict(list)
        self._instead: list[Answer] = []
        self._lock = Lock()

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
    def api(self) -> str:
        """What stands for ``https://api.github.com``."""
        return self._server.origin

    def add(self, digest: str, source: Source, *bundles: bytes) -> None:
        """Have ``source`` attest to the bytes with this digest."""
        self._bundles[_path(digest, source)].extend(bundles)

    def answer_next(self, *answers: Answer) -> None:
        """Give these answers to the next requests, one each."""
        self._instead.extend(answers)

    def _answer(self, asked: Asked) -> Answer:
        authorization = asked.headers.get("authorization")
        with self._lock:
            self.requests.append(Request(asked.target, authorization))
            if self._instead:
                return self._instead.pop(0)
            if asked.path.startswith("/storage/"):
                return self._stored(asked)
            if self.quota == 0:
                return spent()
            if self.quota is not None:
                self.quota -= 1
        if self.token is not None and authorization not in (
            None,
            f"Bearer {self.token}",
        ):
            return json_answer({"message": "Bad credentials"}, HTTPStatus.UNAUTHORIZED)
        bundles = self._bundles.get(asked.path)
        if bundles is None:
            return json_answer({"message": "Not Found"}, HTTPStatus.NOT_FOUND)
        return json_answer({"attestations": self._listed(asked.path, bundles)})

    def _listed(self, path: str, bundles: Sequence[bytes]) -> list[dict[str, object]]:
        if not self.by_address:
            return [
                {"bundle": json.loads(each), "repository_id": 1} for each in bundles
            ]
        return [
            {
                "bundle": None,
                "bundle_url": f"{self.api}/storage{path}/{number}.json.sn?{_SIGNATURE}",
            }
            for number, _ in enumerate(bundles)
        ]

    def _stored(self, asked: Asked) -> Answer:
        path, _, name = asked.path.removeprefix("/storage").rpartition("/")
        # The storage takes its own signature, and refuses whoever sends another proof.
        if not asked.target.endswith(_SIGNATURE) or "authorization" in asked.headers:
            return Answer(HTTPStatus.FORBIDDEN)
        bundle = self._bundles[path][int(name.partition(".")[0])]
        return Answer(
            HTTPStatus.OK, packed(bundle), {"Content-Type": "application/x-snappy"}
        )


def spent() -> Answer:
    """Return the answer to one who has asked as often as one may."""
    return json_answer(
        {"message": "API rate limit exceeded"},
        HTTPStatus.FORBIDDEN,
        {
            "X-RateLimit-Limit": "60",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(RESET),
        },
    )


def packed(content: bytes) -> bytes:
    """Return ``content`` as a block of Snappy that repeats nothing."""
    length, block = len(content), bytearray()
    while length >= 0x80:
        block.append(length & 0x7F | 0x80)
        length >>= 7
    block.append(length)
    for start in range(0, len(content), 0x10000):
        piece = content[start : start + 0x10000]
        block += b"\xf4" + (len(piece) - 1).to_bytes(2, "little") + piece
    return bytes(block)


def _path(digest: str, source: Source) -> str:
    return f"/repos/{source.repository}/attestations/sha256:{digest}"
