from __future__ import annotations

import json
from copy import deepcopy
from functools import partial
from types import MappingProxyType
from typing import Any, get_args

import pytest

from adapters.ledger.canonical_json import written
from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.event_forms import EVENTS
from adapters.ledger.event_lines import NewerVersionError, event_of, line_of
from adapters.ledger.plain_lines import plain_events
from adapters.ledger.plain_writing import plain_line
from adapters.ledger.schemas import CatalogReadV1
from adapters.ledger.upcasting import UPCASTERS, Line, upcast
from domain.errors import LedgerDamagedError
from domain.events import GENESIS, Event
from tests.support.catalogs import make_bottle
from tests.support.chain import catalog_read, lost, mirrored, superseded
from tests.support.damaged_log import with_lines
from tests.support.log_writing import commit_after

NEWEST = dict(EVENTS.keys())


def says(**more: object) -> Line:
    return {"id": "an id", "t": "Taught", "v": 1, **more}


class TestTheChain:
    def test_is_whole_for_every_type(self) -> None:
        for kind, newest in NEWEST.items():
            for version in range(1, newest):
                assert (kind, version) in UPCASTERS
                assert upcast({"t": kind, "v": version, "id": ""})["v"] == newest

    def test_leads_no_further_than_what_can_be_read(self) -> None:
        for kind, version in UPCASTERS:
            assert version < NEWEST[kind]

    def test_is_needed_for_one_version_of_each_type_only(self) -> None:
        assert len(NEWEST) == len(EVENTS)
        assert {schema.of for schema in EVENTS.values()} == set(get_args(Event))

    @pytest.mark.parametrize("kind", sorted(NEWEST))
    def test_leaves_the_newest_version_as_it_is(self, kind: str) -> None:
        line = {"t": kind, "v": NEWEST[kind], "id": "", "more": [1]}
        assert upcast(line) is line


class TestSteps:
    TABLE = MappingProxyType(
        {
            ("Taught", 1): lambda line: {**line, "pupils": 0},
            ("Taught", 2): lambda line: {**line, "pupils": line["pupils"] + 1},
            ("Learnt", 1): lambda _: {"lost": True},
        }
    )

    def test_are_taken_one_by_one(self) -> None:
        assert upcast(says(), self.TABLE) == says(v=3, pupils=1)

    def test_begin_where_the_line_is(self) -> None:
        assert upcast(says(v=2, pupils=7), self.TABLE) == says(v=3, pupils=8)

    def test_are_those_of_its_own_type(self) -> None:
        assert upcast(says(t="Another"), self.TABLE) == says(t="Another")

    def test_need_not_say_what_they_lead_from_and_to(self) -> None:
        assert upcast(says(t="Learnt"), self.TABLE) == {
            "lost": True,
            "t": "Learnt",
            "v": 2,
        }

    def test_leave_what_was_read_as_it_was(self) -> None:
        line = says(more={"inner": [1]})
        before = deepcopy(line)
        upcast(line, self.TABLE)
        assert line == before

    def test_of_equal_lines_are_equal(self) -> None:
        assert upcast(says(), self.TABLE) == upcast(says(), self.TABLE)


@pytest.mark.parametrize("kind", sorted(NEWEST))
def test_a_version_that_nobody_knows_yet_is_not_guessed_at(kind: str) -> None:
    newer = NEWEST[kind] + 1
    line = {"id": "8c7dd922-ad47-494f-b02c-00d78eac9bf0", "t": kind, "v": newer}
    with pytest.raises(NewerVersionError, match=f"{kind} of version {newer}.*update"):
        event_of(line)


def first(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return an event as an older version of this program would have written it."""
    (line,) = lines
    line["count"] = line.pop("formulae")
    return [line]


class TestAnOlderEventInACommit:
    OLD = with_lines(encode_commit(commit_after(GENESIS, catalog_read())), first)

    @pytest.fixture
    def newer_program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be a program in which CatalogRead has come to its second version."""

        def renamed(line: Line) -> Line:
            said = {name: value for name, value in line.items() if name != "count"}
            return {**said, "formulae": line["count"]}

        events = dict(EVENTS)
        del events["CatalogRead", 1]
        events["CatalogRead", 2] = CatalogReadV1()
        with_table = partial(upcast, upcasters={("CatalogRead", 1): renamed})
        monkeypatch.setattr("adapters.ledger.event_lines.upcast", with_table)
        monkeypatch.setattr("adapters.ledger.event_lines.EVENTS", events)
        monkeypatch.setattr(
            "adapters.ledger.event_lines._WRITTEN_AS",
            {schema.of: form for form, schema in events.items()},
        )

    @pytest.mark.usefixtures("newer_program")
    def test_is_read_as_the_newest(self) -> None:
        (event,) = decode_commit(self.OLD, 0).events
        assert event == catalog_read()

    @pytest.mark.usefixtures("newer_program")
    def test_is_written_as_the_newest_from_then_on(self) -> None:
        line = line_of(catalog_read(), "run-1")
        assert (line["t"], line["v"]) == ("CatalogRead", 2)
        body = encode_commit(commit_after(GENESIS, catalog_read()))
        assert decode_commit(body, 0).events == (catalog_read(),)

    def test_is_no_event_to_a_program_that_was_not_told(self) -> None:
        with pytest.raises(LedgerDamagedError, match="formulae"):
            decode_commit(self.OLD, 0)

    @pytest.mark.usefixtures("newer_program")
    def test_one_version_too_new_stops_the_reading(self) -> None:
        newer = with_lines(self.OLD, lambda lines: [{**one, "v": 3} for one in lines])
        with pytest.raises(
            LedgerDamagedError, match=r"CatalogRead of version 3.*update"
        ):
            decode_commit(newer, 0)


@pytest.mark.parametrize(
    "event", [mirrored(make_bottle()), superseded(make_bottle()), lost(make_bottle())]
)
def test_the_short_way_reads_and_writes_no_version_but_the_newest(
    event: Event,
) -> None:
    line = plain_line(event, "run-1") or written(line_of(event, "run-1"))
    said = json.loads(line)
    assert said["v"] == NEWEST[said["t"]]
    other = json.dumps({**said, "v": said["v"] + 1}, sort_keys=True)
    assert plain_events([line.encode()]) == [event]
    assert plain_events([other.encode()]) == [None]
