"""ministack, which notes who asks for what, and treats tasks as Fargate does.

usage: watched_stack.py FILE

It is run by ministack's own Python, in place of the command ``ministack``. FILE gets a
line of JSON whenever IAM is asked about a call: who, what, on what, and the answer.

What is missing of Fargate is added here. A task's credentials are those of the role
that its definition names; ministack invents some of nobody. A container's user,
capabilities and read-only root are those of the definition. And it is in this machine's
network, for AWS and upstream are on loopback: Fargate would give it its own address.
What it prints is read when it has ended: to follow it loses lines of short ones.

Who calls may be silent for longer than ministack waits, while it is busy itself.
"""
# ruff: noqa: SLF001 - ministack has no other way in

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Final

_NEVER: Final = "2999-01-01T00:00:00Z"
_HOST_MODE: Final = True
_HOUR: Final = 3600.0  # seconds


def main() -> int:
    """Serve as ministack does, until a signal comes."""
    _watch(Path(sys.argv.pop(1)))
    _give_tasks_their_roles()
    _start_containers_as_defined()
    _read_logs_at_the_end()
    _hang_up_on_nobody()
    import_module("ministack.app").main()
    return 0


def _hang_up_on_nobody() -> None:
    """Keep idle connections: one that is closed may have a request on its way."""
    config: Any = import_module("hypercorn.config").Config
    config.keep_alive_timeout = property(lambda _: _HOUR, lambda *_: None)


def _watch(file: Path) -> None:
    evaluator: Any = import_module("ministack.core.iam_evaluator")
    enforce, lock = evaluator.enforce, Lock()

    def watched(
        key: str, action: str, service: str, region: str, **more: object
    ) -> object:
        denied = enforce(key, action, service, region, **more)
        call = {
            "who": evaluator.caller_arn(),
            "action": action,
            "resource": more.get("resource_arn", "*"),
            "allowed": denied is None,
        }
        with lock, file.open("a") as lines:
            lines.write(f"{json.dumps(call)}\n")
        return denied

    evaluator.enforce = watched


def _give_tasks_their_roles() -> None:
    ecs: Any = import_module("ministack.services.ecs")
    metadata: Any = import_module("ministack.services.imds")
    sessions = import_module("ministack.services.sts")
    register, answer = ecs._register_metadata, metadata.handle_request
    roles: dict[str, str] = {}

    def registered(
        task: str,
        cluster: str,
        definition: Mapping[str, Any],
        container: Mapping[str, Any],
        launch_type: str,
        env: dict[str, str],
        *_: object,
    ) -> object:
        token = register(
            *(task, cluster, definition, container, launch_type, env),
            *(_HOST_MODE, None),
        )
        path = f"/v2/credentials/{task.rsplit('/', 1)[-1]}"
        roles[path] = definition["taskRoleArn"]
        stack = env["AWS_ENDPOINT_URL"]
        env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{stack}{path}"
        return token

    async def answered(method: str, path: str, *rest: object) -> object:
        if path not in roles:
            return await answer(method, path, *rest)
        role, task = roles[path], path.rsplit("/", 1)[-1]
        given = _credentials(role, task)
        sessions.register_session(given["AccessKeyId"], _session(role, task, given))
        return 200, {"Content-Type": "application/json"}, json.dumps(given).encode()

    ecs._register_metadata, metadata.handle_request = registered, answered


def _credentials(role: str, task: str) -> dict[str, str]:
    secret = sha256(task.encode()).hexdigest()
    return {
        "AccessKeyId": f"ASIA{secret[:16].upper()}",
        "SecretAccessKey": secret,
        "Token": secret,
        "Expiration": _NEVER,
        "RoleArn": role,
    }


def _session(role: str, task: str, given: Mapping[str, str]) -> dict[str, str]:
    account, name = role.split(":")[4], role.rsplit("/", 1)[-1]
    return {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{task}",
        "UserId": f"{name}:{task}",
        "SecretAccessKey": given["SecretAccessKey"],
        "SessionToken": given["Token"],
    }


def _start_containers_as_defined() -> None:
    ecs: Any = import_module("ministack.services.ecs")
    build = ecs._build_run_kwargs

    def built(container: Mapping[str, Any], *given: object) -> dict[str, object]:
        definition, env, ports, network, _, *rest = given
        return {
            **build(container, definition, env, ports, network, _HOST_MODE, *rest),
            "user": container["user"],
            "read_only": container["readonlyRootFilesystem"],
            "cap_drop": container["linuxParameters"]["capabilities"]["drop"],
        }

    ecs._build_run_kwargs = built


def _read_logs_at_the_end() -> None:
    ecs: Any = import_module("ministack.services.ecs")

    def read(
        container: Any,  # noqa: ANN401 - docker's
        log: Mapping[str, Any],
        account: str,
        region: str,
    ) -> None:
        container.wait()
        with ecs.request_scope(account, region):
            if ecs._ensure_awslogs_stream(log):
                for line in container.logs().decode(errors="replace").splitlines():
                    ecs._emit_awslogs_event(log, line)

    ecs._forward_awslogs = read


if __name__ == "__main__":
    sys.exit(main())
