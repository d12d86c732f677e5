"""An execution environment of AWS Lambda: a process, and the Runtime API it asks.

The process runs AWS's own runtime interface client (the package awslambdaric), so that
handlers meet here what they meet there: their module imported once, one event after the
other, a context that knows the time left, and an end without a word when it is used up.
"""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from uuid import uuid4

from tests.support.loopback import Answer, Asked, LoopbackServer, json_answer

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "123456789012"
MAX_RESPONSE = 6_291_556  # bytes; AWS allows 100 more than in a request
# Seconds to import the handler and ask for an event. AWS has 10, for a machine of one's
# own; no test is of it.
_INIT_WITHIN = 60.0
_POLL_EVERY = 0.01  # seconds between two looks at time, memory and process
_RUNTIME = "/2018-06-01/runtime"
_ACCEPTED = json_answer({"status": "OK"}, HTTPStatus.ACCEPTED)


def why_no_runtime() -> str | None:
    """Return why no handler can be run here, if so."""
    if find_spec("awslambdaric") is None:
        return "no runtime interface client: pip install awslambdaric (Linux)"
    return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended: the handler's answer, or what went wrong, as JSON."""

    payload: bytes
    failed: bool = False


def failure(kind: str, message: str) -> Outcome:
    """Return an outcome that Lambda itself speaks of."""
    body = {"errorType": kind, "errorMessage": message}
    return Outcome(json.dumps(body).encode(), failed=True)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an invocation may use: seconds, and megabytes of resident memory."""

    timeout: float
    memory: int


@dataclass(frozen=True, slots=True)
class _Delivery:
    """An event on its way to the process."""

    request_id: str
    event: bytes


@dataclass(frozen=True, slots=True)
class _Clock:
    """When the time allowed ends (monotonic), and how much it was, in seconds."""

    ends: float
    allowed: float


class Environment:
    """One process that answers events, one at a time, until it ends or is closed.

    An invocation that runs until its deadline, or takes more memory than there is, ends
    the process by SIGKILL, as does ``kill``. It is then no longer ``alive``, and
    whoever asks for more needs another.
    """

    def __init__(
        self,
        name: str,
        handler: str,
        limits: Limits,
        variables: Mapping[str, str],
        folder: Path,
    ) -> None:
        self._arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        self._limits = limits
        self._deliveries: SimpleQueue[_Delivery | None] = SimpleQueue()
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._current = ""
        self._has_served = False
        self._server = LoopbackServer(self._answer).__enter__()
        folder.mkdir(parents=True)
        temporary = folder / "tmp"
        temporary.mkdir()
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", handler],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={
                    **_own_variables(name, handler, limits.memory),
                    **variables,
                    "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.port}",
                    "TMPDIR": str(temporary),
                },
                # Ctrl-C is for us, and a handler's children end with it.
                start_new_session=True,
            )
        self._clock = _Clock(time.monotonic() + _INIT_WITHIN, _INIT_WITHIN)

    @property
    def alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    def invoke(self, request_id: str, event: bytes) -> Outcome:
        """Have the handler answer an event, and return how that ended."""
        self._current = request_id
        if self._has_served:
            # Time runs again when the process takes the event.
            self._clock = _Clock(math.inf, 0.0)
        self._has_served = True
        self._deliveries.put(_Delivery(request_id, event))
        while True:
            try:
                outcome = self._outcomes.get(timeout=_POLL_EVERY)
            except Empty:
                fate = self._fate(request_id)
            else:
                # Between two looks it may have taken too much, and answered.
                fate = self._out_of_memory(request_id)
                if fate is None:
                    return outcome
            if fate is not None:
                self.kill()
                return fate

    def kill(self) -> None:
        """End the process and its children at once."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """End the process, and leave nothing running."""
        self.kill()
        # Wakes the thread that waits for an event to deliver.
        self._deliveries.put(None)
        self._server.__exit__(None, None, None)

    def _fate(self, request_id: str) -> Outcome | None:
        """Return what has ended the invocation, if something has."""
        status = self._process.poll()
        if status is not None:
            try:
                # What was answered just before it ended counts.
                return self._outcomes.get_nowait()
            except Empty:
                return failure(
                    "Runtime.ExitError", f"RequestId: {request_id} {_end(status)}"
                )
        out_of_memory = self._out_of_memory(request_id)
        if out_of_memory is not None:
            return out_of_memory
        clock = self._clock
        if time.monotonic() < clock.ends:
            return None
        return failure(
            "Sandbox.Timedout",
            f"RequestId: {request_id} Error: Task timed out after "
            f"{clock.allowed:.2f} seconds",
        )

    def _out_of_memory(self, request_id: str) -> Outcome | None:
        """Return how the invocation ends if it has taken more than there is."""
        if self._peak_memory() <= self._limits.memory:
            return None
        return failure(
            "Runtime.ExitError", f"RequestId: {request_id} {_end(-signal.SIGKILL)}"
        )

    def _peak_memory(self) -> float:
        """Return the most resident memory that the process ever had, in megabytes."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return 0.0
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def _answer(self, asked: Asked) -> Answer:
        """Answer the process as the Runtime API does."""
        path = asked.path.removeprefix(_RUNTIME)
        if asked.method == "GET" and path == "/invocation/next":
            return self._next()
        if path == "/init/error":
            self._outcomes.put(Outcome(asked.body, failed=True))
            return _ACCEPTED
        if path == f"/invocation/{self._current}/response":
            return self._respond(asked.body)
        if path == f"/invocation/{self._current}/error":
            self._outcomes.put(Outcome(asked.body, failed=True))
            return _ACCEPTED
        return json_answer(
            {"errorType": "InvalidRequestID", "errorMessage": path},
            HTTPStatus.BAD_REQUEST,
        )

    def _next(self) -> Answer:
        delivery = self._deliveries.get()
        if delivery is None:
            return Answer(HTTPStatus.GONE)
        timeout = self._limits.timeout
        self._clock = _Clock(time.monotonic() + timeout, timeout)
        deadline = time.time_ns() // 1_000_000 + int(timeout * 1000)
        root = f"1-{time.time_ns() // 1_000_000_000:08x}-{uuid4().hex[:24]}"
        return Answer(
            HTTPStatus.OK,
            delivery.event,
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": delivery.request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": self._arn,
                "Lambda-Runtime-Trace-Id": (
                    f"Root={root};Parent={uuid4().hex[:16]};Sampled=0"
                ),
            },
        )

    def _respond(self, body: bytes) -> Answer:
        if len(body) <= MAX_RESPONSE:
            self._outcomes.put(Outcome(body))
            return _ACCEPTED
        self._outcomes.put(
            failure(
                "Function.ResponseSizeTooLarge",
                "Response payload size exceeded maximum allowed payload size "
                f"({MAX_RESPONSE} bytes).",
            )
        )
        return json_answer(
            {"errorType": "RequestEntityTooLarge", "errorMessage": "too large"},
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )


def _end(status: int) -> str:
    """Return Lambda's words for the end of a process, by its exit status."""
    if status > 0:
        return f"Error: Runtime exited with error: exit status {status}"
    if status == -signal.SIGKILL:
        return "Error: Runtime exited with error: signal: killed"
    if status < 0:
        return f"Error: Runtime exited with error: signal: {-status}"
    return "Error: Runtime exited without providing a reason"


def _own_variables(name: str, handler: str, memory: int) -> dict[str, str]:
    """Return the variables that Lambda sets, and none of the tests' own."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"2026/01/01/[$LATEST]{uuid4().hex}",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "LAMBDA_TASK_ROOT": str(ROOT),
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "TZ": ":UTC",
        "_HANDLER": handler,
    }
