"""The definition of the state machine, with its placeholders filled."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

TEMPLATE: Final = (
    Path(__file__).resolve().parents[2]
    / "infrastructure/terraform/modules/ecs/state_machine.asl.json"
)
_PLACEHOLDER: Final = re.compile(r"\$\{([a-z_]+)\}")

VALUES: Final[dict[str, Any]] = {
    "assign_public_ip": "ENABLED",
    "capacity_provider_strategy": [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}],
    "cluster_arn": "arn:aws:ecs:us-east-1:123456789012:cluster/homebrew-sync",
    "container_name": "worker",
    "max_parallel_tasks": 16,
    "orchestrator_function_arn": (
        "arn:aws:lambda:us-east-1:123456789012:function:homebrew-sync-orchestrator"
    ),
    "orchestrator_wait_seconds": 330,
    "partition": "aws",
    "security_groups": ["sg-0123456789abcdef0"],
    "subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "task_definition_arn": (
        "arn:aws:ecs:us-east-1:123456789012:task-definition/homebrew-sync:1"
    ),
    "task_timeout_seconds": 21_600,
    "timeout_seconds": 259_200,
}
"""What Terraform would put in each place."""


def placeholders() -> set[str]:
    """Return the names of the template's placeholders."""
    return set(_PLACEHOLDER.findall(TEMPLATE.read_text()))


def definition(**values: object) -> dict[str, Any]:
    """Return the definition, filled as ``templatefile`` of Terraform would.

    Args:
        values: In place of those of ``VALUES``.
    """
    all_values = VALUES | values

    def filled(match: re.Match[str]) -> str:
        value = all_values[match[1]]
        return value if isinstance(value, str) else json.dumps(value)

    made: dict[str, Any] = json.loads(_PLACEHOLDER.sub(filled, TEMPLATE.read_text()))
    return made
