"""The configuration of what is deployed: the environment alone, checked as a whole."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from adapters.configuration_sources import ConfigurationError
from adapters.memory.metrics import MemoryMetrics
from adapters.telemetry.log_lines import LogLines
from domain.config import BucketAddress
from domain.errors import LedgerDamagedError
from entrypoints.cloud.invocation import configured_by, logged
from entrypoints.cloud.settings import read_settings
from entrypoints.sentences import sentences
from ports.errors import AccessDeniedError, UnavailableError, UntrustedError

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
DEPLOYED = {
    "BOTTLES_S3_BUCKET_NAME": "bottles",
    "BOTTLES_S3_PREFIX": "mirror",
    "BOTTLES_STATE_MACHINE_ARN": MACHINE,
    "BOTTLES_SIZE_THRESHOLD_GB": "30",
    "BOTTLES_SLACK_WEBHOOK_SECRET_ID": "homebrew-sync/slack-webhook",
    # What else is in the environment of a function is none of its business.
    "AWS_LAMBDA_FUNCTION_NAME": "homebrew-sync-orchestrator",
    "PATH": "/var/lang/bin",
}
NEEDED = ("state_machine_arn",)


def mistakes(variables: dict[str, str], needed: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(variables, needed=needed)
    return list(caught.value.mistakes)


def test_the_environment_says_all_of_it() -> None:
    read = read_settings(DEPLOYED, needed=NEEDED)
    assert read.config.store == BucketAddress("bottles", "mirror")
    assert read.config.size_threshold == 30_000_000_000
    assert read.cloud.state_machine_arn == MACHINE
    assert read.cloud.slack_webhook_secret_id == "homebrew-sync/slack-webhook"


def test_the_store_may_be_named_by_its_address() -> None:
    read = read_settings({"BOTTLES_STORE": "s3://bottles/mirror"})
    assert read.config.store == BucketAddress("bottles", "mirror")


def test_there_is_no_store_where_nothing_was_set_up() -> None:
    # The folder that a command line would begin with is gone with the task.
    (mistake,) = mistakes({})
    assert mistake == (
        "environment BOTTLES_S3_BUCKET_NAME: is missing: it names the bucket of the"
        " mirror"
    )


@pytest.mark.parametrize("given", [{}, {"BOTTLES_STATE_MACHINE_ARN": ""}])
def test_what_a_program_cannot_do_without_is_named(given: dict[str, str]) -> None:
    variables = {"BOTTLES_S3_BUCKET_NAME": "bottles", **given}
    assert mistakes(variables, NEEDED) == [
        "environment BOTTLES_STATE_MACHINE_ARN: is missing"
    ]
    assert read_settings(variables).cloud.state_machine_arn is None


def test_every_mistake_is_named_at_once() -> None:
    told = mistakes(
        {
            "BOTTLES_SIZE_THRESHOLD_GB": "many",
            "BOTTLES_LOG_LEVEL": "LOUD",
            "BOTTLES_TARGET_TAG": "arm64_sonoma",
        },
        NEEDED,
    )
    for name in (
        "STATE_MACHINE_ARN",
        "S3_BUCKET_NAME",
        "SIZE_THRESHOLD_GB",
        "LOG_LEVEL",
        "TARGET_TAG",
    ):
        assert sum(f"BOTTLES_{name}:" in mistake for mistake in told) == 1, name
    assert len(told) == 5


def test_a_file_beside_the_program_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bottles.toml").write_text('store = "s3://another"\n')
    monkeypatch.chdir(tmp_path)
    assert len(mistakes({})) == 1


class TestAnInvocation:
    def test_that_is_wrongly_configured_tells_each_mistake_in_the_log(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(ConfigurationError):
            configured_by({"BOTTLES_LOG_LEVEL": "LOUD"}, needed=NEEDED)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["level"] for line in lines] == ["ERROR"] * 3
        told = " ".join(line["message"] for line in lines)
        assert "STATE_MACHINE_ARN" in told
        assert "S3_BUCKET_NAME" in told
        assert "LOG_LEVEL" in told

    def test_never_tells_a_secret(self, capsys: pytest.CaptureFixture[str]) -> None:
        secret = "http://hooks.example.com/services/T0/B0/letmein"
        variables = {**DEPLOYED, "BOTTLES_SLACK_WEBHOOK_URL": secret}
        with pytest.raises(ConfigurationError) as caught:
            configured_by(variables)
        assert "letmein" not in capsys.readouterr().out + str(caught.value)

    @pytest.mark.parametrize(
        ("error", "cause"),
        [
            (LedgerDamagedError(3, "it is missing"), "ledger_damaged"),
            (UntrustedError("the catalog", "bad signature"), "bad_signature"),
            (AccessDeniedError("s3", "403"), "access_denied"),
            (UnavailableError("s3", "no answer"), None),
        ],
    )
    def test_that_fails_tells_why_and_counts_what_an_attack_would_look_like(
        self, error: Exception, cause: str | None
    ) -> None:
        stream, metrics = StringIO(), MemoryMetrics()
        with pytest.raises(type(error)), logged(LogLines(stream, "INFO"), metrics):
            raise error
        (line,) = map(json.loads, stream.getvalue().splitlines())
        assert (line["level"], line["message"]) == ("ERROR", str(error))
        expected = {} if cause is None else {cause: 1}
        assert metrics.causes("SecurityEvents") == expected
        assert metrics.flushed == len(expected)

    def test_that_has_a_bug_says_so_and_where(self) -> None:
        stream, metrics = StringIO(), MemoryMetrics()
        metrics.add("LedgerConflicts", 1)
        with pytest.raises(KeyError), logged(LogLines(stream, "INFO"), metrics):
            raise KeyError("oops")
        (line,) = map(json.loads, stream.getvalue().splitlines())
        assert "bug" in line["message"]
        assert "KeyError" in json.dumps(line)
        assert metrics.flushed == 1

    def test_that_is_well_has_its_metrics_told(self) -> None:
        stream, metrics = StringIO(), MemoryMetrics()
        metrics.add("SyncProgress", 100)
        with logged(LogLines(stream, "INFO"), metrics):
            pass
        assert stream.getvalue() == ""
        assert metrics.flushed == 1


def test_there_is_a_sentence_for_each_mistake_and_one_for_any_other_error() -> None:
    assert sentences(ConfigurationError(("one", "two"))) == ("one", "two")
    assert sentences(UnavailableError("s3", "no answer")) == ("s3: no answer",)
