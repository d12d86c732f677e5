import importlib
from collections.abc import Iterator

import click
import pytest

from adapters.configuration_sources import ConfigurationError
from domain.errors import (
    InvalidValueError,
    LedgerDamagedError,
    MirrorError,
    SelectionError,
)
from entrypoints.cli.exit_status import ExitStatus, of_error, of_outcome
from ports.deployment import OrchestratorFailedError
from ports.errors import (
    NotFoundError,
    NotOurStoreError,
    StoreFullError,
    UnavailableError,
    UntrustedError,
    UnusableFileError,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SelectionError(("no formula 'jqq'",)), 2),
        (InvalidValueError("jobs", 0, "1 or more"), 2),
        (ConfigurationError(("option --jobs: 0 is not 1 or more",)), 2),
        (NotOurStoreError("the store", "it holds something else"), 2),
        (UnusableFileError("hashes.json", "there is no such file"), 2),
        (click.UsageError("no such option"), 2),
        (LedgerDamagedError(3, "missing"), 3),
        (UnavailableError("the registry", "no answer"), 4),
        (NotFoundError("the catalog", "no such file"), 4),
        (UntrustedError("the catalog", "its signature is not good"), 4),
        (StoreFullError("the store", "no room"), 4),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (ZeroDivisionError(), 70),
    ],
)
def test_every_end_has_its_status(error: BaseException, status: int) -> None:
    assert of_error(error) == status


def kinds_of(kind: type[MirrorError]) -> Iterator[type[MirrorError]]:
    """Yield a kind of error, and all kinds that are one of it."""
    yield kind
    for narrower in kind.__subclasses__():
        yield from kinds_of(narrower)


def test_what_fails_in_the_orchestrator_ends_a_command_as_if_it_had_failed_here() -> (
    None
):
    importlib.import_module("entrypoints.lambda_orchestrator")
    importlib.import_module("adapters.homebrew.failures")
    there = [
        kind
        for kind in kinds_of(MirrorError)
        if not kind.__module__.startswith(("entrypoints.cli", "tests"))
        and kind is not OrchestratorFailedError
    ]
    assert {
        kind.__name__: of_error(OrchestratorFailedError("start", "", kind.__name__))
        for kind in there
    } == {kind.__name__: of_error(kind.__new__(kind)) for kind in there}


def test_every_outcome_has_its_status() -> None:
    assert [
        of_outcome(outcome)
        for outcome in ("complete", "degraded", "failed", "interrupted")
    ] == [0, 1, 4, 130]


def test_an_error_is_one_sentence_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ExitStatus() as status:
        raise UnavailableError("https://ghcr.io", "no answer", attempts=5)

    assert status.code == 4
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "bottles: https://ghcr.io: no answer (tried 5 times)\n"


def test_several_mistakes_have_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    with ExitStatus() as status:
        raise ConfigurationError(("first", "second"))

    assert status.code == 2
    assert capsys.readouterr().err == "bottles: first\nbottles: second\n"


def test_a_bug_is_told_as_one_with_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ExitStatus() as status:
        raise ZeroDivisionError("division by zero")

    assert status.code == 70
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "this is a bug in this program" in told


def test_who_exits_on_purpose_is_let_go() -> None:
    with pytest.raises(SystemExit), ExitStatus():
        raise SystemExit(0)
