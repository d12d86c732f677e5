"""Formulae and catalogs: made by hand for one test, or drawn by Hypothesis.

The alphabets are small, so that names, digests and tags meet again.
"""

import hashlib
from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from domain.bottle import Bottle, Digest
from domain.catalog import Catalog, CatalogDocument, Skipped, make_catalog
from domain.formula import Formula, Needs, SystemDependency
from domain.selection import Selection, TargetTags
from domain.tags import ALL, Tag

DOCUMENT = CatalogDocument(
    name="formula.json",
    source="https://formulae.test/api/formula.json",
    sha256="d0" * 32,
    signed=False,
)

TAGS = tuple(
    map(
        Tag,
        (
            "arm64_tahoe",
            "arm64_sequoia",
            "arm64_sonoma",
            "arm64_ventura",
            "sonoma",
            "ventura",
            "x86_64_linux",
            "arm64_linux",
        ),
    )
)
"""Tags that clients of the tests may have."""

NAMES = ("bat", "curl", "gtk+3", "jq", "llama.cpp", "openssl@3")


NOTHING = Needs()


def digest_of(text: str) -> Digest:
    """Return the digest of ``text``, so that a test can name a digest."""
    return Digest(hashlib.sha256(text.encode()).hexdigest())


def make_bottle(
    name: str = "jq",
    version: str = "1.8.1",
    tag: str = "arm64_sonoma",
    *,
    rebuild: int = 0,
    content: str = "",
) -> Bottle:
    """Return a bottle; without ``content``, its digest is its own alone."""
    return Bottle(
        name,
        version,
        rebuild,
        Tag(tag),
        digest_of(content or f"{name} {version} {rebuild} {tag}"),
    )


def make_formula(
    name: str = "jq",
    version: str | None = "1.8.1",
    tags: Iterable[str] = ("arm64_sonoma",),
    *,
    revision: int = 0,
    rebuild: int = 0,
    digests: Mapping[str, str] | None = None,
    aliases: tuple[str, ...] = (),
    needs: Needs = NOTHING,
) -> Formula:
    """Return a formula with a bottle for each of ``tags``.

    Args:
        digests: The bottles' contents by tag, in place of ``tags``.
    """
    offered = (
        {tag: digest_of(f"{name} {version} {rebuild} {tag}") for tag in tags}
        if digests is None
        else {tag: digest_of(content) for tag, content in digests.items()}
    )
    return Formula(
        name=name,
        version=version,
        revision=revision,
        rebuild=rebuild,
        digests={Tag(tag): digest for tag, digest in offered.items()},
        aliases=aliases,
        needs=needs,
    )


def make_test_catalog(*entries: Formula | Skipped) -> Catalog:
    """Return the catalog of ``entries``."""
    return make_catalog(DOCUMENT, entries)


def select(
    *tags: str,
    formulae: tuple[str, ...] = (),
    with_deps: bool = False,
    exclude: tuple[str, ...] = (),
) -> Selection:
    """Return a selection for clients of ``tags``."""
    target = TargetTags(tuple(map(Tag, tags)))
    return Selection(target, formulae, with_deps, exclude)


_SYSTEM_DEPENDENCIES = tuple(
    SystemDependency(name, since)
    for name in NAMES
    for since in (None, "tahoe", "sequoia", "sonoma", "ventura", "mojave")
)

_needs = st.builds(
    Needs,
    # Not all of them are in the catalog.
    st.lists(st.sampled_from([*NAMES, "alias-of-curl"]), max_size=2).map(tuple),
    st.lists(st.sampled_from(_SYSTEM_DEPENDENCIES), max_size=1).map(tuple),
)
_digests = st.integers(0, 40).map(lambda number: digest_of(str(number)))

formulae: st.SearchStrategy[Formula] = st.builds(
    Formula,
    name=st.sampled_from(NAMES),
    version=st.sampled_from(["1.0", "1.1", "2"]),
    revision=st.integers(0, 1),
    rebuild=st.integers(0, 2),
    digests=st.one_of(
        st.dictionaries(st.sampled_from(TAGS), _digests, max_size=3),
        _digests.map(lambda digest: {ALL: digest}),
    ),
    aliases=st.sampled_from([(), ("alias-of-curl",)]),
    needs=_needs,
    variations=st.dictionaries(st.sampled_from(TAGS), _needs, max_size=1),
)
"""Formulae that offer bottles for tags, or one for all, or none."""

catalogs: st.SearchStrategy[Catalog] = st.lists(formulae, max_size=len(NAMES)).map(
    lambda entries: make_test_catalog(
        *{entry.name: entry for entry in entries}.values()
    )
)
"""Catalogs of some of ``NAMES``, none of which is refused."""

colliding_formulae: st.SearchStrategy[Formula] = st.builds(
    Formula,
    name=st.sampled_from(["foo", "foo-1", "Foo", "foo@1", "foo+", "foox", "bar"]),
    version=st.sampled_from(["1", "1-1", "1-1-1", "1_1"]),
    revision=st.integers(0, 1),
    rebuild=st.integers(0, 1),
    digests=st.dictionaries(
        st.sampled_from([Tag("arm64_sonoma"), Tag("sonoma")]),
        st.sampled_from([digest_of("x"), digest_of("y")]),
        max_size=2,
    ),
)
"""Formulae whose names, keys, file names and images often meet."""

_client_tags = st.lists(st.sampled_from(TAGS), min_size=1, max_size=3, unique=True)
_excluded = st.lists(st.sampled_from(["j*", "curl", "*[0-9]"]), max_size=2)


@st.composite
def selections(draw: st.DrawFn, catalog: Catalog) -> Selection:
    """Draw a selection whose names ``catalog`` has."""
    known = [*catalog.formulae, *catalog.aliases]
    named = st.lists(st.sampled_from(known), max_size=2) if known else st.just([])
    return Selection(
        tags=TargetTags(tuple(draw(_client_tags))),
        formulae=tuple(draw(named)),
        with_deps=draw(st.booleans()),
        exclude=tuple(draw(_excluded)),
    )
