"""The list of a generation as bytes, and back.

What the bytes are is written in ``docs/ledger-format.md``. Whoever reads them knows
their SHA-256 from the log, so that nothing but this program's own spelling is read.
"""

from __future__ import annotations

from itertools import chain
from operator import itemgetter
from typing import Final, Literal

import msgspec

from adapters.ledger.canonical_json import gathered, object_pieces
from adapters.ledger.plain_lines import Count, Sha256
from domain.bottle import BottleKey, Digest
from domain.generations import KeptIndex, ReleaseKey
from domain.listing import Listing
from domain.tags import Tag
from ports.errors import MalformedError

FORMAT: Final = 1
"""The version of the written form of a generation's list."""


class _Index(msgspec.Struct, gc=False):
    bottles: dict[Tag, Sha256]
    name: str
    sha256: Sha256
    size: Count
    tagref: str


class _Listing(msgspec.Struct, gc=False):
    bottles: dict[BottleKey, Sha256]
    indexes: dict[ReleaseKey, _Index]
    v: Literal[1]


_DECODER: Final = msgspec.json.Decoder(_Listing)


def encode_listing(listing: Listing) -> bytes:
    """Return the bytes of ``listing``; equal lists have equal bytes."""
    indexes = sorted(listing.indexes.items(), key=itemgetter(0))
    return gathered(
        chain(
            (b'{"bottles":',),
            object_pieces(sorted(listing.bottles.items())),
            (b',"indexes":',),
            object_pieces((release, _said(index)) for release, index in indexes),
            (b',"v":%d}\n' % FORMAT,),
        )
    )


def _said(index: KeptIndex) -> dict[str, object]:
    return {
        "bottles": dict(index.bottles),
        "name": index.name,
        "sha256": index.digest,
        "size": index.size,
        "tagref": index.tagref,
    }


def decode_listing(name: str, body: bytes) -> Listing:
    """Return the list that ``body``, called ``name``, is.

    Raises:
        MalformedError: It is none, or of a newer version.
    """
    try:
        said = _DECODER.decode(body)
    # ValueError also: not UTF-8, more digits than Python reads.
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedError(name, f"not the list of a generation: {error}") from error
    return Listing(
        bottles={key: Digest(digest) for key, digest in said.bottles.items()},
        indexes={
            release: KeptIndex(
                index.name,
                index.tagref,
                Digest(index.sha256),
                index.size,
                {tag: Digest(digest) for tag, digest in index.bottles.items()},
            )
            for release, index in said.indexes.items()
        },
    )
