"""The worker of Lambda, which has ten seconds, of which each bottle takes three."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from dependency_injector import providers

from adapters.system_clock import SystemClock
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from entrypoints import lambda_worker
from entrypoints.lambda_worker import Context, LambdaWorkerContainer

_GIVEN: Final = 10.0  # seconds
_EACH: Final = 3.0  # seconds


class BottleClock(SystemClock):
    """Time that stands still, but for what bottles take."""

    def __init__(self) -> None:
        self._passed = 0.0

    def monotonic(self) -> float:
        return self._passed

    def goes_on(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds


@dataclass(frozen=True, slots=True)
class Hurry:
    """What Lambda tells of an invocation that has little time."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends it."""
        return round(_GIVEN * 1000)


def hurried(config: SyncConfig, settings: CloudConfig) -> LambdaWorkerContainer:
    """Return one invocation, its clock and its store apart."""
    container = LambdaWorkerContainer(config=config, settings=settings)
    clock, store = BottleClock(), cast("Any", container.cloud.mirror).store()
    put = store.put

    def put_in_time(*bottle: object) -> None:
        put(*bottle)
        clock.goes_on(_EACH)

    container.cloud.clock.override(providers.Object(clock))
    store.put = put_in_time
    return container


def handler(order: object, _context: Context) -> dict[str, object]:
    """Carry out an order as the worker does."""
    lambda_worker.LambdaWorkerContainer = hurried  # type: ignore[assignment, misc]
    return lambda_worker.handler(order, Hurry())
