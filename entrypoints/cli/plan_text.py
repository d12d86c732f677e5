"""A plan as a person reads it."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_UP, Decimal
from typing import Final

from adapters.terminal.words import counted, spelt_bytes, spelt_duration, spelt_rate
from domain.config import BucketAddress, SyncConfig
from domain.cost import ASSUMED_RATE, expected_seconds, s3_cost
from domain.plan import SyncPlan
from domain.work import Amount, Work
from entrypoints.cli.tables import pairs, table

_BIGGEST: Final = 5
_CENT: Final = Decimal("0.01")


def plan_text(
    plan: SyncPlan, config: SyncConfig, left: int = 0, *, how: str = ""
) -> str:
    """Return what ``plan`` prints.

    Args:
        left: Bottles that the bound on bytes leaves for a later run.
        how: What carries the plan out.
    """
    lines = pairs(
        [
            ("catalog", _catalog(plan)),
            ("store", str(config.store)),
            ("offered", _offered(plan)),
            ("to fetch", _to_fetch(plan.work)),
        ]
    )
    if plan.elsewhere:
        there = counted(len(plan.elsewhere), "bottle")
        lines.append(f"left out  {there} that another mirror has (--fetch-elsewhere)")
    if left:
        bound = spelt_bytes(config.max_bytes or 0)
        lines.append(f"left      {counted(left, 'bottle')}, for max_bytes is {bound}")
    if plan.work.superseded:
        gone = counted(len(plan.work.superseded), "bottle")
        lines.append(f"upstream no longer offers {gone} that the mirror holds")
    lines += ["", *_by_tag(plan)]
    if not plan.work.loads and not left:
        complete = (
            "the mirror is complete" if not plan.elsewhere else "all else is held"
        )
        return "\n".join([*lines, "", f"Nothing to fetch: {complete}."])
    biggest = _biggest(plan.work)
    if biggest:
        lines += ["", "biggest formulae", *table(biggest)]
    if plan.work.loads:
        lines += ["", *pairs(_outlook(plan, config))]
        if how:
            lines += ["", f"Next: {how}"]
    return "\n".join(lines)


def _catalog(plan: SyncPlan) -> str:
    signed = "signature good" if plan.catalog.signed else "not signed"
    skipped = f", {plan.skipped:,} skipped" if plan.skipped else ""
    formulae = counted(plan.formulae, "formula", "formulae")
    return f"{plan.catalog.source} ({formulae}{skipped}; {signed})"


def _offered(plan: SyncPlan) -> str:
    return f"{counted(plan.offered.bottles, 'bottle')}, {plan.held:,} of them held"


def _to_fetch(work: Work) -> str:
    text = f"{counted(work.bottles, 'bottle')}, {_bytes(work.bytes, work)}"
    if work.unknown_sizes and work.bytes:
        text += f" ({counted(work.unknown_sizes, 'size')} estimated)"
    if work.copies:
        text += f"; {work.copies:,} of them copies inside the store"
    return text


def _by_tag(plan: SyncPlan) -> list[str]:
    def row(tag: str, amount: Amount) -> tuple[str, str, str]:
        return tag, f"{amount.bottles:,}", _bytes(amount.bytes, plan.work)

    rows = [row(tag, amount) for tag, amount in plan.by_tag.items()]
    return table([("client", "lacks", "to fetch"), *rows])


def _biggest(work: Work) -> list[tuple[str, str]]:
    sizes: defaultdict[str, int] = defaultdict(int)
    for load in work.loads:
        sizes[load.bottles[0].name] += load.bytes_to_fetch
    biggest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return [(name, spelt_bytes(size)) for name, size in biggest[:_BIGGEST] if size]


def _outlook(plan: SyncPlan, config: SyncConfig) -> list[tuple[str, str]]:
    work = plan.work
    route = work.route(config.size_threshold)
    number = counted(config.shards(work), "shard")
    rows = [("in the cloud", f"{'ECS' if route == 'ecs' else 'Lambda'}, {number}")]
    if work.unknown_sizes and not work.bytes:
        rows.append(("time", "not known, as no size is"))
    else:
        took = spelt_duration(expected_seconds(work))
        rate = spelt_rate(ASSUMED_RATE)
        rows.append(("time", f"about {took} at {rate} (assumed)"))
    if isinstance(config.store, BucketAddress):
        cost = s3_cost(work, len(config.exposure.views))
        blind = work.unknown_sizes and not work.bytes
        more = ", as far as sizes are known" if blind else ""
        text = (
            f"about ${_dollars(cost.requests)} for requests, then"
            f" ${_dollars(cost.storage)} a month for storage{more}"
            " (S3 Standard in us-east-1; each view is one more copy)"
        )
        rows.append(("cost", text))
    return rows


def _bytes(known: int, work: Work) -> str:
    """Return a sum of sizes, and whether it is an exact one."""
    if not work.unknown_sizes:
        return spelt_bytes(known)
    return f"about {spelt_bytes(known)}" if known else "sizes not known"


def _dollars(amount: Decimal) -> str:
    return f"{amount.quantize(_CENT, ROUND_UP):,}"
