import signal
from threading import Event, Thread

import pytest

from adapters.memory.progress import RecordingProgress
from entrypoints.cli.interruption import StopFlag, stopped_by_signals


class HearingProgress(RecordingProgress):
    """Remembers what it was told, and that it was.

    Attributes:
        heard: Set by the first note.
    """

    def __init__(self) -> None:
        super().__init__()
        self.heard = Event()

    def note(self, sentence: str) -> None:
        super().note(sentence)
        self.heard.set()


SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@SIGNALS
def test_a_signal_before_anybody_looks_ends_it_at_once(
    number: signal.Signals,
) -> None:
    progress = RecordingProgress()
    with pytest.raises(KeyboardInterrupt), stopped_by_signals(StopFlag(), progress):
        signal.raise_signal(number)

    assert progress.notes == []


@SIGNALS
def test_a_signal_to_who_looks_is_a_request_to_stop(number: signal.Signals) -> None:
    stop, progress = StopFlag(), HearingProgress()

    with stopped_by_signals(stop, progress):
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
        assert signal.getsignal(number) is signal.SIG_DFL
        assert progress.heard.wait(60)

    (note,) = progress.notes
    assert note.startswith("stopping: what has been fetched is recorded first")


def test_what_ends_well_is_told_nothing_and_leaves_no_handler() -> None:
    before = signal.getsignal(signal.SIGINT)
    progress = RecordingProgress()

    with stopped_by_signals(StopFlag(), progress):
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before
    assert progress.notes == []


def test_only_the_main_thread_can_be_interrupted() -> None:
    handlers = []

    def work() -> None:
        with stopped_by_signals(StopFlag(), RecordingProgress()):
            handlers.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = Thread(target=work)
    thread.start()
    thread.join()

    assert handlers == [before]
