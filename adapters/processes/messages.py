"""What the processes of a crew send each other, each message whole or not at all.

Both ends are one program in one version, of which the one is a fork of the other: what
is sent is pickled.
"""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from ports.errors import PortError

LARGEST: Final = 128 * 1024
"""Bytes of a message; Linux takes 208 KiB of all that wait."""

Heard: TypeAlias = "tuple[str, int | PortError | None]"
"""What is to be told of a load: ``started``, ``advanced`` or ``finished``, and with
what."""


class Task(NamedTuple):
    """Something to do, under a number that no other has."""

    number: int
    task: object


class News(NamedTuple):
    """What has come of a task so far."""

    number: int
    heard: tuple[Heard, ...]


class Done(NamedTuple):
    """How a task has ended: with a result, with an error, or not begun at all.

    Attributes:
        report: What its process has to tell besides.
    """

    number: int
    heard: tuple[Heard, ...]
    report: object
    result: object = None
    error: BaseException | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something for people."""

    text: str
    is_warning: bool


@dataclass(frozen=True, slots=True)
class Word:
    """What all other processes are to know."""

    word: object


@dataclass(frozen=True, slots=True)
class Drop:
    """Tasks up to this number that nobody has taken up are left."""

    number: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Whatever is under way is to stop at its next piece of bytes."""


class _Pickler(pickle.Pickler):
    """Knows a kind more than pickle does: views of mappings that are never changed."""

    def __init__(self, written: BytesIO) -> None:
        super().__init__(written, pickle.HIGHEST_PROTOCOL)
        self.dispatch_table = {MappingProxyType: _as_dict}


def _as_dict(
    view: MappingProxyType[Any, Any],
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return _as_view, (dict(view),)


def _as_view(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


def pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a way for messages."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def packed(message: object) -> bytes:
    """Return a message as it is sent.

    Raises:
        ValueError: It is too large to be sent.
    """
    written = BytesIO()
    _Pickler(written).dump(message)
    body = written.getvalue()
    if len(body) > LARGEST:
        raise ValueError(f"a message of {len(body):,} bytes; {LARGEST:,} can be sent")
    return body


def unpacked(body: bytes) -> Any:  # noqa: ANN401 - whatever was sent
    """Return the message that another process of this crew has sent."""
    return pickle.loads(body)  # noqa: S301 - by a fork of this very process
