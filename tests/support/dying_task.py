"""The worker on ECS, which SIGKILL ends before it has done anything for shard 1."""

from __future__ import annotations

import json
import os
import signal
import sys

if __name__ == "__main__":
    if json.loads(os.environ["BOTTLES_ORDER"])["shard"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    from entrypoints import ecs_worker

    sys.exit(ecs_worker.main())
