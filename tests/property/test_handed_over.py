"""What goes to another process is there what it was here, and comes back so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.processes.messages import packed, unpacked
from application.handed_over import brought_back, handed_over, taken_back, taken_over
from application.transfer import LoadResult, Placed
from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import BottleFailed, BottleMirrored
from domain.generations import KeptIndex
from domain.tags import Tag
from domain.words import How
from domain.work import Load
from ports.errors import PortError, UnavailableError

DIGEST = Digest("ab" * 32)
KEYS = st.from_regex(r"[0-9]{4}/[a-z]{1,9}", fullmatch=True).map(ObjectKey)
TAGS = st.sampled_from(["arm64_sonoma", "sonoma", "x86_64_linux"]).map(Tag)


@st.composite
def loads(draw: st.DrawFn) -> Load:
    names = draw(
        st.lists(
            st.tuples(st.sampled_from(["jq", "a2ps"]), st.integers(0, 3), TAGS),
            min_size=1,
            unique=True,
        )
    )
    bottles = [
        Bottle(name, "1.0", rebuild, tag, DIGEST) for name, rebuild, tag in names
    ]
    size = draw(st.none() | st.integers(0, 2**40))
    guess = st.none() if size is not None else st.none() | st.integers(0, 2**40)
    return Load(
        DIGEST,
        size,
        tuple(sorted(bottles, key=lambda bottle: bottle.key)),
        draw(st.none() | KEYS),
        draw(guess),
    )


INDEXES = st.builds(
    lambda name, tag, size: KeptIndex(name, "1.0", DIGEST, size, {tag: DIGEST}),
    st.sampled_from(["jq", "a2ps"]),
    TAGS,
    st.integers(0, 10**6),
)


@given(loads(), st.data())
def test_a_load_arrives_as_it_was_sent(load: Load, data: st.DataObject) -> None:
    known = data.draw(st.lists(st.sampled_from(load.bottles), unique=True))
    placed = Placed(
        load,
        {bottle.key: data.draw(KEYS) for bottle in load.bottles},
        {bottle.key: data.draw(INDEXES) for bottle in known},
    )

    assert taken_over(unpacked(packed(handed_over(placed)))) == placed


@given(loads(), st.data())
def test_a_result_comes_back_as_it_was(load: Load, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, len(load.bottles)))
    hows: list[How] = ["fetched", "copied", "found"]
    how = st.sampled_from(hows)
    sizes = st.integers(0)
    mirrored = tuple(
        BottleMirrored(bottle, data.draw(sizes), data.draw(KEYS), data.draw(how))
        for bottle in load.bottles[:done]
    )
    error = data.draw(
        st.none() | st.just(UnavailableError("ask", "no answer", 3, retry_after=1.0))
    )
    failed = tuple(
        BottleFailed(bottle, "unavailable", "no answer", 3)
        for bottle in (load.bottles[done:] if error else ())
    )
    indexes = tuple(data.draw(st.lists(INDEXES, max_size=2)))
    result = LoadResult(mirrored, failed, error, indexes=indexes)

    again = taken_back(load, unpacked(packed(brought_back(result))))

    assert (again.mirrored, again.failed) == (mirrored, failed)
    assert again.indexes == indexes
    assert (type(again.error), str(again.error)) == (type(error), str(error))
    # What the ledger is to hold is what it had, and no second one.
    assert all(
        one.bottle is bottle
        for one, bottle in zip(again.mirrored, load.bottles, strict=False)
    )
    assert not isinstance(error, PortError) or vars(again.error) == vars(error)
