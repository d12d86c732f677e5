"""Plans made by hand, for what shows or reckons with them."""

from domain.bottle import ObjectKey
from domain.plan import SyncPlan
from domain.tags import Tag
from domain.work import Amount, Load, Work
from tests.support.catalogs import DOCUMENT, make_bottle

_TAGS = ("arm64_sonoma", "arm64_tahoe", "x86_64_linux")


def make_load(
    name: str,
    size: int | None = 1_000,
    *,
    bottles: int = 1,
    held: bool = False,
    estimate: int | None = None,
) -> Load:
    """Return a load of ``bottles`` bottles with one digest.

    Args:
        held: Whether the store has the bytes already.
    """
    return Load(
        digest=make_bottle(name, content=name).digest,
        size=size,
        bottles=tuple(
            make_bottle(name, tag=tag, content=name) for tag in _TAGS[:bottles]
        ),
        source=ObjectKey(f"2026-08-01/{name}") if held else None,
        estimate=estimate,
    )


def make_plan_of(*loads: Load, held: int = 0) -> SyncPlan:
    """Return the plan that has ``loads`` to carry out."""
    work = Work(loads)
    amount = Amount(work.bottles, work.bytes)
    return SyncPlan(
        catalog=DOCUMENT,
        formulae=len(loads),
        skipped=0,
        selection="5e" * 32,
        tags=(Tag("arm64_sonoma"),),
        offered=Amount(work.bottles + held, work.bytes),
        held=held,
        elsewhere=(),
        by_tag={Tag("arm64_sonoma"): amount},
        work=work,
    )
