"""The applied system when its roles lack one right, each of them in its turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest

from domain.events import SyncCompleted
from domain.work import GB
from tests.standin.catalog import Formula, formula
from tests.standin.recipes import Recipe
from tests.standin.server import Upstream
from tests.support.applied import Applied
from tests.support.applying import TAGS, applied_root, why_it_cannot_run
from tests.support.aws_stack import why_no_stack
from tests.support.deployment import wait_for
from tests.support.rights import Grant
from tests.support.slack import SlackWebhook
from tests.support.terraform import why_no_terraform
from tests.support.terraform_rights import NOT_SEEN

pytestmark = [
    pytest.mark.slow,
    pytest.mark.minutes,
    pytest.mark.aws_stack,
    pytest.mark.skipif(why_no_terraform() is not None, reason=str(why_no_terraform())),
    pytest.mark.skipif(why_no_stack() is not None, reason=str(why_no_stack())),
]
# In which log it is to be said that a program lacks a right.
LOGS: Final = {"orchestrator": "orchestrator", "worker": "worker", "ecs-task": "tasks"}
# Of two bottles of so many bytes each: two tasks; a run that Lambda has no time for.
TO_TASKS: Final = 25 * GB
TOO_LARGE: Final = 9 * GB
# Of use now and then only: publishing writes a manifest where no worker wrote it.
SELDOM: Final = "orchestrator Write s3:PutObject mirror/v2/*"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    if reason := why_it_cannot_run():
        pytest.skip(reason)
    place = tmp_path_factory.mktemp("lost")
    witness = place / "calls.jsonl"
    witness.touch()
    with (
        Upstream([]) as upstream,
        SlackWebhook() as slack,
        applied_root(place, witness, upstream, slack) as system,
    ):
        yield system


@dataclass
class Offer:
    """What upstream has, and the mirror may not have yet."""

    upstream: Upstream
    formulae: list[Formula] = field(default_factory=list)

    def more(self, claim: int | None) -> None:
        """Let there be two bottles that were not there, and one of equal bytes."""
        name = f"later-{len(self.formulae)}"
        self.formulae += [
            formula(Recipe(name, tags=TAGS, same=TAGS)),
            formula(Recipe(f"{name}-too", tags=TAGS[:1])),
        ]
        self.upstream.claim(claim)
        self.upstream.publish(self.formulae)


def is_missed(right: Grant) -> bool:
    """Return whether a run has a use for it: a ledger is founded only once."""
    founds = right.whose == "orchestrator" and (
        right.resource.endswith("probe-*")
        or (right.action, right.resource.rpartition("/")[2])
        == ("s3:PutObject", "ledger.json")
    )
    return (
        right.whose in LOGS
        and not founds
        and not {right.statement, right.name} & {*NOT_SEEN, SELDOM}
    )


def test_whichever_right_is_missing_somebody_says_so(applied: Applied) -> None:
    it, offer = applied, Offer(applied.upstream)
    offer.more(None)
    it.ended(it.invoke({"source": "manual"})["run_id"])
    silent: dict[str, str] = {}

    for right in filter(is_missed, it.grants()):
        offer.more(claim_for(right))
        with it.without(right):
            said = what_is_said(it, right)
        print(f"{right.name}: {said[:300]}", flush=True)
        # S3 answers a HEAD with a status and no word.
        words = (right.action, "AccessDenied", "the credentials in use lack a right")
        if not any(word in said for word in words):
            silent[right.name] = said
        # What was begun comes to its end or is given up, and what is left comes in.
        wait_for(lambda: not it.ledger().runs, every=1)
        if it.events(SyncCompleted)[-1].outcome != "complete":
            it.ended(it.invoke({"source": "manual"})["run_id"])

    assert silent == {}
    assert it.ended(it.invoke({"source": "manual"})["run_id"]).outcome == "complete"
    assert it.published() == it.ledger()


def claim_for(right: Grant) -> int | None:
    """Return how large bottles must be for a run to make use of a right."""
    if right.whose == "ecs-task":
        return TO_TASKS
    if right.action == "states:StartExecution":
        return TO_TASKS if right.whose == "orchestrator" else TOO_LARGE
    return None


def what_is_said(it: Applied, right: Grant) -> str:
    """Start a run that lacks a right, and return what is the first to be said of it."""
    log = LOGS[right.whose]
    before = len(it.lines(log))
    answer = it.invoke({"source": "manual"})
    if "errorMessage" in answer:
        return str(answer["errorMessage"])

    def said() -> str:
        return "\n".join(
            line["message"]
            for line in it.lines(log)[before:]
            if line["level"] != "INFO"
        )

    def is_over() -> bool:
        # The hash file comes last.
        ledger = it.ledger()
        return not ledger.runs and it.published() == ledger

    wait_for(lambda: said() or is_over(), every=1)
    return said()
