"""What roles may do, and what they were seen to do."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """What IAM was asked, and what it said."""

    who: str
    action: str
    resource: str
    allowed: bool

    @property
    def role(self) -> str | None:
        """The name of the role that called, if one did."""
        kind, _, name = self.who.rpartition(":")[2].partition("/")
        return name.split("/")[0] if kind == "assumed-role" else None


def calls_in(witness: Path) -> set[Call]:
    """Return everything that IAM was asked about since the stack began."""
    return {Call(**json.loads(line)) for line in witness.read_text().splitlines()}


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource that a role may do.

    Attributes:
        project: What the role's name begins with.
        whose: What comes after that.
        sid: The statement that says so.
    """

    project: str
    whose: str
    sid: str
    action: str
    resource: str

    @property
    def role(self) -> str:
        """The name of the role."""
        return f"{self.project}-{self.whose}-role"

    @property
    def statement(self) -> str:
        """What the statement is called, as in ``NOT_SEEN``."""
        return f"{self.whose} {self.sid}"

    @property
    def name(self) -> str:
        """What this right alone is called there."""
        on = self.resource.rpartition(":")[2].removeprefix(f"{self.project}-")
        return f"{self.statement} {self.action} {on}"

    def allows(self, call: Call) -> bool:
        """Return whether a call was for this."""
        return (self.role, self.action) == (call.role, call.action) and fnmatchcase(
            call.resource, self.resource
        )


def listed(value: str | list[str]) -> Collection[str]:
    """Return what a policy says as one or as many."""
    return [value] if isinstance(value, str) else value


def lacking(statement: dict[str, Any], right: Grant) -> list[dict[str, Any]]:
    """Return a statement without one right, in two parts where that is so."""
    if statement["Sid"] != right.sid:
        return [statement]
    actions = [each for each in listed(statement["Action"]) if each != right.action]
    resources = [
        each for each in listed(statement["Resource"]) if each != right.resource
    ]
    parts: dict[str, dict[str, str | list[str]]] = {
        right.sid: {"Action": actions},
        f"{right.sid}Left": {"Action": right.action, "Resource": resources},
    }
    return [
        {**statement, "Sid": sid, **part}
        for sid, part in parts.items()
        if all(part.values())
    ]
