"""The laws of the written form of a plan's work."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ledger.work_codec import decode_work, encode_work
from domain.work import Work
from ports.errors import MalformedError
from tests.support import strategies as some


@given(some.works)
def test_work_comes_back_from_its_bytes(work: Work) -> None:
    assert decode_work("document", encode_work(work)) == work


@given(some.works)
def test_the_bytes_are_canonical(work: Work) -> None:
    body = encode_work(work)
    again = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    assert body == f"{again}\n".encode()


@given(st.data())
def test_whatever_is_read_can_be_written(data: st.DataObject) -> None:
    said = json.loads(encode_work(data.draw(some.works)))
    body = json.dumps(data.draw(some.nearly(said))).encode()
    try:
        work = decode_work("document", body)
    except MalformedError:
        return
    assert decode_work("document", encode_work(work)) == work


@given(st.binary() | some.json_values.map(lambda said: json.dumps(said).encode()))
@example(b"")
@example(b"[" * 100_000)
@example(b'{"v":2}')
def test_whatever_the_bytes_are_they_are_work_or_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError, match=r"^document: "):
        decode_work("document", body)
