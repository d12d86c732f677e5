"""A worker on Amazon ECS: carries out the order in BOTTLES_ORDER, and exits.

Exit status: 0 the shard has ended, or is another's; 2 wrong configuration or order;
3 the ledger or its plan is damaged; 4 upstream or the store cannot be reached; 70 a
bug; 143 told to leave, with everything that was fetched recorded. It is a hint for
people: what is done is in the ledger.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Final

from adapters.configuration_sources import ORDER, ConfigurationError
from adapters.order_codec import decode_order
from application.follow_order import OrderError
from application.work_shard import Ending, WorkShard
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from domain.errors import DigestMismatchError, LedgerDamagedError, MirrorError
from domain.order import Order
from entrypoints.cloud.container import CloudContainer
from entrypoints.cloud.invocation import configured_by, logged
from entrypoints.injector import containers, providers
from ports.errors import MalformedError, PortError

_STATUS: Final[dict[Ending, int]] = {
    "completed": 0,
    "left_alone": 0,
    "handed_on": 0,
    "stopped": 128 + signal.SIGTERM,
}
# The first that fits.
_OF_ERRORS: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (LedgerDamagedError, 3),
    (DigestMismatchError, 3),
    (MalformedError, 3),
    (PortError, 4),
    (MirrorError, 2),
)
_WRONG: Final = 2
_BUG: Final = 70


class EcsWorkerContainer(containers.DeclarativeContainer):
    """One task."""

    config: providers.Dependency[SyncConfig] = providers.Dependency(
        instance_of=SyncConfig
    )
    settings: providers.Dependency[CloudConfig] = providers.Dependency(
        instance_of=CloudConfig
    )
    cloud = providers.Container(CloudContainer, config=config, cloud=settings)

    # The state machine sees to what is left, and asks for the end.
    work_shard: providers.Provider[WorkShard] = providers.Factory(
        WorkShard,
        carry_out=cloud.carry_out,
        salvage=cloud.salvage,
        runs=cloud.runs,
        route="ecs",
        dispatchers=providers.Object({}),
        closer=None,
        tell=cloud.tell,
        used=cloud.usage,
        metrics=cloud.metrics,
        progress=cloud.progress,
    )


def main() -> int:
    """Carry out the order, and return the exit status."""
    try:
        configured = configured_by(os.environ)
    except ConfigurationError:
        return _WRONG
    container = EcsWorkerContainer(config=configured.config, settings=configured.cloud)
    lines, stop = container.cloud.lines(), container.cloud.stop()

    def leave(_number: int, _frame: FrameType | None) -> None:
        # ECS kills a task 120 s later at most: what is on its way is cut short.
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    try:
        with logged(lines, container.cloud.metrics()):
            order = _order(os.environ)
            lines.bind(run_id=order.run_id, shard=order.shard)
            report = container.work_shard()(order)
            lines.info(
                f"shard {order.shard}: {report.ending}: {report.reason}",
                **report.tally.counts,
            )
            return _STATUS[report.ending]
    except Exception as error:  # noqa: BLE001 - it is told; only the status is left
        statuses = (code for kind, code in _OF_ERRORS if isinstance(error, kind))
        return next(statuses, _BUG)


def _order(variables: Mapping[str, str]) -> Order:
    """Return the order.

    Raises:
        OrderError: There is none, or it is no order.
    """
    if ORDER not in variables:
        raise OrderError(f"environment {ORDER}: is missing: it says what is to be done")
    try:
        return decode_order(variables[ORDER])
    except MalformedError as error:
        raise OrderError(f"environment {ORDER}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
