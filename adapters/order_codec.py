"""Orders as JSON, and back: what a worker is handed."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.schemas import explained
from domain.errors import InvalidValueError
from domain.order import Order
from ports.errors import MalformedError

_WHAT: Final = "the order"


class OrderSchema(Schema):
    """An order; a field that nobody knows is a mistake of whoever wrote it."""

    class Meta:
        """Read by marshmallow."""

        unknown = RAISE

    run_id = wire.text()
    plan_sha256 = wire.sha256()
    shard = wire.count()
    shards = wire.count(least=1)
    attempt = wire.count(least=1, required=False)


_SCHEMA: Final = OrderSchema()


def said_of(order: Order) -> dict[str, Any]:
    """Return what ``order`` says, for JSON that has more to say."""
    said: dict[str, Any] = _SCHEMA.dump(order)
    return said


def encode_order(order: Order) -> str:
    """Return ``order`` as JSON, the same text for the same order."""
    return written(said_of(order))


def decode_order(value: object) -> Order:
    """Return the order that ``value`` is, be it JSON text or what was read from it.

    Raises:
        MalformedError: It is no order, or one that asks for what cannot be.
    """
    try:
        said = parsed(value) if isinstance(value, str) else value
        loaded = _SCHEMA.load(said)  # type: ignore[arg-type]
        if loaded["attempt"] is None:
            del loaded["attempt"]
        return Order(**loaded)
    except NotJsonError as error:
        raise MalformedError(_WHAT, str(error)) from error
    except ValidationError as error:
        raise MalformedError(_WHAT, explained(error)) from error
    except InvalidValueError as error:
        raise MalformedError(_WHAT, str(error)) from error
