"""Every ``*`` in a policy that Terraform writes as a document of its own, and why.

Those of roles and buckets are in ``tests/support/terraform_rights.py``: there they are
known as they are deployed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from tests.support.terraform import ROOT

_EVERYBODY: Final = "who comes without TLS is denied, whoever it is"
_ALL_OF_IT: Final = "without TLS everything is denied"
_KEY: Final = "the policy of a key is about this key alone"
REASONS: Final[Mapping[str, str]] = {
    "ecs efs TlsOnly elasticfilesystem:Client*": _ALL_OF_IT,
    "ecs efs TlsOnly *": _EVERYBODY,
    "eventbridge dead_letters TlsOnly sqs:*": _ALL_OF_IT,
    "eventbridge dead_letters TlsOnly *": _EVERYBODY,
    "lambda dead_letters TlsOnly sqs:*": _ALL_OF_IT,
    "lambda dead_letters TlsOnly *": _EVERYBODY,
    "notifications key TheAccount kms:*": "without it nobody could change the key",
    "notifications key TheAccount *": _KEY,
    "notifications key WhoPublishes kms:GenerateDataKey*": (
        "what AWS asks for to publish to a topic with a key"
    ),
    "notifications key WhoPublishes *": _KEY,
    "notifications topic TlsOnly *": _EVERYBODY,
    "notifications rotation Log ${aws_cloudwatch_log_group.rotation[0].arn}:*": (
        "AWS names the streams of a log group as it makes them"
    ),
    "notifications rotation Trace *": "AWS knows no resource for these actions",
}

_DOCUMENT = re.compile(
    r'^data "aws_iam_policy_document" "(\w+)" {\n(.*?)^}', re.MULTILINE | re.DOTALL
)
_STATEMENT = re.compile(
    r"\b(?:statement|content) {\n(.*?)(?=\b(?:statement|content) {|\Z)", re.DOTALL
)
_SID = re.compile(r'sid\s+= "(\w+)"')
_WILD = re.compile(r'"([^"\n]*[*?][^"\n]*)"')


def wildcards() -> Iterator[str]:
    for path in sorted(ROOT.glob("modules/*/*.tf")):
        code = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
        for document, body in _DOCUMENT.findall(code):
            for statement in _STATEMENT.findall(body):
                sid = _SID.search(statement)
                for wild in _WILD.findall(statement):
                    assert sid, f"a statement of {document} has no sid"
                    yield f"{path.parent.name} {document} {sid[1]} {wild}"


def test_every_wildcard_of_a_document_has_its_reason() -> None:
    assert set(wildcards()) == set(REASONS)
