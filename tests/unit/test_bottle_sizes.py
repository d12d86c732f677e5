from __future__ import annotations

import json

import pytest

from adapters.homebrew.sizes import (
    IndexEntry,
    read_index,
    read_layer_size,
    read_size,
)
from ports.errors import MalformedError
from tests.support.catalogs import digest_of

JQ, CURL = digest_of("jq"), digest_of("curl")
MANIFEST = f"sha256:{digest_of('manifest')}"
WHAT = "jq from https://ghcr.io"


def child(
    digest: object = JQ, size: object = "1024", **changes: object
) -> dict[str, object]:
    annotations = {"sh.brew.bottle.digest": digest, "sh.brew.license": "MIT"}
    if size is not None:
        annotations |= {"sh.brew.bottle.size": size}
    return {"digest": MANIFEST, "size": 9, "annotations": annotations, **changes}


def index(*children: object) -> bytes:
    return json.dumps({"schemaVersion": 2, "manifests": children}).encode()


def manifest(digest: str = JQ, size: object = 1_024) -> bytes:
    layer = {"mediaType": "x", "digest": f"sha256:{digest}", "size": size}
    return json.dumps({"schemaVersion": 2, "layers": [layer]}).encode()


def test_reads_the_size_of_each_bottle_in_an_index() -> None:
    read = read_index(index(child(), child(CURL, "7")), WHAT)
    assert read == {JQ: IndexEntry(MANIFEST, 1_024), CURL: IndexEntry(MANIFEST, 7)}


def test_a_bottle_without_a_size_is_named_all_the_same() -> None:
    assert read_index(index(child(size=None)), WHAT) == {JQ: IndexEntry(MANIFEST, None)}


def test_a_size_counts_under_whichever_tag_it_is_told() -> None:
    read = read_index(index(child(size=None), child(size="8"), child(size=None)), WHAT)
    assert read[JQ].size == 8


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "child",
        {},
        child(annotations=None),
        child(annotations={"sh.brew.bottle.size": "8"}),
        child(digest=17),
        child() | {"digest": "../../../etc/passwd"},
        child() | {"digest": MANIFEST + "\n"},
    ],
)
def test_a_child_that_is_no_bottle_does_not_spoil_the_others(odd: object) -> None:
    assert list(read_index(index(odd, child(CURL)), WHAT)) == [CURL]


@pytest.mark.parametrize(
    "size",
    [
        "-1",
        "0",
        "",
        "1e3",
        "1 024",
        "0x10",
        "1000000000001",
        "9" * 5_000,
        "\u0663",
        "8\n",
        8,
        8.0,
        True,
        None,
        ["8"],
        {"8": 8},
    ],
)
def test_an_absurd_size_counts_as_none(size: object) -> None:
    assert read_size(size) is None
    assert read_index(index(child(size=size)), WHAT)[JQ].size is None


def test_the_largest_size_is_a_terabyte() -> None:
    assert read_size("1000000000000") == 10**12


def test_reads_the_size_of_the_layer_that_is_the_bottle() -> None:
    assert read_layer_size(manifest(), JQ, WHAT) == 1_024


def test_the_layer_of_another_bottle_says_nothing() -> None:
    assert read_layer_size(manifest(CURL), JQ, WHAT) is None


@pytest.mark.parametrize("size", [0, -1, 10**12 + 1, "1024", 1.5, None, True])
def test_refuses_a_layer_of_absurd_size(size: object) -> None:
    with pytest.raises(MalformedError):
        read_layer_size(manifest(size=size), JQ, WHAT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{",
        b"\xff\xfe",
        b"null",
        b"8",
        b"[]",
        b"{}",
        b'{"manifests": 8, "layers": {}}',
        b"[" * 100_000,
    ],
)
def test_refuses_what_is_no_oci_document(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read_index(body, WHAT)
    with pytest.raises(MalformedError):
        read_layer_size(body, JQ, WHAT)
