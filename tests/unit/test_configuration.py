from pathlib import Path

import pytest

from adapters.configuration import Configuration, configure, written
from adapters.configuration_schema import NAMES
from adapters.configuration_sources import (
    ConfigurationError,
    Source,
    environment,
    file,
    options,
    settings,
)
from adapters.processors import processors
from domain.config import (
    BucketAddress,
    FolderAddress,
    SyncConfig,
)
from domain.selection import Selection, TargetTags, parse_target_tags

PEM = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"


def mistakes(*sources: Source) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as refused:
        configure(*sources)
    return refused.value.mistakes


def config(**values: object) -> SyncConfig:
    return configure(options(values)).config


def test_nothing_given_is_every_default_but_the_jobs() -> None:
    jobs = min(32, 4 * processors())

    assert configure().config == SyncConfig(jobs=jobs)


def test_reads_every_setting_from_text() -> None:
    assert config(
        store="s3://bottles/mirror",
        aws_region="eu-central-1",
        api_domain="https://api.example/v1",
        registry="http://127.0.0.1:8080",
        catalog="formula.json",
        api_public_key=PEM,
        target_tags="arm64_sonoma, x86_64_linux",
        formulae="jq,python@3.*",
        with_deps="yes",
        exclude="llvm* gcc",
        max_bytes="2GB",
        jobs="3",
        size_threshold_gb="30",
        shard_gb="50",
        lambda_shard_gb="6",
        retry_attempts="7",
        registry_token="s3cret",
    ) == SyncConfig(
        store=BucketAddress("bottles", "mirror"),
        aws_region="eu-central-1",
        api_domain="https://api.example/v1",
        registry="http://127.0.0.1:8080",
        catalog="formula.json",
        api_public_key=PEM,
        selection=Selection(
            tags=parse_target_tags("arm64_sonoma,x86_64_linux"),
            formulae=("jq", "python@3.*"),
            with_deps=True,
            exclude=("llvm*", "gcc"),
        ),
        max_bytes=2_000_000_000,
        jobs=3,
        size_threshold_gb=30,
        shard_gb=50,
        lambda_shard_gb=6,
        retry_attempts=7,
        registry_token="s3cret",
    )


def test_reads_what_toml_has() -> None:
    from_toml = settings(
        {
            "target_tags": ["arm64_sonoma", "x86_64_linux"],
            "formulae": ["jq", "a,b"],
            "with_deps": True,
            "jobs": 5,
            "max_bytes": 1000,
        }
    )

    read = configure(from_toml).config

    assert read.selection.tags == parse_target_tags("arm64_sonoma,x86_64_linux")
    assert read.selection.formulae == ("jq", "a,b")
    assert read.selection.with_deps
    assert (read.jobs, read.max_bytes) == (5, 1000)


def test_the_command_line_comes_before_the_environment_before_the_file() -> None:
    read = configure(
        options({"jobs": "1"}),
        environment({"BOTTLES_JOBS": "2", "BOTTLES_SHARD_GB": "2"}),
        settings({"jobs": 3, "shard_gb": 3, "retry_attempts": 3}),
    ).config

    assert (read.jobs, read.shard_gb, read.retry_attempts) == (1, 2, 3)


def test_tells_every_mistake_with_its_source_and_what_would_be_right() -> None:
    told = mistakes(
        options({"jobs": "0", "target_tags": "all"}),
        environment({"BOTTLES_REGISTRY": "http://ghcr.io", "BOTTLES_JOBS": "many"}),
        settings({"with_deps": "maybe", "max_bytes": 1.5, "formulae": ["jq", " "]}),
    )

    assert told == (
        (
            "option --target-tags: 'all' is not a client's; bottles for all are always"
            " included"
        ),
        "option --jobs: 0 is not 1 or more",
        (
            "environment BOTTLES_REGISTRY: 'http://ghcr.io' is not https:// (http:// is"
            " accepted for loopback addresses only)"
        ),
        "environment BOTTLES_JOBS: 'many' is not a whole number",
        "bottles.toml: formulae: ' ' is not text that says something",
        "bottles.toml: with_deps: 'maybe' is not true or false",
        (
            "bottles.toml: max_bytes: 1.5 is not a number of bytes, as 500MB or 2GB"
            " (1 GB = 10^9)"
        ),
    )


def test_true_is_no_number_and_a_number_is_no_switch() -> None:
    assert len(mistakes(settings({"jobs": True, "with_deps": 1, "catalog": 7}))) == 3


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (
            settings({"job": 4}),
            "bottles.toml: job: there is no such setting; nearest: jobs",
        ),
        (
            environment({"BOTTLES_TARGET_TAG": "x"}),
            (
                "environment BOTTLES_TARGET_TAG: there is no such setting; nearest:"
                " BOTTLES_TARGET_TAGS"
            ),
        ),
        (
            environment({"BOTTLES_jobs": "4"}),
            "environment BOTTLES_jobs: there is no such setting; nearest: BOTTLES_JOBS",
        ),
        (
            settings({"sync": {"jobs": 4}}),
            (
                f"bottles.toml: sync: there is no such setting; there are:"
                f" {', '.join(NAMES)}"
            ),
        ),
    ],
)
def test_an_unknown_name_is_a_mistake_that_names_the_nearest(
    sources: Source, told: str
) -> None:
    assert mistakes(sources) == (told,)


def test_the_environment_of_tests_and_of_others_is_none_of_its_business() -> None:
    others = {"BOTTLES_TEST_BUCKET": "b", "HOME": "/", "_BOTTLES_COMPLETE": "x"}

    assert configure(environment(others)) == configure()


def test_an_empty_variable_is_not_given() -> None:
    assert configure(environment({"BOTTLES_REGISTRY_TOKEN": ""})) == configure()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("500MB", 500_000_000),
        ("500 mb", 500_000_000),
        ("2GB", 2_000_000_000),
        ("1.5kB", 1_500),
        ("1TB", 10**12),
        ("12B", 12),
    ],
)
def test_bytes_have_decimal_units(text: str, count: int) -> None:
    assert config(max_bytes=text).max_bytes == count


@pytest.mark.parametrize(
    "text", ["2GiB", "-1", "0", "0.5", "1.0005kB", "", "GB", "1e9"]
)
def test_refuses_what_is_no_number_of_bytes(text: str) -> None:
    (told,) = mistakes(options({"max_bytes": text}))

    assert told.startswith("option --max-bytes: ")


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_blank_names_are_a_mistake_and_not_everything(text: str) -> None:
    (told,) = mistakes(options({"formulae": text}))

    assert told == f"option --formulae: {text!r} is not a list of names"


@pytest.mark.parametrize("name", ["registry_token", "github_token"])
def test_a_token_is_shown_nowhere(name: str) -> None:
    token = "s3cret token"

    (told,) = mistakes(environment({f"BOTTLES_{name.upper()}": token}))

    assert "s3cret" not in told
    assert "s3cret" not in repr(configure(options({name: "s3cret"})))


def test_a_public_key_may_be_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(PEM)

    assert config(api_public_key=str(path)).api_public_key == PEM


@pytest.mark.parametrize("text", ["-----BEGIN CERTIFICATE-----", "no-such-key.pem"])
def test_refuses_what_is_no_public_key(text: str) -> None:
    (told,) = mistakes(options({"api_public_key": text}))

    assert told.startswith("option --api-public-key: ")
    assert "public key in PEM" in told


def test_a_brewfile_names_formulae_and_what_is_ignored_is_told(tmp_path: Path) -> None:
    path = tmp_path / "Brewfile"
    path.write_text('tap "homebrew/core"\nbrew "jq"\nbrew "wget"\ncask "firefox"\n')

    read = configure(options({"brewfile": str(path), "formulae": "wget,xz"}))

    assert read.config.selection.formulae == ("wget", "xz", "jq")
    assert [note.rpartition(": ")[2] for note in read.notes] == [
        'tap "homebrew/core"',
        'cask "firefox"',
    ]


def test_formulae_on_the_command_line_set_aside_the_brewfile_of_a_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "Brewfile"
    path.write_text('brew "wget"\n')

    read = configure(options({"formulae": "jq"}), settings({"brewfile": str(path)}))

    assert read.config.selection.formulae == ("jq",)


def test_a_brewfile_without_formulae_is_a_mistake_and_not_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of a long path, not all is told.
    monkeypatch.chdir(tmp_path)
    Path("Brewfile").write_text('cask "firefox"\n')

    (told,) = mistakes(options({"brewfile": "Brewfile"}))

    assert told == (
        "option --brewfile: 'Brewfile' is not a Brewfile with formulae: it names none"
    )


def test_a_brewfile_that_is_not_there_is_told() -> None:
    (told,) = mistakes(settings({"brewfile": "nowhere"}))

    assert told == (
        "bottles.toml: brewfile: 'nowhere' is not a Brewfile that can be read"
        " (No such file or directory)"
    )


def test_a_long_value_is_not_repeated_in_full() -> None:
    (told,) = mistakes(options({"jobs": "9" * 5_000}))

    assert len(told) < 150


def test_reads_the_file_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text('jobs = 0\nstore = "m"\n')

    assert mistakes(file(path)) == (f"{path}: jobs: 0 is not 1 or more",)


def test_reads_bottles_toml_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert configure(file(None)) == configure()

    Path("bottles.toml").write_text('store = "elsewhere"\n')

    assert configure(file(None)).config.store == FolderAddress(Path("elsewhere"))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "there is no such file"),
        (b"jobs = \n", "not TOML: "),
        (b"\xff", "not text in UTF-8"),
    ],
)
def test_tells_why_a_file_cannot_be_read(
    tmp_path: Path, body: bytes | None, told: str
) -> None:
    path = tmp_path / "bottles.toml"
    if body is not None:
        path.write_bytes(body)

    with pytest.raises(ConfigurationError, match=told):
        file(path)


def test_what_is_written_is_what_a_file_would_say() -> None:
    made = SyncConfig(selection=Selection(TargetTags(latest=1), formulae=("jq",)))

    assert written(Configuration(made)) == {
        "store": "mirror",
        "api_domain": "https://formulae.brew.sh/api",
        "registry": "https://ghcr.io",
        "catalog": "formula.jws.json",
        "target_tags": "latest:1",
        "formulae": ["jq"],
        "with_deps": False,
        "exclude": [],
        "jobs": 8,
        "size_threshold_gb": 20,
        "shard_gb": 40,
        "lambda_shard_gb": 5,
        "max_parallel_tasks": 16,
        "retry_attempts": 5,
        "external_hash_file_required": False,
        "project_name": "homebrew-sync",
        "environment": "prod",
        "enable_notifications": True,
        "log_level": "INFO",
        "views": "registry",
        "publish": True,
        "keep_generations": 4,
        "retention_days": 30,
        "gc_auto": False,
        "max_evict": "10%",
    }
