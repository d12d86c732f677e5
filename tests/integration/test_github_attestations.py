"""GitHub's API of attestations, as it answers well and badly."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import Lock
from time import sleep
from typing import ClassVar, Protocol, Self

import pytest

from adapters.github.attestations import GithubAttestations
from adapters.homebrew.http import HttpClient, Patience
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from adapters.retry import ONCE, Backoff
from domain.attestation import HOMEBREW
from ports.errors import (
    AccessDeniedError,
    MalformedError,
    NotFoundError,
    PortError,
    QuotaSpentError,
    UnavailableError,
)
from tests.support.catalogs import digest_of
from tests.support.github import GitHub, packed
from tests.support.loopback import Answer, json_answer

JQ = digest_of("jq")
BUNDLE = b'{"number":1}'
TOKEN = "hunter2-of-github"


class Open(Protocol):
    def __call__(
        self, github: GitHub, *, token: str | None = None, attempts: int = 1
    ) -> GithubAttestations: ...


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as github:
        github.add(JQ, HOMEBREW, BUNDLE)
        yield github


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def open_source(clock: ManualClock) -> Iterator[Open]:
    client = HttpClient(
        clock,
        lambda: 0.0,
        pool_size=1,
        user_agent="test",
        metrics=NoMetrics(),
        patience=Patience(ONCE),
    )

    def opened(
        github: GitHub, *, token: str | None = None, attempts: int = 1
    ) -> GithubAttestations:
        return GithubAttestations(
            client,
            clock,
            lambda: 0.0,
            backoff=Backoff(attempts=attempts),
            token=token,
            api=github.api,
        )

    yield opened
    client.close()


def failure(source: GithubAttestations) -> PortError:
    with pytest.raises(PortError) as caught:
        source.bundles(JQ, HOMEBREW)
    return caught.value


class TestAsking:
    def test_it_asks_for_the_provenance_of_one_digest(
        self, github: GitHub, open_source: Open
    ) -> None:
        open_source(github).bundles(JQ, HOMEBREW)

        (request,) = github.requests
        assert request.authorization is None
        assert request.target == (
            f"/repos/Homebrew/homebrew-core/attestations/sha256:{JQ}?per_page=100"
            "&predicate_type=https%3A%2F%2Fslsa.dev%2Fprovenance%2Fv1"
        )

    def test_the_token_goes_to_the_api_and_nowhere_else(
        self, github: GitHub, open_source: Open
    ) -> None:
        github.by_address = True
        github.token = TOKEN

        assert open_source(github, token=TOKEN).bundles(JQ, HOMEBREW) == (BUNDLE,)

        of_list, of_bundle = github.requests
        assert of_list.authorization == f"Bearer {TOKEN}"
        assert of_bundle.target.startswith("/storage/")
        assert of_bundle.authorization is None

    def test_a_bundle_that_is_not_compressed_is_taken_too(
        self, github: GitHub, open_source: Open
    ) -> None:
        listed = {"bundle_url": f"{github.api}/storage/1.json"}
        github.answer_next(
            json_answer({"attestations": [listed]}), Answer(body=b' {"number": 1}\n')
        )

        assert open_source(github).bundles(JQ, HOMEBREW) == (BUNDLE,)

    def test_an_empty_list_is_none(self, github: GitHub, open_source: Open) -> None:
        github.answer_next(json_answer({"attestations": []}))

        assert open_source(github).bundles(JQ, HOMEBREW) == ()


class Crowded:
    """An API that notes how many ask it at the same time."""

    status = HTTPStatus.NOT_FOUND
    headers: ClassVar[dict[str, str]] = {}
    body = b""

    def __init__(self) -> None:
        self.most = 0
        self._inside = 0
        self._lock = Lock()

    def get(self, *_args: object, what: str, **_more: object) -> Self:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        sleep(0.01)
        with self._lock:
            self._inside -= 1
        raise NotFoundError(what, "there is no such thing")


def test_lists_are_asked_for_one_after_another(clock: ManualClock) -> None:
    api = Crowded()
    source = GithubAttestations(
        api, clock, lambda: 0.0, backoff=ONCE, token=None, api="https://api.test"
    )

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: source.bundles(JQ, HOMEBREW), range(8)))

    assert found == [()] * 8
    assert api.most == 1


class TestQuota:
    def test_a_quota_that_is_spent_is_told_and_not_waited_for(
        self, github: GitHub, open_source: Open, clock: ManualClock
    ) -> None:
        github.quota = 0

        error = failure(open_source(github, attempts=5))

        assert isinstance(error, QuotaSpentError)
        assert error.detail == (
            "GitHub's quota of 60 requests an hour is spent until 2026-08-22 03:00 UTC;"
            " github_token raises it to 5,000"
        )
        assert len(github.requests) == 1
        assert clock.monotonic() == 0

    def test_who_has_a_token_is_not_told_to_get_one(
        self, github: GitHub, open_source: Open
    ) -> None:
        github.quota = 0

        assert "github_token" not in str(failure(open_source(github, token=TOKEN)))

    def test_odd_figures_are_left_out(self, github: GitHub, open_source: Open) -> None:
        odd = {
            "X-RateLimit-Limit": "many",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": "9" * 40,
        }
        github.answer_next(Answer(HTTPStatus.TOO_MANY_REQUESTS, headers=odd))

        error = failure(open_source(github, token=TOKEN))

        assert isinstance(error, QuotaSpentError)
        assert error.detail == "GitHub's quota is spent"

    def test_who_asks_too_fast_comes_back_when_told(
        self, github: GitHub, open_source: Open, clock: ManualClock
    ) -> None:
        wait = {"Retry-After": "60"}
        github.answer_next(
            Answer(HTTPStatus.FORBIDDEN, headers=wait),
            Answer(HTTPStatus.TOO_MANY_REQUESTS, headers=wait),
            Answer(HTTPStatus.TOO_MANY_REQUESTS),
        )

        assert open_source(github, attempts=4).bundles(JQ, HOMEBREW) == (BUNDLE,)

        assert clock.monotonic() == 120


class TestFailing:
    def test_a_server_that_is_down_is_asked_again(
        self, github: GitHub, open_source: Open
    ) -> None:
        github.answer_next(Answer(HTTPStatus.BAD_GATEWAY), Answer(503))

        assert open_source(github, attempts=3).bundles(JQ, HOMEBREW) == (BUNDLE,)

    def test_one_that_stays_down_is_unavailable(
        self, github: GitHub, open_source: Open
    ) -> None:
        github.answer_next(*[Answer(HTTPStatus.BAD_GATEWAY)] * 3)

        error = failure(open_source(github, attempts=3))

        assert isinstance(error, UnavailableError)
        assert error.attempts == 3
        assert len(github.requests) == 3

    def test_a_token_that_is_not_taken_is_told_without_it(
        self, github: GitHub, open_source: Open
    ) -> None:
        github.token = "another"

        error = failure(open_source(github, token=TOKEN, attempts=3))

        assert isinstance(error, AccessDeniedError)
        assert "github_token" in error.detail
        assert TOKEN not in str(error)
        assert TOKEN not in repr(error)
        assert len(github.requests) == 1

    def test_a_refusal_without_a_token_is_told_as_such(
        self, github: GitHub, open_source: Open
    ) -> None:
        github.answer_next(Answer(HTTPStatus.FORBIDDEN))

        assert "proxy" in failure(open_source(github)).detail

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(body=b"<html>"),
            Answer(body=b"[" * 100_000),
            json_answer([]),
            json_answer({"attestations": None}),
            json_answer({"attestations": [None]}),
            json_answer({"attestations": [{"bundle": None}]}),
        ],
    )
    def test_what_is_no_list_is_malformed(
        self, github: GitHub, open_source: Open, answer: Answer
    ) -> None:
        github.answer_next(answer)

        assert isinstance(failure(open_source(github)), MalformedError)

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(HTTPStatus.NOT_FOUND),
            Answer(HTTPStatus.FORBIDDEN),
            Answer(HTTPStatus.UNAUTHORIZED),
            Answer(body=b"\xff\xff"),
            Answer(body=packed(b"no JSON")),
            Answer(body=b"\xff\xff\xff\x7f\x00"),
        ],
    )
    def test_a_bundle_that_cannot_be_had_spoils_no_other_digest(
        self, github: GitHub, open_source: Open, answer: Answer
    ) -> None:
        secret = "sig=opens-it"
        listed = {"bundle": None, "bundle_url": f"{github.api}/storage/1?{secret}"}
        github.answer_next(json_answer({"attestations": [listed]}), answer)

        error = failure(open_source(github))

        assert isinstance(error, MalformedError)
        assert secret not in str(error)

    def test_an_address_that_is_not_encrypted_is_not_asked(
        self, github: GitHub, open_source: Open
    ) -> None:
        listed = {"bundle": None, "bundle_url": "http://storage.example/1"}
        github.answer_next(json_answer({"attestations": [listed]}))

        assert isinstance(failure(open_source(github)), MalformedError)
