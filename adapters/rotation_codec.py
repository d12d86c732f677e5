"""What AWS Secrets Manager hands to a function that rotates a secret.

Source: docs.aws.amazon.com, Secrets Manager User Guide, "Lambda rotation functions".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from adapters.ledger.schemas import explained
from domain.rotation import Rotation, Step
from ports.errors import MalformedError

_WHAT: Final = "the rotation's payload"
_STEPS: Final[Mapping[str, Step]] = {
    "createSecret": "prepare",
    "setSecret": "install",
    "testSecret": "test",
    "finishSecret": "promote",
}


class _RotationSchema(Schema):
    class Meta:
        """Read by marshmallow."""

        unknown = EXCLUDE

    step = fields.String(
        required=True, data_key="Step", validate=validate.OneOf(tuple(_STEPS))
    )
    secret = fields.String(required=True, data_key="SecretId")
    version = fields.String(required=True, data_key="ClientRequestToken")


_ROTATION: Final = _RotationSchema()


def decode_rotation(payload: object) -> Rotation:
    """Return what a payload asks for.

    Raises:
        MalformedError: It is none of Secrets Manager's.
    """
    if not isinstance(payload, dict):
        raise MalformedError(_WHAT, "not a JSON object")
    try:
        asked = _ROTATION.load(payload)
    except ValidationError as error:
        raise MalformedError(_WHAT, explained(error)) from error
    return Rotation(_STEPS[asked["step"]], asked["secret"], asked["version"])
