"""What Terraform's roles and buckets allow: every right, and every ``*``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.terraform import (
    Terraform,
    open_terraform,
    planned,
    plans_of,
    policies_of_roles,
    why_no_terraform,
)
from tests.support.terraform_rights import (
    ACTIONS,
    ONLY_WITH,
    REASONS,
    REASONS_OF_BUCKETS,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_no_terraform() is not None, reason=str(why_no_terraform())),
]
Policies = Mapping[str, list[dict[str, Any]]]


VIEWS = ("v2/*", "flat/*", "api/*")


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    return open_terraform(tmp_path_factory.mktemp("policies") / "infrastructure")


@pytest.fixture(scope="module")
def both(terraform: Terraform) -> list[Policies]:
    """Return every policy of the roles, by role and name: all there can be, and few."""
    return [
        {name: _statements(policy) for name, policy in found.items()}
        for found in policies_of_roles(
            terraform, "with_everything", "as_the_root_comes"
        )
    ]


@pytest.fixture(scope="module")
def policies(both: list[Policies]) -> Policies:
    """Return every policy of the roles, with everything on."""
    return both[0]


@pytest.fixture(scope="module")
def policies_of_buckets(terraform: Terraform) -> Policies:
    """Return the policies of both buckets, whoever reads, and of what copies."""
    told = plans_of(terraform, "s3")
    found: dict[str, list[dict[str, Any]]] = {}
    for run in (
        "with_everything",
        "a_copy_in_another_account",
        "readers_in_a_network",
        "readers_at_addresses",
    ):
        resources = planned(told, run)
        for address, whose in (
            ("aws_s3_bucket_policy.this", "mirror"),
            ("aws_s3_bucket_policy.logs[0]", "logs"),
            ("aws_iam_role_policy.replication[0]", "replication"),
        ):
            if address in resources:
                found.setdefault(whose, []).extend(
                    _statements(resources[address]["policy"])
                )
    return found


def _statements(policy: object) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(str(policy))["Statement"]
    return statements


def _listed(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _texts(value: object) -> Iterator[str]:
    """Yield every text in a part of a statement, but for names of members."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    else:
        yield str(value)


def _wildcards(policies: Policies) -> set[str]:
    return {
        " ".join(filter(None, (where, statement.get("Sid"), text)))
        for where, statements in policies.items()
        for statement in statements
        for text in _texts(statement)
        if "*" in text or "?" in text
    }


def test_every_wildcard_of_a_role_has_its_reason(policies: Policies) -> None:
    assert _wildcards(policies) == set(REASONS)


def test_every_wildcard_of_a_bucket_has_its_reason(
    policies_of_buckets: Policies,
) -> None:
    assert _wildcards(policies_of_buckets) == set(REASONS_OF_BUCKETS)


def test_readers_are_given_the_views_and_nothing_to_write(
    policies_of_buckets: Policies,
) -> None:
    given = [
        (_listed(each["Action"]), {key.split("/")[1] for key in each["Resource"]})
        for each in policies_of_buckets["mirror"]
        if each["Effect"] == "Allow"
    ]

    assert given == [(["s3:GetObject"], {"v2", "api", "flat", "status"})] * 2


def test_every_program_may_do_what_it_does_and_nothing_else(policies: Policies) -> None:
    allowed: dict[str, set[str]] = {}
    for where, statements in policies.items():
        role, name = where.split()
        if name == "trust":
            continue
        for statement in statements:
            if statement["Effect"] == "Allow":
                allowed.setdefault(role, set()).update(_listed(statement["Action"]))

    assert allowed == ACTIONS


def test_what_is_given_with_a_variable_only_says_with_which(
    both: list[Policies],
) -> None:
    everything, few = (
        {
            f"{where.split()[0]} {statement['Sid']}"
            for where, statements in policies.items()
            for statement in statements
            if "Sid" in statement and statement["Effect"] == "Allow"
        }
        for policies in both
    )

    assert everything - few == set(ONLY_WITH)


def test_every_role_is_trusted_by_one_service_for_its_own_sake(
    policies: Policies,
) -> None:
    trusts = {
        where.split()[0]: statements
        for where, statements in policies.items()
        if where.endswith(" trust") and not where.startswith("ledger-repair")
    }

    for role, statements in trusts.items():
        (statement,) = statements
        assert statement["Action"] == "sts:AssumeRole", role
        assert list(statement["Principal"]) == ["Service"], role
        assert isinstance(statement["Principal"]["Service"], str), role
        conditions = {
            key: value
            for test in statement["Condition"].values()
            for key, value in test.items()
        }
        assert conditions["aws:SourceAccount"] == "123456789012", role
        assert conditions["aws:SourceArn"].startswith("arn:aws:"), role
    assert len(trusts) == 6


def test_the_orchestrator_alone_lets_bottles_go_and_nothing_of_the_ledger(
    policies: Policies,
) -> None:
    removed = {
        (where.split()[0], resource)
        for where, statements in policies.items()
        for statement in statements
        if any("Delete" in action for action in _listed(statement["Action"]))
        for resource in _listed(statement.get("Resource", ""))
        if ":s3:" in resource
    }

    assert {each for each in removed if each[0] != "ledger-repair"} == {
        ("orchestrator", f"arn:aws:s3:::mirror/{keys}")
        for keys in (
            *("probe-*", "????-??-??/*", *VIEWS),
            *("generations/*", "attestations/*"),
        )
    }
    assert all(
        resource.startswith("arn:aws:s3:::mirror/ledger/v1/")
        for role, resource in removed
        if role == "ledger-repair"
    )


def test_only_the_state_machine_starts_tasks_and_hands_roles_on(
    policies: Policies,
) -> None:
    holders = {
        action: {
            where.split()[0]
            for where, statements in policies.items()
            for statement in statements
            if action in _listed(statement["Action"])
        }
        for action in ("ecs:RunTask", "iam:PassRole", "states:StartExecution")
    }

    assert holders == {
        "ecs:RunTask": {"states"},
        "iam:PassRole": {"states"},
        "states:StartExecution": {"orchestrator", "worker"},
    }
