"""Clients read all the time, while a mirror is changed, killed, and changed back."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from itertools import pairwise
from math import inf
from pathlib import Path
from random import Random
from signal import SIGKILL
from threading import local
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest

from adapters.folder.store import FolderStore
from adapters.ledger.event_log import StoredEventLog
from adapters.memory.clock import ManualClock
from adapters.retry import ONCE
from adapters.s3.store import S3Store
from domain.events import GENESIS, Event
from domain.generations import (
    BottleEvicted,
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
)
from domain.served import PUBLIC
from domain.tags import Tag
from domain.views import View
from ports.store import Store
from tests.standin.faults import Fault
from tests.support.brew_clients import Ask, Clients, Moment
from tests.support.changing_upstream import TAGS, ChangingUpstream
from tests.support.command import Ended, finished, line_with, start, write_config
from tests.support.later import start_later
from tests.support.relay import Cut, Relay
from tests.support.seaweed import SeaweedS3
from tests.support.stores import use_seaweed

STEP = 4  # days; two are more than the grace, and one is not
UNWANTED = "amber-anvil"
_IDLE = 1.0  # seconds
MIRROR = Path("mirror")
READ_ONLY = "mirror/api/internal"

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Place:
    """A mirror, and the ways to it.

    Attributes:
        asks: How clients read it.
        spoil: The words before a command, and its variables, to whom the store fails
            at some moment of a publish.
    """

    address: str
    views: tuple[View, ...]
    asks: Mapping[str, Ask]
    store: Store
    spoil: Callable[[], tuple[tuple[str, ...], Mapping[str, str]]]

    def events(self) -> list[tuple[str | None, Event]]:
        """Return every event of its log, and the run that recorded it."""
        log = StoredEventLog(self.store, ManualClock(), ONCE, chance=lambda: 0.5)
        commits = (one.commit for one in log.read(GENESIS))
        return [(one.run, event) for one in commits for event in one.events]


@dataclass
class Keeper:
    """Whoever keeps the mirror: commands one after the other, as time goes by."""

    place: Place
    upstream: ChangingUpstream
    clients: Clients
    random: Random
    day: int = 0
    settled: bool = True
    kills: int = 0
    aimed: int = 0

    def next_turn(self) -> str:
        """Let days pass, collect what is old, and let upstream change."""
        self.day += STEP
        self._go(self.clients.moment.towards)
        # While a run seems to be under way, nothing goes; by now none does.
        self.run("gc", "--yes", towards=self.clients.moment.towards)
        return self.upstream.change(self.day)

    def run(
        self, *command: str, towards: str | None = "later", status: int = 0
    ) -> None:
        """Run a command to its end."""
        ended = finished(self._start(command, towards))
        self._ended(command, ended, status)

    def killed(self, *command: str, aimed: bool, towards: str = "later") -> None:
        """Run a command that is killed: at any moment, or between two documents."""
        if aimed:
            shown = self.random.randint(1, 3)
            ended = finished(self._start(command, towards, dies_after=shown))
            assert ended.status == -SIGKILL, (command, ended.out, ended.err)
            self.aimed += 1
        else:
            process = self._start(command, towards)
            with suppress(subprocess.TimeoutExpired):
                process.wait(self.random.uniform(0.3, 2.0))
            process.kill()
            ended = finished(process)
        self.kills += ended.status != 0
        self.settled = False
        # Clients look at what is left.
        time.sleep(0.5)

    def spoilt(self, *command: str) -> None:
        """Run a command whose store fails at some moment."""
        prefix, variables = self.place.spoil()
        process = self._start(command, "later", prefix, variables)
        finished(process)
        self.settled = False

    def publish_beside_a_sync(self) -> None:
        """Do both at once: what the sync is about to mirror is missing until then."""
        sync, publish = (self._start((each,), "later") for each in ("sync", "publish"))
        assert finished(publish).status in (0, 1)
        self._ended(("sync",), finished(sync), 0)

    def end(self) -> None:
        """Check that all ended well, and that there was something to see."""
        clients, events = self.clients, self.place.events()
        clients.look_at_all()
        assert clients.violations == []
        assert clients.trouble == []
        self.run("ledger", "check", "--read")
        self.run("verify", "--deep")
        assert sum(isinstance(event, BottleEvicted) for _, event in events) >= 5
        assert left_open(events) >= self.aimed
        assert min(clients.looks.values()) >= 20
        print(
            f"{self.day} days, {self.kills} kills, {left_open(events)} of them between"
            f" two documents; looks: {dict(clients.looks)};"
            f" other builds met: {dict(clients.between)}"
        )

    def _start(
        self,
        command: tuple[str, ...],
        towards: str | None,
        prefix: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
        dies_after: int | None = None,
    ) -> subprocess.Popen[str]:
        was = self.clients.moment.towards
        self._go(towards if self.settled or was == towards else None)
        arguments = (*command, "--store", self.place.address)
        return start_later(
            self.day,
            *arguments,
            dies_after=dies_after,
            prefix=prefix,
            **(variables or {}),
        )

    def _go(self, towards: str | None) -> None:
        self.clients.moment = Moment(self.day, towards)

    def _ended(self, command: tuple[str, ...], ended: Ended, status: int) -> None:
        # What clients have seen says more than what a command says.
        assert self.clients.violations == [], command
        assert ended.status == status, (command, ended.out, ended.err)
        if command[0] != "gc" and status == 0:
            self.settled = True


def left_open(events: list[tuple[str | None, Event]]) -> int:
    """Return how often a process was killed while it showed a generation."""
    kinds = (GenerationPublished, GenerationRolledBack, GenerationShown)
    told = [(run, event) for run, event in events if isinstance(event, kinds)]
    return sum(
        not isinstance(one, GenerationShown)
        and not (isinstance(then, GenerationShown) and run == ended)
        for (run, one), (ended, then) in pairwise(told)
    )


@pytest.fixture
def upstream(folder: Path) -> Iterator[ChangingUpstream]:
    with ChangingUpstream(Random(6)) as upstream:
        write_config(
            folder,
            upstream,
            target_tags=",".join(TAGS),
            exclude=UNWANTED,
            keep_generations=3,
            retention_days=8,
            max_evict="100%",
        )
        yield upstream


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.s3_server)])
def place(request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    with ExitStack() as cleanup:
        open_place = _folder if request.param == "folder" else _bucket
        yield open_place(request, folder, cleanup)


def _folder(_: pytest.FixtureRequest, folder: Path, cleanup: ExitStack) -> Place:
    process = start("serve", "--port", "0", "--store", str(MIRROR))
    cleanup.callback(process.communicate)
    cleanup.callback(process.kill)
    url = line_with(process, "is served at").partition("http://")[2].split()[0]
    mirror = folder / MIRROR

    def read(key: str, _: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            return 200, (mirror / key).read_bytes()
        except FileNotFoundError:
            return 404, b""

    def spoil() -> tuple[tuple[str, ...], Mapping[str, str]]:
        own = ("unshare", "--user", "--map-root-user", "--mount")
        mount = f"mount --bind -o ro {READ_ONLY} {READ_ONLY}"
        return (*own, "sh", "-c", f'{mount}; exec "$@"', "sh"), {}

    return Place(
        address=str(MIRROR),
        views=("registry", "flat"),
        asks={"files": read, "serve": _over_http(f"http://{url}", cleanup)},
        store=FolderStore(mirror),
        spoil=spoil,
    )


def _over_http(url: str, cleanup: ExitStack, tls: ssl.SSLContext | None = None) -> Ask:
    parts, own = urlsplit(url), local()

    def connect() -> HTTPConnection:
        if tls is None:
            made = HTTPConnection(parts.netloc, timeout=60)
        else:
            made = HTTPSConnection(parts.netloc, timeout=60, context=tls)
        cleanup.callback(made.close)
        return made

    def ask(key: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        # brew has a connection for each request, which costs more than what is asked.
        # Servers hang up on one that is idle.
        now = time.monotonic()
        if now - getattr(own, "asked_at", -inf) > _IDLE:
            own.connection = connect()
        own.asked_at = now
        path = f"{parts.path}/{quote(key)}"
        own.connection.request("GET", path, headers=dict(headers))
        answer = own.connection.getresponse()
        return answer.status, answer.read()

    return ask


def _bucket(request: pytest.FixtureRequest, _: Path, cleanup: ExitStack) -> Place:
    seaweed: SeaweedS3 = request.getfixturevalue("seaweed")
    use_seaweed(request.getfixturevalue("monkeypatch"), seaweed)
    bucket, prefix = f"clients-{uuid4()}", "mirrors/one"
    client = cleanup.enter_context(closing(seaweed.client()))
    client.create_bucket(Bucket=bucket)
    everybody = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": [f"arn:aws:s3:::{bucket}/{prefix}/{each}*" for each in PUBLIC],
    }
    policy = {"Version": "2012-10-17", "Statement": [everybody]}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    relay = cleanup.enter_context(Relay(seaweed.endpoint_url, seaweed.ca_bundle))
    tls = ssl.create_default_context(cafile=str(seaweed.ca_bundle))
    url = f"{seaweed.endpoint_url}/{bucket}/{prefix}"
    random = Random(7)

    def spoil() -> tuple[tuple[str, ...], Mapping[str, str]]:
        first = Cut("answer", random.randrange(1_000, 60_000))
        relay.cut(first, *[Cut("request", 1)] * 500)
        return (), {"AWS_ENDPOINT_URL": relay.endpoint_url}

    return Place(
        address=f"s3://{bucket}/{prefix}",
        views=("registry",),
        asks={"bucket": _over_http(url, cleanup, tls)},
        store=S3Store(bucket, prefix, pool_size=2, retry_attempts=2),
        spoil=spoil,
    )


@pytest.fixture
def keeper(upstream: ChangingUpstream, place: Place) -> Iterator[Keeper]:
    """Yield who keeps a mirror that is published, and that clients read."""
    clients = Clients(
        asks=place.asks,
        tags=[Tag(tag) for tag in TAGS],
        views=place.views,
        public_key=upstream.public_key_pem,
        digests=upstream.digests,
        is_wanted=lambda name: name != UNWANTED,
    )
    keeper = Keeper(place, upstream, clients, Random(8))
    views = ",".join(place.views)
    config = Path("bottles.toml")
    config.write_text(f'{config.read_text()}views = "{views}"\n')
    with clients:
        keeper.run("sync")
        clients.published = True
        yield keeper


def test_clients_find_all_that_the_api_names(keeper: Keeper) -> None:
    keeper.next_turn()
    keeper.killed("sync", aimed=True)
    keeper.run("sync")
    keeper.next_turn()
    keeper.spoilt("sync")
    keeper.run("sync")
    keeper.killed("rollback", aimed=True, towards="earlier")
    keeper.run("publish")
    keeper.next_turn()
    keeper.run("sync")
    keeper.end()


@pytest.mark.minutes
def test_clients_find_all_that_the_api_names_for_weeks(keeper: Keeper) -> None:
    upstream, clients = keeper.upstream, keeper.clients
    for aimed in (True, False, True):
        keeper.next_turn()
        keeper.killed("sync", aimed=aimed)
        keeper.run("sync")
    keeper.spoilt("publish")
    keeper.killed("rollback", aimed=True, towards="earlier")
    keeper.killed("publish", aimed=True)
    keeper.run("publish")
    # For longer than the grace nothing can be published: of a bottle no byte comes.
    missing = keeper.next_turn()
    upstream.faults.add(Fault("404", f"/{missing}/", on="blob"))
    keeper.run("sync", status=1)
    keeper.run("publish", status=1)
    for _ in range(2):
        keeper.next_turn()
        keeper.run("sync", status=1)
    upstream.faults.clear()
    keeper.next_turn()
    keeper.run("sync")
    clients.look_at_all()
    keeper.next_turn()
    keeper.run("sync")
    keeper.run("rollback", towards="earlier")
    clients.look_at_all()
    keeper.next_turn()
    keeper.run("sync")
    keeper.next_turn()
    keeper.publish_beside_a_sync()
    for _ in range(3):
        keeper.next_turn()
        keeper.killed("sync", aimed=False)
        keeper.spoilt("sync")
        keeper.run("sync")
    keeper.end()
