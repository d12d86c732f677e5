"""What a run was planned from is not read again in order to publish it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from application.known_promises import KnownPromises, RememberedPromises
from application.publication import Promises
from application.staged_promises import StagedPromises
from domain.api_documents import CATALOG
from domain.publication import Promised
from domain.selection import Selection
from tests.support.catalogs import make_bottle, make_formula, select
from tests.support.published_api import CLIENT, EVERYTHING, PublishedApi

DOCUMENTS = {CATALOG: "aa" * 32}
KNOWN = KnownPromises(DOCUMENTS, EVERYTHING, Promised((make_bottle("jq"),), ()))
READ = Promised((make_bottle("bat"),), ())


class Read(Promises):
    """Reads documents, whichever they are."""

    def __call__(
        self,
        documents: Mapping[str, str],  # noqa: ARG002 - as above
        selection: Selection,  # noqa: ARG002 - as above
    ) -> Promised:
        return READ


def test_documents_that_are_known_are_not_read() -> None:
    promises = RememberedPromises(KNOWN, Read())
    assert promises(dict(DOCUMENTS), EVERYTHING) is KNOWN.promised


@pytest.mark.parametrize(
    ("documents", "selection"),
    [
        ({CATALOG: "bb" * 32}, EVERYTHING),
        ({**DOCUMENTS, "cask.jws.json": "cc" * 32}, EVERYTHING),
        (DOCUMENTS, select(CLIENT, formulae=("jq",))),
    ],
)
def test_other_documents_and_other_selections_are_read(
    documents: Mapping[str, str], selection: Selection
) -> None:
    assert RememberedPromises(KNOWN, Read())(documents, selection) is READ


@pytest.mark.parametrize(
    "selection",
    [
        EVERYTHING,
        select(CLIENT, formulae=("jq",)),
        select(CLIENT, exclude=("j*",)),
    ],
)
def test_a_plan_knows_what_reading_its_documents_would_tell(
    selection: Selection,
) -> None:
    api = PublishedApi()
    api.deploy([make_formula("bat"), make_formula("jq"), make_formula("tree")])
    planned = api.plan(selection)

    known = planned.promises

    assert known is not None
    assert (known.documents, known.selection) == (planned.documents, selection)
    read = StagedPromises(api.upstream, api.generations)
    assert known.promised == read(planned.documents, selection)
    assert len((*known.promised.selected, *known.promised.others)) == 3
