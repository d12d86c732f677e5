"""The words that events and records share."""

from __future__ import annotations

from typing import Literal

Outcome = Literal["complete", "degraded", "failed", "interrupted"]
RunKind = Literal["cloud", "local"]
Route = Literal["none", "lambda", "ecs"]
"""What carries out the work of a run in the cloud."""
How = Literal["fetched", "copied", "found"]
About = Literal["started", "progress", "ended"]
"""What people were told of a run."""
