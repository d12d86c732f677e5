"""The law of appending: what was acknowledged is in the log, once, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import strategies as st

from adapters.ledger.event_log import StoredEventLog
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import Backoff
from domain.events import GENESIS, RecordedCommit
from ports.errors import UnavailableError
from ports.store import Store
from tests.support.flaky_store import Fault, FlakyStore
from tests.support.log_writing import HonestWriter, mirrored
from tests.support.strategies import LEDGER

WRITERS = 3

faults = st.lists(
    st.sampled_from([fault for fault in Fault if fault is not Fault.REFUSED]),
    max_size=12,
)
reading_faults = st.lists(st.sampled_from([Fault.NONE, Fault.UNAVAILABLE]), max_size=12)


class BusyStore(FlakyStore):
    """A flaky store whose calls others get ahead of, as ``meanwhile`` says."""

    def __init__(
        self,
        store: Store,
        creates: Iterable[Fault],
        gets: Iterable[Fault],
        meanwhile: Callable[[], None],
    ) -> None:
        super().__init__(store, {"create": creates, "get": gets})
        self._meanwhile = meanwhile

    def _called(self, method: str, key: str) -> Fault:
        self._meanwhile()
        return super()._called(method, key)


class Crew:
    """Writers of one log, of whom any may act while another waits for an answer."""

    def __init__(self, store: Store, data: st.DataObject) -> None:
        self._schedule = data.draw(
            st.lists(st.none() | st.integers(0, WRITERS - 1), max_size=40)
        )
        self.lines = [
            BusyStore(store, data.draw(faults), data.draw(reading_faults), self.step)
            for _ in range(WRITERS)
        ]
        self.writers = [
            HonestWriter(log_over(line), number)
            for number, line in enumerate(self.lines)
        ]
        self._at_work: set[int] = set()
        self._next_event = 0
        self.gone: set[int] = set()

    @property
    def has_work(self) -> bool:
        """Whether somebody is still to act."""
        return bool(self._schedule)

    def step(self) -> None:
        """Let the next of the schedule act, unless it is in the middle of something."""
        number = self._schedule.pop() if self._schedule else None
        if number is None or number in self._at_work | self.gone:
            return
        self._at_work.add(number)
        self._next_event += 1
        try:
            self.writers[number].record(mirrored(self._next_event))
        except UnavailableError:
            # It cannot know, and so it may not append any more.
            self.gone.add(number)
        finally:
            self._at_work.remove(number)


def log_over(store: Store) -> StoredEventLog:
    return StoredEventLog(store, ManualClock(), Backoff(4), chance=lambda: 0.5)


def writer_of(recorded: RecordedCommit) -> int:
    run, _, _ = recorded.commit.writer.partition("/")
    return int(run.removeprefix("run-"))


@given(st.data())
def test_what_was_acknowledged_is_in_the_log_once(data: st.DataObject) -> None:
    store = MemoryStore()
    log_over(store).found(LEDGER)
    crew = Crew(store, data)
    while crew.has_work:
        crew.step()
    for line in crew.lines:
        line.settle()
    history = list(log_over(store).read(GENESIS))
    assert [recorded.commit.seq for recorded in history] == list(range(len(history)))
    for number, writer in enumerate(crew.writers):
        mine = [recorded for recorded in history if writer_of(recorded) == number]
        acknowledged = len(writer.recorded)
        assert mine[:acknowledged] == writer.recorded
        # Only who was left in doubt may have one commit more, and only its last.
        assert len(mine) - acknowledged <= (number in crew.gone)
        counts = [recorded.commit.wseq for recorded in mine]
        assert counts == list(range(1, len(mine) + 1))
