"""What there is to say of an error, to whoever reads it on a screen or in a log."""

from __future__ import annotations


def sentences(error: BaseException) -> tuple[str, ...]:
    """Return what there is to say of ``error``: what happened, to what, what to do."""
    several = getattr(error, "mistakes", None) or getattr(error, "problems", None)
    return tuple(several or (str(error),))
