"""The orchestrator of Lambda, to which a second of waiting is a hundredth of one."""

from __future__ import annotations

from dependency_injector import providers

from adapters.system_clock import SystemClock
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from entrypoints import lambda_orchestrator
from entrypoints.lambda_orchestrator import Answer, Context, OrchestratorContainer


class HastyClock(SystemClock):
    """The machine's own time, of which nobody waits for much."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 100)


def hasty(config: SyncConfig, settings: CloudConfig) -> OrchestratorContainer:
    """Return one invocation, its clock apart."""
    container = OrchestratorContainer(config=config, settings=settings)
    container.cloud.clock.override(providers.Object(HastyClock()))
    return container


def handler(event: object, context: Context) -> Answer:
    """Answer a payload as the orchestrator does."""
    lambda_orchestrator.OrchestratorContainer = hasty  # type: ignore[assignment, misc]
    return lambda_orchestrator.handler(event, context)
