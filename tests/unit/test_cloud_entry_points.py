"""The programs in the cloud over a store on this machine: answers, logs, statuses."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import pytest
from dependency_injector import providers

from adapters.configuration_sources import ConfigurationError
from adapters.folder.store import FolderStore
from adapters.ledger.layout import commit_key
from adapters.order_codec import encode_order, said_of
from application.close_run import UnknownRunError
from application.follow_order import OrderError
from application.tally import Tally
from application.work_shard import ShardReport
from domain.errors import LedgerDamagedError
from domain.order import Order
from domain.trigger import Start
from entrypoints import ecs_worker, lambda_orchestrator, lambda_worker
from entrypoints.lambda_worker import LambdaWorkerContainer
from ports.errors import MalformedError
from tests.support.cloud import Cloud
from tests.support.mirror import mirror_of

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
EVENT_ID = "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa"


@dataclass(slots=True)
class Context:
    """What Lambda tells of an invocation."""

    aws_request_id: str = "e4b46cbf-b738-4880-8880-a18cdf61200e"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


class Deployed:
    """A mirror in a folder, of which a run in three shards is open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cloud = Cloud(mirror_of("aaaaaaaa", "bbbbbbb", "cccccc"))
        self.cloud.trigger()
        self.orders = tuple(self.cloud.orders)
        self.cloud.work(self.orders[0])
        store, disk = FolderStore(folder), self.cloud.mirror.disk
        for info in disk.list(""):
            store.create(info.key, disk.get(info.key).body)

    def harm(self) -> None:
        """Damage the log's first commit."""
        (self.folder / commit_key(0)).write_bytes(b"{}\n")
        # What was read from it would hide that.
        (self.folder / "bottles_hash.json").unlink(missing_ok=True)


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.setenv("BOTTLES_STORE", str(tmp_path / "mirror"))
    monkeypatch.setenv("BOTTLES_STATE_MACHINE_ARN", MACHINE)
    return Deployed(tmp_path / "mirror")


@pytest.fixture
def signals() -> Iterator[None]:
    """Put back what the worker on ECS does about signals."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return what was logged, metrics aside."""
    printed = map(json.loads, capsys.readouterr().out.splitlines())
    return [line for line in printed if "message" in line]


def ask(payload: object) -> dict[str, object]:
    return lambda_orchestrator.handler(payload, Context())


@pytest.mark.usefixtures("deployed")
class TestTheOrchestrator:
    def test_answers_which_shards_are_left(self, deployed: Deployed) -> None:
        left = [said_of(order) for order in deployed.orders[1:]]
        answer = {"run_id": "run-1", "orders": left}
        assert ask({"source": "shards", "run_id": "run-1"}) == answer
        asked = {"source": "shards", "run_id": "run-1", "shards": [0, 2]}
        assert ask(asked) == {"run_id": "run-1", "orders": left[1:]}

    def test_answers_what_came_of_closing(self) -> None:
        close = {"source": "close", "run_id": "run-1"}
        assert ask(close) == {
            "run_id": "run-1",
            "outcome": None,
            "unfinished": [1, 2],
        }
        answer = {"run_id": "run-1", "outcome": "degraded", "unfinished": []}
        assert ask({**close, "shards": [0, 1, 2]}) == answer
        assert ask(close) == answer

    def test_answers_what_came_of_a_death(self, deployed: Deployed) -> None:
        died = {"requestPayload": said_of(deployed.orders[0])}
        assert ask(died)["unfinished"] == [1, 2]

    def test_answers_how_old_the_mirror_is(self) -> None:
        assert isinstance(ask({"source": "age"})["age"], int)

    def test_names_the_run_in_every_line(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(UnknownRunError):
            ask({"source": "close", "run_id": "run-9"})
        (line,) = lines(capsys)
        assert (line["level"], line["run_id"]) == ("ERROR", "run-9")
        assert "knows no such run" in line["message"]

    def test_says_what_it_knows_when_it_is_handed_something_else(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(MalformedError):
            ask({"source": "somebody"})
        assert "'somebody'; it should be" in lines(capsys)[0]["message"]

    def test_counts_a_damaged_ledger_as_a_security_event(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployed.harm()
        with pytest.raises(LedgerDamagedError):
            ask({"source": "shards", "run_id": "run-1"})
        assert '"SecurityEvents"' in capsys.readouterr().out

    def test_cannot_do_without_a_state_machine(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("BOTTLES_STATE_MACHINE_ARN")
        with pytest.raises(ConfigurationError, match="STATE_MACHINE_ARN"):
            ask({"source": "age"})


class TestTheRunOfATrigger:
    def test_is_called_as_the_event(self) -> None:
        run_id = lambda_orchestrator.run_id_of(Start(EVENT_ID), "request")
        assert run_id == EVENT_ID

    @pytest.mark.parametrize("event_id", ["custom/1", "run 7", EVENT_ID.upper(), "é"])
    def test_is_the_same_when_an_event_of_another_kind_comes_again(
        self, event_id: str
    ) -> None:
        first, again, other = (
            lambda_orchestrator.run_id_of(Start(name), request)
            for name, request in ((event_id, "1"), (event_id, "2"), ("x", "1"))
        )
        assert first == again != other
        assert str(UUID(first)) == first

    @pytest.mark.parametrize("event_id", [None, ""])
    def test_is_the_invocations_when_a_person_starts_it(
        self, event_id: str | None
    ) -> None:
        request = Context().aws_request_id
        assert lambda_orchestrator.run_id_of(Start(event_id), request) == request


@pytest.mark.usefixtures("deployed")
class TestAWorkerInLambda:
    def test_says_how_it_left_its_shard(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = lambda_worker.handler(said_of(deployed.orders[0]), Context())
        assert answer == {
            "run_id": "run-1",
            "shard": 0,
            "ending": "left_alone",
            "left": 0,
            "bytes": 0,
            "copied": 0,
            "failed": 0,
            "mirrored": 0,
        }
        (line,) = lines(capsys)
        assert (line["run_id"], line["shard"]) == ("run-1", 0)
        assert "left_alone" in line["message"]

    def test_has_as_many_seconds_as_lambda_gives_it(self, deployed: Deployed) -> None:
        given: list[float] = []

        def work(order: Order, seconds: float) -> ShardReport:
            given.append(seconds)
            return ShardReport(order, "completed", "complete", Tally())

        with LambdaWorkerContainer.work_shard.override(providers.Object(work)):
            lambda_worker.handler(said_of(deployed.orders[1]), Context())
        assert given == [900.0]

    def test_fails_over_an_order_that_nobody_knows(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str]
    ) -> None:
        order = replace(deployed.orders[1], run_id="run-9")
        with pytest.raises(OrderError):
            lambda_worker.handler(said_of(order), Context())
        (line,) = lines(capsys)
        assert "is the store the one that the orchestrator uses?" in line["message"]

    def test_fails_over_what_is_no_order(self) -> None:
        with pytest.raises(MalformedError, match="the order"):
            lambda_worker.handler({"source": "manual"}, Context())


@pytest.mark.usefixtures("signals", "deployed")
class TestAWorkerOnEcs:
    def status(self, monkeypatch: pytest.MonkeyPatch, order: Order | str) -> int:
        text = order if isinstance(order, str) else encode_order(order)
        monkeypatch.setenv("BOTTLES_ORDER", text)
        return ecs_worker.main()

    def test_ends_well_when_its_shard_has_ended(
        self, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.status(monkeypatch, deployed.orders[0]) == 0

    @pytest.mark.parametrize("order", ["", "{}", "shard 1", '{"run_id":"run-1"}'])
    def test_ends_with_2_over_what_is_no_order(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        order: str,
    ) -> None:
        assert self.status(monkeypatch, order) == 2
        told = lines(capsys)[0]["message"]
        assert told.startswith("environment BOTTLES_ORDER: the order: ")

    def test_ends_with_2_when_nobody_says_what_is_to_be_done(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("BOTTLES_ORDER", raising=False)
        assert ecs_worker.main() == 2

    def test_ends_with_3_when_its_plan_was_changed(
        self, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = deployed.orders[1].plan_sha256
        document = deployed.folder / f"ledger/v1/documents/{plan}.json"
        document.chmod(0o600)
        document.write_bytes(b"{}")
        assert self.status(monkeypatch, deployed.orders[1]) == 3

    def test_ends_with_2_over_an_order_that_nobody_knows(
        self, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = replace(deployed.orders[1], run_id="run-9")
        assert self.status(monkeypatch, order) == 2

    def test_ends_with_2_when_it_is_wrongly_configured(
        self, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("BOTTLES_STORE")
        assert self.status(monkeypatch, deployed.orders[0]) == 2

    def test_ends_with_3_over_a_damaged_ledger(
        self, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deployed.harm()
        assert self.status(monkeypatch, deployed.orders[1]) == 3

    def test_ends_with_4_when_the_plan_is_gone(
        self, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = deployed.orders[1].plan_sha256
        (deployed.folder / f"ledger/v1/documents/{plan}.json").unlink()
        assert self.status(monkeypatch, deployed.orders[1]) == 4

    def test_ends_with_143_when_it_is_told_to_leave(
        self, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = signal.signal

        def told_at_once(
            number: int, handler: Callable[[int, FrameType | None], None]
        ) -> object:
            before = real(number, handler)
            if number == signal.SIGINT:
                signal.raise_signal(signal.SIGTERM)
            return before

        monkeypatch.setattr(signal, "signal", told_at_once)
        assert self.status(monkeypatch, deployed.orders[1]) == 143
