"""Reckons what a mirror costs on AWS, and writes it into docs/cost.md.

Prices are those of prices.csv, sizes those of profiles.csv; what is assumed beside them
stands below. No free tier is counted.

usage: cost.py [--check]

--check  changes nothing; status 1 if docs/cost.md says something else
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent
_PAGE: Final = _HERE.parents[1] / "docs" / "cost.md"
_BEGIN: Final = "<!-- What follows is written by infrastructure/cost/cost.py. -->"

RUNS: Final = 52 / 12  # a month
HOURS: Final = 730.0  # a month
RATE: Final = 25e6  # bytes a second that one worker fetches: 200 Mbit/s
# What is superseded stays for its grace, and another 30 days as an older version.
KEPT_WEEKS: Final = (30 + 30) / 7
THRESHOLD_GB: Final = 20.0  # from here on a run goes to ECS
SHARD_GB: Final = 40.0
SPOT: Final = 0.5  # of the price on demand: it was 30 to 50%
EVENTS: Final = 256  # in a commit
LINE: Final = 1_000  # bytes of log a bottle, at most
ORCHESTRATOR_SECONDS: Final = 200.0  # a run: planning, asking for sizes, closing
TRANSITIONS: Final = 12  # a shard
METRICS: Final = 14  # twelve, and two causes
METRIC_HOURS: Final = 2  # of a run, in which metrics are told
INSIGHTS: Final = 30  # metrics of Container Insights, while a task runs
ALARM_METRICS: Final = 32  # of all alarms of the defaults
IMAGES_GB: Final = 1.0  # ten of them, compressed
_ORCHESTRATOR_GB: Final = 0.5
_WORKER_GB: Final = 3008 / 1024
_VCPUS: Final = 2
_TASK_GB: Final = 8
_PAID_DISK_GB: Final = 80

Prices = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Profile:
    """What is mirrored.

    Attributes:
        bottles: On offer, as ``gb`` says how much that is.
        weekly_bottles: Of these, new in a week; ``weekly_gb`` likewise.
    """

    name: str
    bottles: int
    gb: float
    weekly_bottles: int
    weekly_gb: float

    @property
    def kept_gb(self) -> float:
        """What lies in the bucket in the long run."""
        return self.gb + self.weekly_gb * KEPT_WEEKS


@dataclass(frozen=True, slots=True)
class Fetched:
    """What fetching some bottles costs, once.

    Attributes:
        functions: Lambda's share.
        tasks: Fargate's, and that of the state machine.
        requests: S3's.
        hours: How long tasks run, added up.
        log: What the log costs.
    """

    functions: float
    tasks: float
    requests: float
    hours: float
    log: float


@dataclass(frozen=True, slots=True)
class Month:
    """What a month costs, in US dollars, by what it is for."""

    storage: float
    requests: float
    functions: float
    tasks: float
    watching: float
    rest: float

    @property
    def total(self) -> float:
        """All of it, but for the way to the internet."""
        machines = self.functions + self.tasks
        return self.storage + self.requests + machines + self.watching + self.rest


def fetched(prices: Prices, bottles: int, gb: float) -> Fetched:
    """Return what it costs to bring in some bottles."""
    seconds = gb * 1e9 / RATE
    functions = ORCHESTRATOR_SECONDS * _ORCHESTRATOR_GB * prices["lambda_gb_second"]
    tasks = hours = 0.0
    if gb < THRESHOLD_GB:
        functions += seconds * _WORKER_GB * prices["lambda_gb_second"]
    else:
        hours = seconds / 3600
        shards = -(-gb // SHARD_GB)
        tasks = shards * TRANSITIONS * prices["states_transition"] + hours * (
            SPOT * _VCPUS * prices["fargate_vcpu_hour"]
            + SPOT * _TASK_GB * prices["fargate_gb_hour"]
            + _PAID_DISK_GB * prices["fargate_disk_gb_hour"]
        )
    commits = bottles / EVENTS + 10
    return Fetched(
        functions=functions,
        tasks=tasks,
        requests=(bottles + commits) * prices["s3_put"]
        + 2 * commits * prices["s3_get"],
        hours=hours,
        log=(bottles * LINE + 1e6) / 1e9 * prices["log_gb"],
    )


def month(prices: Prices, profile: Profile, copies: int) -> Month:
    """Return what a month costs in the long run.

    Args:
        copies: Objects of each bottle; with the registry's view there are two.
    """
    week = fetched(prices, profile.weekly_bottles, profile.weekly_gb)
    metric_hours = RUNS * METRICS * METRIC_HOURS + 30
    metric_hours += RUNS * week.hours * INSIGHTS
    return Month(
        storage=profile.kept_gb * copies * prices["s3_gb_month"],
        requests=RUNS * week.requests * copies,
        functions=RUNS * week.functions,
        tasks=RUNS * week.tasks,
        watching=metric_hours / HOURS * prices["metric_month"]
        + ALARM_METRICS * prices["alarm_metric_month"]
        + prices["dashboard_month"]
        + RUNS * week.log,
        rest=prices["secret_month"] + IMAGES_GB * prices["ecr_gb_month"],
    )


def egress(prices: Prices, way: str, hours: float, gb: float, months: float) -> float:
    """Return what the way to the internet costs.

    Args:
        hours: For which tasks run; functions reach the internet by themselves.
        gb: That go to tasks.
    """
    if way == "public_ip":
        return hours * prices["ipv4_hour"]
    gateways = 1 if way == "nat_single" else 2
    standing = gateways * (prices["nat_hour"] + prices["ipv4_hour"])
    return months * HOURS * standing + gb * prices["nat_gb"]


def page(prices: list[dict[str, str]], profiles: list[Profile]) -> Iterator[str]:
    """Yield the lines of what is reckoned."""
    by_name = {each["name"]: float(each["usd"]) for each in prices}
    # The registry's view, which is there unless it is switched off, is a second copy.
    months = {each: month(by_name, each, copies=2) for each in profiles}
    bare = {each: month(by_name, each, copies=1) for each in profiles}
    weeks = {
        each: fetched(by_name, each.weekly_bottles, each.weekly_gb) for each in profiles
    }
    names = " | ".join(each.name for each in profiles)
    rule = "|---" * (len(profiles) + 1) + "|"

    yield from ("", "## A month, in the long run", "")
    yield from (f"| US dollars | {names} |", rule)
    for label, name in (
        ("S3, storage", "storage"),
        ("S3, requests", "requests"),
        ("Lambda", "functions"),
        ("Fargate, Step Functions", "tasks"),
        ("CloudWatch", "watching"),
        ("secret, images", "rest"),
    ):
        yield _row(label, (getattr(months[each], name) for each in profiles))
    yield _row(
        "of that, the registry's view: a second copy of each bottle",
        (months[each].total - bare[each].total for each in profiles),
    )
    for way in ("public_ip", "nat_single", "nat_per_az"):
        ways = {
            each: egress(
                by_name,
                way,
                RUNS * weeks[each].hours,
                RUNS * each.weekly_gb if weeks[each].hours else 0.0,
                1,
            )
            for each in profiles
        }
        yield _row(f'`egress = "{way}"`', ways.values())
        yield _row(
            f"**all of it with `{way}`**",
            (months[each].total + ways[each] for each in profiles),
        )

    yield from ("", "## The first run, once", "")
    yield from (f"| US dollars | {names} |", rule)
    first = {each: fetched(by_name, each.bottles, each.gb) for each in profiles}
    yield _row("Lambda", (first[each].functions for each in profiles))
    yield _row("Fargate, Step Functions", (first[each].tasks for each in profiles))
    yield _row("S3, requests", (first[each].requests for each in profiles))
    yield _row(
        "public addresses",
        (egress(by_name, "public_ip", first[each].hours, 0, 0) for each in profiles),
    )
    yield _row(
        "instead, what NAT takes for the bytes",
        (
            each.gb * by_name["nat_gb"] if first[each].hours else 0.0
            for each in profiles
        ),
    )

    yield from ("", "## Beside the original's claim", "")
    yield from (
        f"| US dollars a month | claimed | {profiles[-1].name}, reckoned |",
        "|---|---|---|",
    )
    full = months[profiles[-1]]
    for label, claim, reckoned in (
        ("Lambda", "5 to 15", full.functions),
        ("ECS", "10 to 30", full.tasks),
        ("S3", "20 to 100", full.storage + full.requests),
        ("EventBridge", "under 1", 0.0),
        ("CloudWatch", "5 to 15", full.watching),
        ("**all of it**", "40 to 160", full.total),
        (
            "NAT gateways in two zones, which it has and does not count",
            "",
            egress(by_name, "nat_per_az", 0, 0, 1),
        ),
    ):
        yield f"| {label} | {claim} | {reckoned:.2f} |"

    yield from ("", "## The prices", "")
    yield from ("| US dollars | for a | seen | where |", "|---|---|---|---|")
    for each in prices:
        yield f"| {each['usd']} | {each['per']} | {each['seen']} | {each['source']} |"
    yield ""


def main() -> int:
    """Write the page anew, or say whether it is what would be written."""
    with (_HERE / "prices.csv").open(encoding="utf-8", newline="") as file:
        prices = list(csv.DictReader(file))
    with (_HERE / "profiles.csv").open(encoding="utf-8", newline="") as file:
        profiles = [
            Profile(
                row["name"],
                int(row["bottles"]),
                float(row["gb"]),
                int(row["weekly_bottles"]),
                float(row["weekly_gb"]),
            )
            for row in csv.DictReader(file)
        ]
    before = _PAGE.read_text(encoding="utf-8")
    kept, found, _ = before.partition(_BEGIN)
    if not found:
        raise SystemExit(f"{_PAGE} has no line {_BEGIN}")
    after = "\n".join([f"{kept}{_BEGIN}", *page(prices, profiles)])
    if sys.argv[1:] == ["--check"]:
        return int(after != before)
    _PAGE.write_text(after, encoding="utf-8")
    return 0


def _row(label: str, dollars: Iterable[float]) -> str:
    return f"| {label} | {' | '.join(f'{each:.2f}' for each in dollars)} |"


if __name__ == "__main__":
    sys.exit(main())
