"""Fixtures for every test, and the walls around the run."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.aws_stack import AwsStack, why_no_stack
from tests.support.containers import Containers, why_no_containers
from tests.support.lambda_api import LambdaApi
from tests.support.runtime_api import why_no_runtime
from tests.support.seaweed import SeaweedS3, WeedMissingError, find_weed

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_REAL_DATA = Path(
    os.environ.get("BOTTLES_TEST_DATA")
    or Path(__file__).resolve().parents[2] / "shared" / "data"
)

_HAS_MINUTES = "BOTTLES_TEST_MINUTES" in os.environ

# Deadlines would judge the machine, not the law.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=100, deadline=None, derandomize=True, print_blob=True
)
settings.register_profile("thorough", max_examples=2_000, deadline=None)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
)


def pytest_configure() -> None:
    """Put the developer's own settings, credentials and proxies out of reach.

    With ``BOTTLES_TEST_BUCKET`` the contract suites go to a real bucket, for which
    credentials and proxies stay as they are.
    """
    for name in list(os.environ):
        if name.startswith("BOTTLES_") and not name.startswith("BOTTLES_TEST_"):
            del os.environ[name]
    if "BOTTLES_TEST_BUCKET" in os.environ:
        return
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it asks for, and skip it where that is not at hand.

    The fixtures skip as well, for who asks late; but of those skipped here pytest
    speaks in one line a file.
    """
    for item in items:
        asked_for = getattr(item, "fixturenames", ())
        for fixture, marker, why_not in (
            ("real_data", pytest.mark.real_data, _why_no_real_data),
            ("seaweed", pytest.mark.s3_server, _why_no_seaweed),
            ("lambda_runtime", pytest.mark.lambda_runtime, why_no_runtime),
            ("aws_stack", pytest.mark.aws_stack, why_no_stack),
            ("container_stack", pytest.mark.containers, _why_no_container_stack),
        ):
            if fixture in asked_for:
                item.add_marker(marker)
                if reason := why_not():
                    item.add_marker(pytest.mark.skip(reason))
        if item.get_closest_marker("minutes") and not _HAS_MINUTES:
            item.add_marker(pytest.mark.skip("takes minutes: BOTTLES_TEST_MINUTES=1"))
    # First what takes long: who gets it last works on when all others rest.
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def _why_no_real_data() -> str | None:
    if any(_REAL_DATA.glob("formula-*.json.gz")):
        return None
    return f"no real catalogs in {_REAL_DATA}: set BOTTLES_TEST_DATA"


def _why_no_seaweed() -> str | None:
    return None if find_weed() else str(WeedMissingError())


def _why_no_container_stack() -> str | None:
    return why_no_stack() or why_no_containers()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of the real catalogs."""
    if reason := _why_no_real_data():
        pytest.skip(reason)
    return _REAL_DATA


@pytest.fixture(scope="session")
def seaweed() -> Iterator[SeaweedS3]:
    """Yield a real S3 server with TLS, started when first asked for."""
    if reason := _why_no_seaweed():
        pytest.skip(reason)
    with SeaweedS3() as server:
        yield server


@pytest.fixture(scope="session")
def lambda_runtime() -> None:
    """Skip what needs AWS's own runtime client, where that is not at hand."""
    if reason := why_no_runtime():
        pytest.skip(reason)


@pytest.fixture
def lambda_api(lambda_runtime: None) -> Iterator[LambdaApi]:
    """Yield a place where handlers run as on AWS Lambda."""
    assert lambda_runtime is None
    with LambdaApi() as api:
        yield api


@pytest.fixture
def lambda_client(lambda_api: LambdaApi) -> Iterator["LambdaClient"]:
    """Yield a client of ``lambda_api``."""
    with closing(lambda_api.client()) as client:
        yield client


@pytest.fixture(scope="session")
def aws_stack() -> Iterator[AwsStack]:
    """Yield the services of AWS but S3, started when first asked for.

    It is one for all tests: each names what it makes there after itself.
    """
    if reason := why_no_stack():
        pytest.skip(reason)
    with AwsStack(waits=0.1) as stack:
        yield stack


@pytest.fixture(scope="session")
def container_stack() -> Iterator[AwsStack]:
    """Yield the services of AWS but S3, whose ECS starts containers."""
    if reason := _why_no_container_stack():
        pytest.skip(reason)
    with Containers() as containers, AwsStack(containers.docker_host) as stack:
        yield stack
