"""What is found of the bottles of a mirror, with a Sigstore of the tests' own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.attestation import BACKFILL, HOMEBREW
from ports.errors import (
    MalformedError,
    NotOurStoreError,
    PortError,
    QuotaSpentError,
    UnavailableError,
)
from tests.support.attested import (
    NAMES,
    NOTARY,
    Checked,
    backfill_name,
    checked_mirror,
    counts,
)
from tests.support.mirror import Mirror
from tests.support.notary import Notary, Signer

SPENT = QuotaSpentError("attestations", "the quota is spent")
DOWN = UnavailableError("attestations", "GitHub does not answer")


@pytest.fixture
def checked() -> Checked:
    return checked_mirror()


class TestVerdicts:
    def test_each_bottle_has_one_and_only_bad_ones_are_named(
        self, checked: Checked
    ) -> None:
        checked.attest("bat")
        checked.attest("curl", "wget--1.0.arm64_sonoma.bottle.tar.gz")

        report = checked()

        assert counts(report) == (1, 1, 1, 0)
        ((key, reason),) = report.invalid.items()
        assert key == "curl-1.0-arm64_sonoma"
        assert "wget--1.0" in reason
        assert report.ended is None

    def test_an_invalid_one_is_a_security_event_in_figures_and_in_words(
        self, checked: Checked
    ) -> None:
        checked.attest("jq", "wget--1.0.arm64_sonoma.bottle.tar.gz")

        checked()

        assert checked.metrics.added == [("SecurityEvents", 1, "invalid_attestation")]
        assert any(note.startswith("security event: ") for note in checked.notes)

    def test_a_missing_one_is_none(self, checked: Checked) -> None:
        report = checked()

        assert counts(report) == (0, 3, 0, 0)
        assert checked.metrics.added == []
        assert checked.notes == []

    def test_what_does_not_hold_is_invalid_and_says_why(self, checked: Checked) -> None:
        jq = checked.bottle("jq")
        checked.attestations.add(jq.digest, HOMEBREW, Notary().attest(jq), b"{}")

        report = checked()

        assert "certificate chain" in report.invalid[jq.key]

    def test_a_good_one_among_bad_ones_is_enough(self, checked: Checked) -> None:
        jq = checked.bottle("jq")
        checked.attestations.add(jq.digest, HOMEBREW, Notary().attest(jq))
        checked.attest("jq", "other--1.0.arm64_sonoma.bottle.tar.gz")
        good = checked.attest("jq")

        assert counts(checked()) == (1, 2, 0, 0)
        assert checked.kept("jq") == good + b"\n"

    def test_superseded_bottles_are_checked_while_they_are_held(
        self, checked: Checked
    ) -> None:
        checked.attest("jq")
        checked.mirror.offer("jq", "2.0")
        checked.mirror.sync()

        assert counts(checked()) == (1, 3, 0, 0)

    def test_many_threads_find_what_one_finds(self, checked: Checked) -> None:
        checked.attest("bat")
        checked.attest("curl", "x")

        assert counts(checked(jobs=8)) == (1, 1, 1, 0)

    def test_where_there_is_no_ledger_there_is_nothing_to_check(self) -> None:
        with pytest.raises(NotOurStoreError):
            Checked(Mirror())()


class TestBackfill:
    def test_it_is_asked_only_where_homebrew_has_nothing(
        self, checked: Checked
    ) -> None:
        checked.attest("bat")
        checked.attest("curl", "wget--1.0.arm64_sonoma.bottle.tar.gz")

        checked()

        asked = {(digest, by.repository) for digest, by in checked.attestations.asked}
        backfill = BACKFILL.repository
        assert (checked.bottle("jq").digest, backfill) in asked
        assert (checked.bottle("bat").digest, backfill) not in asked
        assert (checked.bottle("curl").digest, backfill) not in asked

    def test_what_it_signed_in_time_counts(self, checked: Checked) -> None:
        name = backfill_name(checked.bottle("jq"))
        then = datetime(2024, 2, 20, tzinfo=UTC)
        checked.attest("jq", name, signer=Signer(BACKFILL, at=then))

        assert counts(checked()) == (1, 2, 0, 0)
        assert counts(checked()) == (1, 2, 0, 0)

    def test_what_it_signed_later_is_invalid(self, checked: Checked) -> None:
        name = backfill_name(checked.bottle("jq"))
        late = datetime(2024, 3, 14, 0, 5, tzinfo=UTC)
        checked.attest("jq", name, signer=Signer(BACKFILL, at=late))

        report = checked()

        assert "after 2024-03-14" in report.invalid[checked.bottle("jq").key]

    def test_another_kind_of_statement_does_not_keep_it_from_being_asked(
        self, checked: Checked
    ) -> None:
        jq = checked.bottle("jq")
        release = NOTARY.attest(jq, predicate="https://in-toto.io/attestation/release")
        checked.attestations.add(jq.digest, HOMEBREW, release)
        then = datetime(2024, 2, 20, tzinfo=UTC)
        checked.attest("jq", backfill_name(jq), signer=Signer(BACKFILL, at=then))

        assert counts(checked()) == (1, 2, 0, 0)

    def test_its_bundle_in_homebrews_place_does_not_pass_for_homebrews(
        self, checked: Checked
    ) -> None:
        jq = checked.bottle("jq")
        own = NOTARY.attest(jq, signer=Signer(BACKFILL))
        checked.attestations.add(jq.digest, HOMEBREW, own)

        assert jq.key in checked().invalid


class TestEnding:
    @pytest.mark.parametrize("error", [SPENT, DOWN])
    def test_what_was_found_until_then_is_told(
        self, checked: Checked, error: PortError
    ) -> None:
        checked.attest("bat")
        checked.attestations.fail(checked.bottle("curl").digest, error)

        report = checked()

        assert counts(report) == (1, 0, 0, 2)
        assert report.ended == str(error)
        assert any(str(error) in note for note in checked.notes)
        asked = {digest for digest, _ in checked.attestations.asked}
        assert checked.bottle("jq").digest not in asked

    def test_without_github_what_is_kept_is_proved_still(
        self, checked: Checked
    ) -> None:
        checked.attest("bat")
        checked.attest("jq")
        checked()
        for name in NAMES:
            checked.attestations.fail(checked.bottle(name).digest, DOWN)

        assert counts(checked()) == (2, 0, 0, 1)

    def test_an_answer_that_cannot_be_read_spoils_no_other(
        self, checked: Checked
    ) -> None:
        checked.attest("jq")
        unreadable = MalformedError("attestations of bat", "no JSON")
        checked.attestations.fail(checked.bottle("bat").digest, unreadable)

        report = checked()

        assert counts(report) == (1, 1, 0, 1)
        assert report.ended is None
        assert "not checked: attestations of bat: no JSON" in checked.notes

    def test_who_is_stopped_asks_nobody(self, checked: Checked) -> None:
        checked.stop.set()

        report = checked()

        assert counts(report) == (0, 0, 0, 3)
        assert report.ended == "interrupted"
        assert checked.attestations.asked == []
