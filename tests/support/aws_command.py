"""``aws`` as documents use it, for machines that have no AWS CLI.

It knows the low-level commands, all of them: their names, options and shapes are those
of botocore's models, which the AWS CLI is made from as well. It answers in JSON, or in
text where that is one value.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import Shape
from botocore.response import StreamingBody

_NUMBERS = ("integer", "long")
_STRUCTURES = ("structure", "map")
_RAW = "raw-in-base64-out"


def main(arguments: Sequence[str]) -> int:
    """Carry out one command, and return its exit status."""
    service, name, *rest = arguments
    client: Any = boto3.client({"s3api": "s3"}.get(service, service))  # type: ignore[call-overload]
    model = client.meta.service_model
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    operation = model.operation_model(operations[name])
    given, others, files = _parsed(rest, operation.input_shape)
    try:
        answer = getattr(client, xform_name(operation.name))(**given)
    except ClientError as error:
        sys.stderr.write(f"\n{error}\n")
        return 254
    answer.pop("ResponseMetadata", None)
    for member, said in answer.items():
        if isinstance(said, StreamingBody):
            Path(files.pop()).write_bytes(said.read())
            answer[member] = None
    _tell(answer, others)
    return 0


def _parsed(
    words: Sequence[str], shape: Shape | None
) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Return an operation's parameters, the options of all commands, and the rest."""
    members = getattr(shape, "members", {})
    names = {xform_name(member, "-"): member for member in members}
    given: dict[str, Any] = {}
    others: dict[str, str] = {}
    files: list[str] = []
    for option, values in _options(words):
        if option in names:
            member = names[option]
            given[member] = _value(members[member], values)
        elif option in {"query", "output", "cli-binary-format", "region"}:
            (others[option],) = values
        elif option:
            message = f"aws: there is no option --{option}"
            raise SystemExit(message)
        else:
            files += values
    for member, value in given.items():
        if (
            members[member].type_name == "blob"
            and others.get("cli-binary-format") != _RAW
        ):
            given[member] = base64.b64decode(value)
    return given, others, files


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each option and its values; what stands alone has no option."""
    option, values = "", list[str]()
    for word in words:
        if word.startswith("--"):
            yield option, values
            option, values = word.removeprefix("--"), []
        elif option and values and not _more(option):
            yield option, values
            option, values = "", [word]
        else:
            values.append(word)
    yield option, values


def _more(option: str) -> bool:
    # An option of which there are several is named so.
    return option.endswith("s")


def _value(shape: Shape, values: list[str]) -> Any:  # noqa: ANN401 - any JSON
    if shape.type_name == "boolean":
        return True
    text = values[0]
    if text.startswith("file://"):
        text = Path(text.removeprefix("file://")).read_text()
    if shape.type_name in _NUMBERS:
        return int(text)
    if shape.type_name in _STRUCTURES or text.startswith("["):
        return json.loads(text)
    return values if shape.type_name == "list" else text


def _tell(answer: dict[str, Any], others: dict[str, str]) -> None:
    said: Any = answer
    if "query" in others:
        said = jmespath.search(others["query"], answer)
    if others.get("output") == "text" and not isinstance(said, list | dict):
        text = str(said)
    else:
        text = json.dumps(said, indent=4, default=str)
    sys.stdout.write(f"{text}\n")
