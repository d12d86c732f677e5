"""One task of ECS: a process, and what is said of it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Timer
from typing import Any
from uuid import uuid4

from tests.support.runtime_api import ACCOUNT, REGION, ROOT


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """What a task consists of: one container, here a command.

    Args:
        stop_timeout: In seconds between SIGTERM and SIGKILL. AWS allows 2 to 120.
    """

    command: Sequence[str]
    container: str = "worker"
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_timeout: float = 120.0


@dataclass(frozen=True, slots=True)
class _Stop:
    """Why a task was told to end."""

    code: str
    reason: str


class Task:
    """A process that runs until it ends, or is stopped as ECS stops tasks."""

    def __init__(
        self,
        cluster: str,
        family: str,
        definition: TaskDefinition,
        asked: Mapping[str, Any],
        log: Path,
    ) -> None:
        self._owner = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
        self._cluster = cluster
        self.arn = f"{self._owner}:task/{cluster}/{uuid4().hex}"
        self.family = family
        self.asked = asked
        self.log = log
        self._definition = definition
        self._lock = Lock()
        self._stop: _Stop | None = None
        self._stopped_at = 0.0
        self._started_at = time.time_ns() / 1e9
        overrides = asked.get("overrides", {}).get("containerOverrides", [])
        override = overrides[0] if overrides else {}
        self.environment = {
            **definition.environment,
            **{each["name"]: each["value"] for each in override.get("environment", [])},
        }
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                override.get("command") or definition.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={
                    "AWS_ACCESS_KEY_ID": "testing",
                    "AWS_SECRET_ACCESS_KEY": "testing",
                    "AWS_REGION": REGION,
                    "AWS_DEFAULT_REGION": REGION,
                    "AWS_EC2_METADATA_DISABLED": "true",
                    "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
                    "PATH": os.defpath,
                    "PYTHONPATH": str(ROOT),
                    **self.environment,
                },
                # Ctrl-C is for us, and a task's children end with it.
                start_new_session=True,
            )
        self._killer = Timer(definition.stop_timeout, self.kill)

    @property
    def stopped(self) -> bool:
        """Whether it has ended."""
        with self._lock:
            if self._process.poll() is None:
                return False
            self._stopped_at = self._stopped_at or time.time_ns() / 1e9
            return True

    @property
    def stopping(self) -> bool:
        """Whether it has ended, or was told to."""
        return self._stop is not None or self.stopped

    @property
    def exit_code(self) -> int | None:
        """The status it ended with, as a container's: 137 after SIGKILL."""
        status = self._process.poll()
        return 128 - status if status is not None and status < 0 else status

    def stop(self, code: str, reason: str) -> None:
        """Tell it to end, and kill it when it takes longer than it may."""
        with self._lock:
            if self._stop is not None or self._process.poll() is not None:
                return
            self._stop = _Stop(code, reason)
            self._process.send_signal(signal.SIGTERM)
            self._killer.start()

    def freeze(self) -> None:
        """Let it stand still, as a machine that has died: SIGKILL ends it so, too."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.killpg(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, with its children."""
        with self._lock:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        """End it, and leave nothing running."""
        self._killer.cancel()
        self.kill()
        if self._killer.is_alive():
            self._killer.join()

    def described(self) -> dict[str, Any]:
        """Return what DescribeTasks says of it."""
        status = "STOPPED" if self.stopped else "RUNNING"
        container: dict[str, Any] = {
            "containerArn": f"{self.arn}/container",
            "taskArn": self.arn,
            "name": self._definition.container,
            "lastStatus": status,
        }
        task: dict[str, Any] = {
            "taskArn": self.arn,
            "clusterArn": f"{self._owner}:cluster/{self._cluster}",
            "taskDefinitionArn": f"{self._owner}:task-definition/{self.family}:1",
            "lastStatus": status,
            "desiredStatus": "STOPPED" if self.stopping else "RUNNING",
            "containers": [container],
            "createdAt": self._started_at,
            "startedAt": self._started_at,
            "overrides": self.asked.get("overrides", {}),
        }
        for name in ("startedBy", "group", "launchType", "tags"):
            if name in self.asked:
                task[name] = self.asked[name]
        if strategy := self.asked.get("capacityProviderStrategy"):
            task["capacityProviderName"] = strategy[0]["capacityProvider"]
        if status == "STOPPED":
            stop = self._stop or _Stop(
                "EssentialContainerExited", "Essential container in task exited"
            )
            container["exitCode"] = self.exit_code
            task |= {
                "stopCode": stop.code,
                "stoppedReason": stop.reason,
                "stoppedAt": self._stopped_at,
            }
        return task


def characters(overrides: Mapping[str, Any]) -> int:
    """Return how long overrides are, JSON's punctuation included."""
    return len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False))
