"""What AWS takes in one piece, checked before it is sent.

AWS says no to more, but only after the fact and in words of its own; what imitates it
on one machine takes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ports.errors import PayloadTooLargeError


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that one payload may have.

    Attributes:
        of: What is limited.
        unit: What is counted.
        advice: How to stay below it.
    """

    of: str
    most: int
    unit: Literal["bytes", "characters"]
    advice: str

    def check(self, what: str, text: str) -> None:
        """Check that ``text`` is not more than can be sent.

        Args:
            what: What it is to be sent for.

        Raises:
            PayloadTooLargeError: It is.
        """
        size = len(text.encode() if self.unit == "bytes" else text)
        if size > self.most:
            raise PayloadTooLargeError(
                what, self.of, size, self.most, unit=self.unit, advice=self.advice
            )


_REPORT: Final = "this should never happen: report it"
_FEWER: Final = "raise shard_gb, so that there are fewer shards"

LAMBDA_EVENT: Final = Limit(
    "the event of an asynchronous invocation", 1_048_576, "bytes", _REPORT
)
"""AWS Lambda, Invoke: 1 MB."""

TASK_OVERRIDES: Final = Limit("the overrides of a task", 8_192, "characters", _REPORT)
"""Amazon ECS, RunTask: overrides, the punctuation of their JSON included."""

EXECUTION_INPUT: Final = Limit("the input of an execution", 262_144, "bytes", _FEWER)
"""AWS Step Functions: the input of an execution, and what goes from state to state."""

EXECUTION_NAME: Final = Limit("the name of an execution", 80, "characters", _REPORT)
"""AWS Step Functions: the name of an execution, of letters, digits, _ and -."""
