"""Entries of Homebrew's API to draw from: right ones, damaged ones, and any JSON."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from adapters.homebrew.schemas import NEEDS_KEYS
from domain.bottle import Digest
from domain.formula import Formula, Needs, SystemDependency
from domain.tags import Tag

# Few names, so that they meet again; the odd ones are as odd as a name may be.
names = st.sampled_from(["jq", "curl", "gtk+3", "libsigc++@2", "llama.cpp", "ntfs-3g"])
versions = st.sampled_from(["1.8.2", "r3222", "2026.7.7", "1-1", "3.6~rc1,2"])
tags = st.sampled_from(["arm64_tahoe", "arm64_sonoma", "sonoma", "x86_64_linux", "all"])
digests = st.integers(0, 3).map(lambda number: f"{number:064x}")
since = st.sampled_from(["sonoma", "tahoe", "big_sur", "unheard_of"])
printable = names | st.text(min_size=1).filter(str.isprintable)

FIELDS = [
    *("name", "versions", "stable", "revision", "bottle", "rebuild", "files"),
    *("sha256", "aliases", "oldnames", "oldname", "variations", "since"),
    *("arm64_tahoe", "cellar", "build_dependencies", *sorted(NEEDS_KEYS)),
]

anything = st.text(st.characters(exclude_categories=()), max_size=6)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([-1, 0, 1, 10**300, "", "build", "../x", "\ud800", "0" * 64])
    | anything
    | names
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | anything, inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def uses(draw: st.DrawFn, *, bounded: bool) -> dict[str, Any]:
    """Draw what macOS may bring along, with its bounds or as before there were any."""
    types = st.sampled_from(["build", "test", "no_linkage", "optional", "run"])
    kinds = types | st.lists(types, max_size=2)
    use = names | st.builds(lambda name, kind: {name: kind}, names, kinds)
    used = draw(st.lists(use, max_size=3))
    fields: dict[str, Any] = {"uses_from_macos": used}
    if bounded:
        empty: dict[str, str] = {}
        bound = since.map(lambda name: {"since": name}) | st.just(empty)
        fields["uses_from_macos_bounds"] = [draw(bound) for _ in used]
    return fields


@st.composite
def overrides(draw: st.DrawFn, *, bounded: bool) -> dict[str, Any]:
    """Draw some of the fields that say what a formula needs."""
    lists = st.lists(names, max_size=3)
    optional = {
        "dependencies": lists,
        "recommended_dependencies": lists,
        "build_dependencies": lists,
        "keg_only": st.booleans(),
    }
    fields = draw(st.fixed_dictionaries({}, optional=optional))
    return fields | (draw(uses(bounded=bounded)) if draw(st.booleans()) else {})


@st.composite
def valid_entries(draw: st.DrawFn, *, bounded: bool | None = None) -> dict[str, Any]:
    """Draw an entry that has the shape of the API's, of today or of years ago."""
    files = st.dictionaries(
        tags, st.fixed_dictionaries({"cellar": st.just(":any"), "sha256": digests})
    )
    stable = st.fixed_dictionaries({"rebuild": st.integers(0, 9), "files": files})
    several = st.none() | st.lists(names, max_size=2)
    if bounded is None:
        bounded = draw(st.booleans())
    override = overrides(bounded=bounded)
    entry: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {
                "name": names,
                "versions": st.fixed_dictionaries({"stable": versions}),
                "revision": st.integers(0, 60),
                "bottle": st.just({})
                | st.fixed_dictionaries({"stable": st.none() | stable}),
            },
            optional={
                "aliases": several,
                "oldnames": several,
                "oldname": st.none() | names,
                "variations": st.none() | st.dictionaries(tags, override),
            },
        )
    )
    return entry | draw(override) | draw(uses(bounded=bounded))


@st.composite
def regular_entries(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an entry with every field that the API has today."""
    entry = draw(valid_entries(bounded=True))
    entry.pop("oldname", None)
    lists: dict[str, Any] = {key: [] for key in (*NEEDS_KEYS, "aliases", "oldnames")}
    present = {key: value for key, value in entry.items() if value is not None}
    return {**lists, "variations": {}, **present}


@st.composite
def mutated_entries(draw: st.DrawFn) -> Any:  # noqa: ANN401 - any JSON at all
    """Draw an entry in which something or other is not as it should be."""
    entry: Any = deepcopy(draw(regular_entries() | valid_entries()))
    for _ in range(draw(st.integers(1, 3))):
        part = entry
        while True:
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(part[key], dict | list) or draw(st.booleans()):
                if draw(st.booleans()):
                    part[key] = draw(json_values)
                else:
                    del part[key]
                break
            part = part[key]
        if isinstance(part, dict) and draw(st.booleans()):
            part[draw(st.sampled_from(FIELDS))] = draw(json_values)
    return entry


needs = st.builds(
    Needs,
    st.lists(printable, max_size=3).map(tuple),
    st.lists(st.builds(SystemDependency, printable, st.none() | since), max_size=2).map(
        tuple
    ),
)
formulae = st.builds(
    Formula,
    name=names,
    version=versions,
    revision=st.integers(0, 60),
    rebuild=st.integers(0, 9),
    digests=st.dictionaries(tags.map(Tag), digests.map(Digest)),
    aliases=st.lists(printable, max_size=2).map(tuple),
    oldnames=st.lists(printable, max_size=2).map(tuple),
    needs=needs,
    variations=st.dictionaries(tags.map(Tag), needs, max_size=2),
) | st.builds(
    Formula,
    name=names,
    version=st.none(),
    revision=st.integers(0, 60),
    rebuild=st.integers(0, 9),
    digests=st.just({}),
)
