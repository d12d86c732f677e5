"""What a topic of Amazon SNS hands to a function: alarms, and other texts.

Sources: docs.aws.amazon.com, Lambda Developer Guide, "Using Lambda with Amazon SNS";
Amazon CloudWatch User Guide, "Notifying users on alarm changes".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, get_args

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from domain import messages
from domain.messages import AlarmState, Message
from ports.errors import MalformedError

SENDER: Final = "sender"
"""The attribute of a text that tells who has published it."""
US: Final = "homebrew-bottles-sync"
"""What it says of this program's own texts."""

_WHAT: Final = "the topic's payload"
_UNTITLED: Final = "A message without a subject"
_STATES: Final = get_args(AlarmState)


class _Lenient(Schema):
    """What AWS sends has more fields than anybody needs, and gets others."""

    class Meta:
        """Read by marshmallow."""

        unknown = EXCLUDE


class _AttributeSchema(_Lenient):
    value = fields.String(data_key="Value", load_default="")


class _TextSchema(_Lenient):
    subject = fields.String(data_key="Subject", load_default=None, allow_none=True)
    text = fields.String(data_key="Message", required=True)
    attributes = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(_AttributeSchema),
        data_key="MessageAttributes",
        load_default=dict,
    )


class _RecordSchema(_Lenient):
    # SNS alone spells it so; others write eventSource.
    source = fields.String(
        data_key="EventSource", required=True, validate=validate.Equal("aws:sns")
    )
    sns = fields.Nested(_TextSchema, data_key="Sns", required=True)


class _PayloadSchema(_Lenient):
    records = fields.List(
        fields.Nested(_RecordSchema),
        data_key="Records",
        required=True,
        validate=validate.Length(min=1),
    )


class _AlarmSchema(_Lenient):
    name = fields.String(data_key="AlarmName", required=True)
    state = fields.String(
        data_key="NewStateValue", required=True, validate=validate.OneOf(_STATES)
    )
    description = fields.String(
        data_key="AlarmDescription", load_default="", allow_none=True
    )
    reason = fields.String(data_key="NewStateReason", required=True)
    at = fields.String(data_key="StateChangeTime", required=True)


_PAYLOAD: Final = _PayloadSchema()
_ALARM: Final = _AlarmSchema()


def decode_alerts(payload: object, environment: str) -> tuple[Message, ...]:
    """Return what people are to be told of a payload.

    What this program has published itself is left out: whoever published it has told
    the same people. A text that is no alarm is passed on as it is.

    Raises:
        MalformedError: The payload is not one of SNS.
    """
    return tuple(
        _alarm(text["text"], environment) or _notice(text, environment)
        for text in _texts(payload)
        if text["attributes"].get(SENDER, {}).get("value") != US
    )


def subjects_of(payload: object) -> tuple[str, ...]:
    """Return what the texts of a payload are about.

    Raises:
        MalformedError: The payload is not one of SNS.
    """
    return tuple(map(_subject, _texts(payload)))


def _texts(payload: object) -> Iterator[Mapping[str, Any]]:
    """Return the texts of a payload.

    Raises:
        MalformedError: The payload is not one of SNS.
    """
    if not isinstance(payload, dict):
        raise MalformedError(_WHAT, "not a JSON object")
    try:
        records = _PAYLOAD.load(payload)["records"]
    except ValidationError as error:
        raise MalformedError(_WHAT, "; ".join(_told(error.messages_dict))) from error
    return (record["sns"] for record in records)


def _alarm(text: str, environment: str) -> Message | None:
    """Return what an alarm of CloudWatch says, None when ``text`` is not one's."""
    try:
        said = json.loads(text)
        alarm: dict[str, Any] = _ALARM.load(said if isinstance(said, dict) else {})
        at = datetime.fromisoformat(alarm["at"])
    except (ValueError, ValidationError):
        return None
    return messages.alarm(
        environment=environment,
        name=alarm["name"],
        state=alarm["state"],
        description=(alarm["description"] or "").strip(),
        reason=alarm["reason"],
        at=at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC),
    )


def _notice(text: Mapping[str, Any], environment: str) -> Message:
    return messages.notice(
        environment=environment, subject=_subject(text), text=text["text"].strip()
    )


def _subject(text: Mapping[str, Any]) -> str:
    return (text["subject"] or "").strip() or _UNTITLED


def _told(problems: Mapping[Any, Any], path: str = "") -> Iterator[str]:
    """Yield each objection with the place of what it objects to."""
    for name, found in problems.items():
        place = f"{path}.{name}" if path else f"{name}"
        if isinstance(found, Mapping):
            yield from _told(found, place)
        else:
            yield f"{place}: {' '.join(map(str, found))}"
