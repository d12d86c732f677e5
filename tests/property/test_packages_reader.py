"""Whatever comes in place of a document of packages, it is read or refused in words."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.homebrew.packages import read_packages
from domain.bottle import Bottle, Digest
from domain.packages import Packages
from domain.tags import Tag
from ports.errors import MalformedError
from tests.support.api_entries import digests, json_values, names, tags, versions

CLIENT = Tag("arm64_sonoma")
WHAT = "packages.arm64_sonoma.jws.json"

bottles = st.builds(
    lambda name, version, rebuild, tag, digest: Bottle(
        name, version, rebuild, Tag(tag), Digest(digest)
    ),
    names,
    versions,
    st.integers(0, 9),
    tags,
    digests,
)
sections = st.dictionaries(
    st.sampled_from(["metadata", "formulae", "casks", "formula_aliases", "x"]),
    st.dictionaries(
        names | st.text(max_size=3),
        json_values
        | st.fixed_dictionaries(
            {},
            optional={
                "stable_version": versions | json_values,
                "bottle_checksum": digests | json_values,
                "bottle_tag": tags | json_values,
                "bottle_rebuild": st.integers(-1, 9) | json_values,
                "revision": st.integers(-1, 9) | json_values,
            },
        ),
        max_size=4,
    )
    | json_values,
    max_size=5,
)


def read(body: bytes) -> Packages | str:
    """Return what is read, or in which words it is refused."""
    try:
        return read_packages(body, CLIENT, WHAT)
    except MalformedError as error:
        return str(error)


def written(bottle: Bottle) -> dict[str, Any]:
    """Return the entry of a bottle, as upstream writes it: without what is blank."""
    entry = {
        "stable_version": bottle.pkg_version,
        "bottle_rebuild": bottle.rebuild,
        "bottle_tag": f":{bottle.tag}" if bottle.tag != CLIENT else "",
        "bottle_checksum": bottle.digest,
    }
    return {key: value for key, value in entry.items() if value}


@given(offered=st.lists(bottles, min_size=1, unique_by=lambda bottle: bottle.name))
def test_every_bottle_that_is_offered_is_read(offered: list[Bottle]) -> None:
    document = {"formulae": {bottle.name: written(bottle) for bottle in offered}}
    packages = read(json.dumps(document).encode())
    assert isinstance(packages, Packages)
    assert list(packages.bottles.values()) == offered
    assert packages.skipped == ()


@given(document=sections, ascii_only=st.booleans())
def test_any_document_is_read_or_refused(
    document: dict[str, Any], *, ascii_only: bool
) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only)
    packages = read(text.encode(errors="surrogatepass"))
    if isinstance(packages, str):
        assert packages.isprintable()
        return
    formulae = document["formulae"]
    assert {*packages.bottles} <= {*formulae}
    assert len(packages.skipped) + len(packages.bottles) <= len(formulae)
    for skipped in packages.skipped:
        assert f"{skipped.name}: {skipped.reason}".isprintable()
    assert not {*packages.aliases} & {*packages.bottles}


@given(body=st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_refused_in_words(body: bytes) -> None:
    refusal = read(body)
    assert isinstance(refusal, str)
    assert refusal.isprintable()
