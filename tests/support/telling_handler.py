"""A handler that tells a line and a metric, as those of the mirror do."""

import os
import sys
from typing import Any

from adapters.telemetry.embedded_metrics import EmbeddedMetrics
from adapters.telemetry.log_lines import LogLines


def handler(event: Any, _context: Any) -> str:  # noqa: ANN401 - any JSON; AWS's own
    """Tell, and answer with the trace that this is part of."""
    lines, metrics = LogLines(sys.stdout), EmbeddedMetrics(sys.stdout, "prod")
    lines.bind(run_id=event["run_id"])
    lines.info("something happens", formula="jq")
    metrics.add("BottlesMirrored", 3)
    metrics.flush()
    return os.environ["_X_AMZN_TRACE_ID"]
