from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.attestation import (
    BACKFILL,
    HOMEBREW,
    PROVENANCE,
    Attestation,
    Source,
    Subject,
    judged,
    kept_key,
    local_name,
    objection,
)
from domain.bottle import Bottle
from tests.support.catalogs import digest_of, make_bottle

JQ = make_bottle("jq", "1.8.1", rebuild=2)
JQ_NAME = "jq--1.8.1.arm64_sonoma.bottle.2.tar.gz"
FOR_ALL = make_bottle("ca-certificates", "2026-08-01", "all")


def attestation(
    bottle: Bottle, *names: str, source: Source = HOMEBREW, workflow: str = "tests.yml"
) -> Attestation:
    return Attestation(
        source=source,
        workflow=f"{source.workflows}{workflow}@refs/heads/main",
        signed_before=datetime(2024, 3, 1, tzinfo=UTC),
        predicate=PROVENANCE,
        subjects=tuple(
            Subject(name, bottle.digest) for name in names or [local_name(bottle)]
        ),
    )


def backfilled(bottle: Bottle, image: str) -> Attestation:
    url = f"https://ghcr.io/v2/homebrew/core/{image}/blobs/sha256:{bottle.digest}"
    name = f"{hashlib.sha256(url.encode()).hexdigest()}--{local_name(bottle)}"
    return attestation(bottle, name, source=BACKFILL, workflow="backfill.yml")


class TestNames:
    def test_builders_put_two_dashes_between_name_and_version(self) -> None:
        assert local_name(JQ) == JQ_NAME
        assert (
            local_name(make_bottle("openssl@3", "3.6.3_1", "x86_64_linux"))
            == "openssl@3--3.6.3_1.x86_64_linux.bottle.tar.gz"
        )

    def test_the_bottles_own_name_and_digest_speak_for_it(self) -> None:
        assert objection(attestation(JQ, JQ_NAME), JQ) is None

    def test_one_of_several_subjects_is_enough(self) -> None:
        others = (
            "jq--1.8.1.sonoma.bottle.2.tar.gz",
            "jq--1.8.1.arm64_linux.bottle.tar.gz",
        )

        assert objection(attestation(JQ, *others, JQ_NAME), JQ) is None

    @pytest.mark.parametrize(
        "name",
        [
            "jq--1.8.1.arm64_sonoma.bottle.tar.gz",
            "jq--1.8.1.arm64_tahoe.bottle.2.tar.gz",
            "jq-1.8.1.arm64_sonoma.bottle.2.tar.gz",
            "bat--1.8.1.arm64_sonoma.bottle.2.tar.gz",
            f"{JQ_NAME}.sig",
            "",
        ],
    )
    def test_the_name_of_another_bottle_does_not(self, name: str) -> None:
        told = objection(attestation(JQ, name), JQ)

        assert told == f"it calls these bytes {name!r}, and not {JQ_NAME}"

    def test_the_right_name_of_other_bytes_does_not(self) -> None:
        wrong = replace(
            attestation(JQ),
            subjects=(
                Subject(JQ_NAME, digest_of("other bytes")),
                Subject("bat--1.0.sonoma.bottle.tar.gz", digest_of("more")),
            ),
        )

        assert objection(wrong, JQ) == "it speaks of other digests than the bottle's"

    def test_name_and_digest_have_to_be_of_one_subject(self) -> None:
        mixed = replace(
            attestation(JQ),
            subjects=(
                Subject(JQ_NAME, digest_of("other bytes")),
                Subject("bat--1.0.sonoma.bottle.tar.gz", JQ.digest),
            ),
        )

        assert objection(mixed, JQ) is not None

    def test_what_a_stranger_wrote_is_cut_and_cannot_move_the_cursor(self) -> None:
        told = objection(attestation(JQ, "\x1b[2J" + "x" * 10_000), JQ)

        assert told is not None
        assert "\x1b" not in told
        assert len(told) < 400


class TestBottlesForAllTags:
    @pytest.mark.parametrize(
        "name",
        [
            "ca-certificates--2026-08-01.arm64_tahoe.bottle.tar.gz",
            "ca-certificates--2026-08-01.x86_64_linux.bottle.1.tar.gz",
            "ca-certificates--2026-08-01.all.bottle.tar.gz",
        ],
    )
    def test_what_was_attested_under_a_single_tag_speaks_for_them(
        self, name: str
    ) -> None:
        assert objection(attestation(FOR_ALL, name), FOR_ALL) is None

    @pytest.mark.parametrize(
        "name",
        [
            "ca-certificates--2026-08-01_1.arm64_tahoe.bottle.tar.gz",
            "ca-certificates--2026-08-011.arm64_tahoe.bottle.tar.gz",
            "ca-certificates--2026-08-02.arm64_tahoe.bottle.tar.gz",
            "certificates--2026-08-01.arm64_tahoe.bottle.tar.gz",
        ],
    )
    def test_another_version_or_name_does_not(self, name: str) -> None:
        assert objection(attestation(FOR_ALL, name), FOR_ALL) is not None

    def test_the_prefix_is_not_enough_where_the_tag_is_known(self) -> None:
        named = attestation(JQ, "jq--1.8.1.all.bottle.2.tar.gz")

        assert objection(named, JQ) is not None


class TestSigners:
    @pytest.mark.parametrize(
        "workflow",
        [
            "https://github.com/Homebrew/homebrew-cask/.github/workflows/tests.yml@main",
            "https://github.com/Homebrew/homebrew-core-evil/.github/workflows/a.yml@m",
            "https://github.com/Homebrew/homebrew-core/tests.yml@refs/heads/main",
            "http://github.com/Homebrew/homebrew-core/.github/workflows/tests.yml@main",
        ],
    )
    def test_no_workflow_of_another_repository_counts(self, workflow: str) -> None:
        told = objection(replace(attestation(JQ), workflow=workflow), JQ)

        assert told == (
            f"{workflow!r} signed it, which is no workflow of Homebrew/homebrew-core"
        )

    def test_any_workflow_of_homebrew_core_counts(self) -> None:
        for workflow in ("publish-commit-bottles.yml", "dispatch-rebottle.yml"):
            assert objection(attestation(JQ, workflow=workflow), JQ) is None


class TestBackfill:
    def test_its_subjects_begin_with_the_digest_of_the_first_address(self) -> None:
        assert objection(backfilled(JQ, "jq"), JQ) is None
        openssl = make_bottle("openssl@3", "3.2.0")
        assert objection(backfilled(openssl, "openssl/3"), openssl) is None
        gtk = make_bottle("gtk+3", "3.24.41")
        assert objection(backfilled(gtk, "gtkx3"), gtk) is None

    def test_its_own_name_alone_is_not_enough(self) -> None:
        assert objection(attestation(JQ, source=BACKFILL), JQ) is not None

    def test_homebrew_core_does_not_name_subjects_so(self) -> None:
        name = backfilled(JQ, "jq").subjects[0].name

        assert objection(attestation(JQ, name), JQ) is not None

    def test_a_prefix_is_not_enough_for_all_tags_either(self) -> None:
        single = "ca-certificates--2026-08-01.arm64_tahoe.bottle.tar.gz"

        assert objection(attestation(FOR_ALL, single, source=BACKFILL), FOR_ALL)
        assert objection(backfilled(FOR_ALL, "ca-certificates"), FOR_ALL) is None

    def test_what_was_signed_after_the_work_was_done_does_not_count(self) -> None:
        end = datetime(2024, 3, 14, tzinfo=UTC)
        good = backfilled(JQ, "jq")

        assert objection(replace(good, signed_before=end), JQ) is None
        late = replace(good, signed_before=end + timedelta(seconds=1))
        told = objection(late, JQ)
        assert told is not None
        assert "after 2024-03-14" in told

    def test_homebrew_core_signs_for_ever(self) -> None:
        now = replace(attestation(JQ), signed_before=datetime(2099, 1, 1, tzinfo=UTC))

        assert objection(now, JQ) is None


class TestVerdicts:
    def test_one_good_attestation_is_enough(self) -> None:
        other = attestation(JQ, "bat--1.0.sonoma.bottle.tar.gz")

        found = judged(JQ, [other, attestation(JQ)], ["a bad signature"])

        assert (found.verdict, found.reason) == ("verified", "")

    def test_none_at_all_is_missing_and_not_invalid(self) -> None:
        assert judged(JQ, [], []).verdict == "missing"

    def test_a_bad_one_is_invalid_and_the_reason_is_told(self) -> None:
        assert judged(JQ, [], ["a bad signature"]).reason == "a bad signature"
        named = attestation(JQ, "bat--1.0.sonoma.bottle.tar.gz")
        found = judged(JQ, [named], ["a bad signature"])
        assert found.verdict == "invalid"
        assert "bat--1.0" in found.reason

    def test_other_kinds_of_statement_are_as_if_they_were_not(self) -> None:
        release = replace(
            attestation(JQ), predicate="https://in-toto.io/attestation/release/v0.2"
        )

        assert judged(JQ, [release], []).verdict == "missing"
        assert objection(release, JQ) is not None


def test_attestations_are_kept_under_the_digest_of_the_bytes() -> None:
    assert kept_key(JQ.digest) == f"attestations/sha256:{JQ.digest}.jsonl"
