"""What is kept of attestations that held, and what it is worth the next time."""

from __future__ import annotations

import pytest

from adapters.memory.attestations import MemoryAttestations
from adapters.memory.store import MemoryStore
from domain.attestation import kept_key
from domain.bottle import ObjectKey
from ports.errors import AccessDeniedError
from ports.store import StoredObject
from tests.support.attested import NAMES, Checked, checked_mirror, counts
from tests.support.mirror import Mirror
from tests.support.notary import Notary


@pytest.fixture
def checked() -> Checked:
    return checked_mirror()


def test_what_held_is_enough_the_next_time(checked: Checked) -> None:
    for name in NAMES:
        checked.attest(name)
    first = checked()
    checked.attestations.asked.clear()
    before = checked.mirror.bottles()

    second = checked()

    assert counts(first) == counts(second) == (3, 0, 0, 0)
    assert checked.attestations.asked == []
    assert checked.mirror.bottles() == before


def test_every_line_that_is_kept_is_a_bundle_that_speaks_for_the_bottle(
    checked: Checked,
) -> None:
    one, two = checked.attest("jq"), checked.attest("jq")
    checked.attest("bat", "other--1.0.arm64_sonoma.bottle.tar.gz")

    checked()

    assert checked.kept("jq") == one + b"\n" + two + b"\n"
    assert checked.kept("bat") is None
    assert checked.kept("curl") is None


def test_nothing_is_believed_for_where_it_lies(checked: Checked) -> None:
    jq = checked.bottle("jq")
    forged = Notary().attest(jq)
    checked.mirror.damage(kept_key(jq.digest), forged + b"\n")

    report = checked()

    assert counts(report) == (0, 3, 0, 0)
    assert any("does not hold, and is not counted" in n for n in checked.notes)


def test_what_was_damaged_is_fetched_and_kept_anew(checked: Checked) -> None:
    good = checked.attest("jq")
    checked.mirror.damage(kept_key(checked.bottle("jq").digest), b"\xff\n{}\n")

    assert checked().verified == 1

    assert checked.kept("jq") == good + b"\n"


def test_a_bottle_of_the_same_bytes_has_to_be_named_too() -> None:
    mirror = Mirror()
    mirror.offer("one", contents={"arm64_sonoma": "same"})
    mirror.sync()
    checked = Checked(mirror)
    checked.attest("one")
    assert counts(checked()) == (1, 0, 0, 0)
    mirror.offer("two", contents={"arm64_sonoma": "same"})
    mirror.sync()

    assert counts(checked()) == (1, 0, 1, 0)
    checked.attest("two")
    assert counts(checked()) == (2, 0, 0, 0)
    checked.attestations.asked.clear()
    assert counts(checked()) == (2, 0, 0, 0)
    assert checked.attestations.asked == []


def test_what_github_no_longer_lists_is_kept_while_it_holds() -> None:
    mirror = Mirror()
    mirror.offer("one", contents={"arm64_sonoma": "same"})
    mirror.sync()
    checked = Checked(mirror)
    first = checked.attest("one")
    checked()
    mirror.offer("two", contents={"arm64_sonoma": "same"})
    mirror.sync()
    checked.attestations = MemoryAttestations()
    second = checked.attest("two")

    assert counts(checked()) == (2, 0, 0, 0)
    assert checked.kept("one") == first + b"\n" + second + b"\n"


def test_a_store_that_takes_nothing_is_told_of_once(checked: Checked) -> None:
    for name in NAMES:
        checked.attest(name)

    report = checked(store=ReadOnly(checked.mirror.disk))

    assert counts(report) == (3, 0, 0, 0)
    (note,) = checked.notes
    assert "cannot be kept" in note


class ReadOnly(MemoryStore):
    """A store that can be read, and not written to."""

    def __init__(self, other: MemoryStore) -> None:
        super().__init__()
        self._other = other

    def get(self, key: ObjectKey) -> StoredObject:
        return self._other.get(key)

    def create(self, key: ObjectKey, body: bytes) -> None:
        assert body
        raise AccessDeniedError(key, "s3:PutObject is not allowed")
