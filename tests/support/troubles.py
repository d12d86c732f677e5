"""What may befall a process at one of its calls to the outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from hypothesis import strategies as st

from ports.errors import OutcomeUnknownError, StoreFullError, UnavailableError
from tests.support.mirror import Process
from tests.support.watched import Call, is_a, is_any, is_write

_LEAVES_DOUBT = is_a("create", "replace", "put")
_AMONG = {
    "all": is_any,
    "writes": is_write,
    "bottles": is_a("open", "piece", "put", "copy"),
    "ledger": is_a("create", "replace"),
}


class Kind(Enum):
    """What happens."""

    UNAVAILABLE = "nobody answers, and nothing was done"
    LOST = "nothing was done, and nobody can tell"
    LANDED = "it was done, and nobody can tell"
    FULL = "there is no room for what is to be written"
    KILLED_BEFORE = "the process dies before it asks"
    KILLED_AFTER = "the process dies before it hears the answer"
    STOPPED = "the process is told to stop"
    OVERTAKEN = "another process does something first"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens, and when.

    Attributes:
        at: The number of the call, the first being 1.
        among: Which calls are counted.
        lasting: Whether it goes on happening from then on.
    """

    kind: Kind
    at: int
    among: str
    lasting: bool

    @property
    def can_be_raised(self) -> bool:
        """Whether the process may end with an error."""
        return self.kind not in {Kind.STOPPED, Kind.OVERTAKEN}

    def befall(self, process: Process, other: Callable[[], None]) -> None:
        """Have it happen to a process.

        Args:
            other: What another process does, if that is the trouble.
        """
        done = self.kind in {Kind.LANDED, Kind.KILLED_AFTER}
        process.watch.interfere(self._hook(process, other), done=done)

    def _hook(
        self, process: Process, other: Callable[[], None]
    ) -> Callable[[Call], None]:
        calls = 0

        def hook(call: Call) -> None:
            nonlocal calls
            calls += _AMONG[self.among](call)
            if calls == self.at or (self.lasting and calls > self.at):
                self._happen(call, process, other)

        return hook

    def _happen(self, call: Call, process: Process, other: Callable[[], None]) -> None:
        what = f"{call.what} {call.key}"
        match self.kind:
            case Kind.UNAVAILABLE:
                raise UnavailableError(what, "no answer")
            case Kind.LOST | Kind.LANDED if _LEAVES_DOUBT(call):
                raise OutcomeUnknownError(what, "connection reset")
            case Kind.LOST | Kind.LANDED:
                raise UnavailableError(what, "connection reset")
            case Kind.FULL:
                if call.what in {"create", "replace", "put", "copy"}:
                    raise StoreFullError(what, "no space left on device")
            case Kind.KILLED_BEFORE | Kind.KILLED_AFTER:
                process.watch.kill()
            case Kind.STOPPED:
                process.stop.set()
            case Kind.OVERTAKEN:
                other()


def troubles() -> st.SearchStrategy[Trouble]:
    """Draw what befalls a process, at any of its calls."""
    return st.builds(
        Trouble,
        kind=st.sampled_from(Kind),
        at=st.integers(1, 9),
        among=st.sampled_from(tuple(_AMONG)),
        lasting=st.booleans(),
    )
