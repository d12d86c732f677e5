"""The rights of Terraform's roles, used by the store itself, where IAM is obeyed.

The bucket's own policy is left out: of its condition ``s3:if-none-match`` the stack
knows nothing, and would refuse every commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

import boto3
import pytest

from adapters.s3.store import S3Store
from domain.bottle import Digest, ObjectKey
from ports.errors import RefusedError
from tests.support.aws_deployed import add_user
from tests.support.aws_stack import AwsStack
from tests.support.runtime_api import REGION
from tests.support.terraform import (
    open_terraform,
    policies_of_roles,
    why_no_terraform,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_no_terraform() is not None, reason=str(why_no_terraform())),
]
BUCKET: Final = "mirror"
BODY: Final = b"bottle"
DIGEST: Final = Digest(sha256(BODY).hexdigest())
FIRST: Final = ObjectKey("2026-11-22/curl-8.0.0.arm64_sonoma.bottle.tar.gz")


def _put(store: S3Store, key: str) -> None:
    store.put(ObjectKey(key), DIGEST, len(BODY), iter([BODY]))


def _create(store: S3Store, key: str) -> None:
    store.create(ObjectKey(key), BODY)


def _replace(store: S3Store, key: str) -> None:
    store.replace(ObjectKey(key), BODY, store.get(ObjectKey(key)).version)


def _delete(store: S3Store, key: str) -> None:
    store.delete(ObjectKey(key))


def _read(store: S3Store, key: str) -> None:
    store.get(ObjectKey(key))


def _copy(store: S3Store, key: str) -> None:
    store.copy(FIRST, ObjectKey(key), DIGEST)


WORKERS: Final = {"worker", "ecs-task"}
ORCHESTRATOR: Final = {"orchestrator"}
# What the store is asked to do, and the roles under which it may.
CALLS: Final[Mapping[str, tuple[Callable[[S3Store, str], None], str, set[str]]]] = {
    "put a bottle": (_put, "2026-11-29/{}.bottle.tar.gz", WORKERS),
    "copy a bottle": (_copy, "2026-11-29/{}-copy.bottle.tar.gz", WORKERS),
    "append": (
        _create,
        "ledger/v1/commits/{}.jsonl",
        WORKERS | ORCHESTRATOR,
    ),
    "found": (_create, "ledger/v1/ledger.json", ORCHESTRATOR),
    "keep a plan": (_create, "ledger/v1/documents/{}.json", ORCHESTRATOR),
    "publish the hash file": (_replace, "bottles_hash.json", ORCHESTRATOR),
    "try the bucket out": (_create, "probe-{}", ORCHESTRATOR),
    "clear a trial": (_delete, "probe-{}", ORCHESTRATOR),
    "remove a bottle": (_delete, "2026-11-22/{}-old.bottle.tar.gz", ORCHESTRATOR),
    "remove a blob": (_delete, "v2/homebrew/core/jq/blobs/sha256:0", ORCHESTRATOR),
    "remove a flat name": (_delete, "flat/{}-old.bottle.tar.gz", ORCHESTRATOR),
    "read a list": (_read, "generations/1/listing.json", ORCHESTRATOR),
    "remove a list": (_delete, "generations/0/listing.json", ORCHESTRATOR),
    "remove a commit": (_delete, "ledger/v1/commits/0.jsonl", set()),
    "remove a plan": (_delete, "ledger/v1/documents/0.json", set()),
    "remove the identity": (_delete, "ledger/v1/ledger.json", set()),
    "remove the hash file": (_delete, "bottles_hash.json", set()),
    "write a view": (_copy, "v2/{}", WORKERS | ORCHESTRATOR),
    "write the flat view": (_copy, "flat/{}.tar.gz", WORKERS | ORCHESTRATOR),
    "write the API": (_create, "api/{}", ORCHESTRATOR),
    "keep a document": (_create, "generations/{}", ORCHESTRATOR),
    "write the status": (_create, "status/{}", ORCHESTRATOR),
    "go on from the status": (_replace, "status/status.json", ORCHESTRATOR),
    "remove the status": (_delete, "status/index.html", set()),
    "write elsewhere": (_create, "elsewhere/{}", set()),
}


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    place = tmp_path_factory.mktemp("rights") / "infrastructure"
    (policies,) = policies_of_roles(open_terraform(place), "as_it_comes")
    return policies


@pytest.mark.parametrize("role", ["orchestrator", "worker", "ecs-task"])
def test_the_store_may_do_what_its_program_does_and_no_more(
    role: str,
    policies: Mapping[str, str],
    aws_stack: AwsStack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = boto3.client(
        "s3",
        endpoint_url=aws_stack.endpoint_url,
        region_name=REGION,
        aws_access_key_id=aws_stack.access_key,
        aws_secret_access_key=aws_stack.secret_key,
    )
    owner.create_bucket(Bucket=BUCKET)
    for key in (
        FIRST,
        "bottles_hash.json",
        "ledger/v1/commits/0.jsonl",
        "generations/1/listing.json",
        "status/status.json",
    ):
        owner.put_object(Bucket=BUCKET, Key=key, Body=BODY, ChecksumAlgorithm="SHA256")
    for name, value in add_user(aws_stack, f"rights-{role}", {}).items():
        monkeypatch.setenv(name, value)
    aws_stack.client("iam").put_user_policy(
        UserName=f"rights-{role}",
        PolicyName="S3Access",
        PolicyDocument=policies[f"{role} S3Access"],
    )
    store = S3Store(BUCKET, region=REGION, pool_size=1, retry_attempts=1)

    allowed = {
        call for call, (do, key, _) in CALLS.items() if _may(do, store, key, role)
    }

    assert allowed == {call for call, (_, _, roles) in CALLS.items() if role in roles}
    # What is not there is not there, and not forbidden.
    assert store.info(ObjectKey("2026-11-29/none.bottle.tar.gz")) is None
    assert FIRST in {found.key for found in store.list("2026-11-22/")}


def _may(
    do: Callable[[S3Store, str], None], store: S3Store, key: str, role: str
) -> bool:
    try:
        do(store, key.format(role))
    except RefusedError:
        return False
    return True
