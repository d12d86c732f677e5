from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from application.smoke_mirror import SmokeMirror, Trial
from domain.bottle import Bottle, Digest
from domain.catalog import Skipped
from domain.packages import Packages
from domain.tags import Tag
from domain.views import View
from ports.errors import (
    NotFoundError,
    PortError,
    UnavailableError,
    UntrustedError,
    WrongDigestError,
)
from ports.mirror_client import DocumentAnswer, IndexChild, MirrorClient
from tests.support.catalogs import make_bottle

CLIENT = Tag("arm64_sonoma")
MADE = datetime(2026, 11, 22, 3, tzinfo=UTC)
RUBY = make_bottle("portable-ruby", "4.0.6", "arm64_big_sur")
JQ = make_bottle("jq", "1.8.1", rebuild=1)
OPENSSL = make_bottle("openssl@3", "3.6.3")
GOOD = DocumentAnswer(
    url="https://mirror.test/api/x.jws.json",
    size=1_000,
    modified=MADE + timedelta(hours=1),
    compressed=True,
    unchanged=True,
)


@dataclass
class StandInMirror(MirrorClient):
    """A mirror that has what it offers, but for what a test takes from it.

    Attributes:
        failures: What is raised in place of an answer, by what is asked for.
        announced: What HEAD says of every bottle.
        asked: What was asked for, in its order.
    """

    offered: Packages
    answer: DocumentAnswer = GOOD
    failures: dict[str, PortError] = field(default_factory=dict)
    children: dict[str, Sequence[IndexChild]] = field(default_factory=dict)
    announced: int | None = None
    asked: list[str] = field(default_factory=list)

    def packages(self, client: Tag) -> tuple[Packages, DocumentAnswer]:
        assert client == CLIENT
        self._ask("packages")
        return self.offered, self.answer

    def formulae(self) -> DocumentAnswer:
        self._ask("formulae")
        return self.answer

    def index(self, bottle: Bottle, view: View) -> Sequence[IndexChild]:
        self._ask(f"{view} index of {bottle.name}")
        own = IndexChild(bottle.digest, bottle.ref_name, 100)
        return self.children.get(bottle.name, (own,))

    def announced_size(self, bottle: Bottle, view: View) -> int | None:
        self._ask(f"{view} head of {bottle.name}")
        return self.announced

    def fetch(self, bottle: Bottle, view: View) -> int:
        self._ask(f"{view} bytes of {bottle.name}")
        return 100

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.failures:
            raise self.failures[what]


def offering(*bottles: Bottle, aliases: dict[str, str] | None = None) -> StandInMirror:
    by_name = {bottle.name: bottle for bottle in (RUBY, *bottles)}
    return StandInMirror(Packages(CLIENT, MADE, by_name, aliases or {}))


def smoke(
    mirror: StandInMirror, *names: str, view: View = "registry"
) -> dict[str, Trial]:
    trials = list(SmokeMirror(mirror)(CLIENT, view, names))
    return {trial.name: trial for trial in trials}


def states(trials: dict[str, Trial]) -> set[str]:
    return {trial.state for trial in trials.values()}


def test_asks_in_the_order_of_brew_and_all_is_well() -> None:
    mirror = offering(JQ)
    assert states(smoke(mirror, "jq")) == {"ok"}
    assert mirror.asked == [
        "packages",
        "formulae",
        "registry bytes of portable-ruby",
        "registry index of jq",
        "registry head of jq",
        "registry bytes of jq",
    ]


def test_each_view_is_asked_in_its_own_way() -> None:
    mirror = offering(JQ)
    mirror.announced = 100
    assert states(smoke(mirror, "jq", view="flat")) == {"ok"}
    assert "flat bytes of jq" in mirror.asked


def test_a_mirror_whose_packages_fail_is_asked_for_nothing_else() -> None:
    for error in (
        UnavailableError("x", "nobody answers"),
        UntrustedError("x", "the signature is not good"),
    ):
        mirror = offering(JQ)
        mirror.failures["packages"] = error
        (trial,) = smoke(mirror, "jq").values()
        assert (trial.state, trial.error) == ("fail", error)
        assert mirror.asked == ["packages"]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NotFoundError("x", "it answers 404"), "warn"),
        (UntrustedError("x", "the signature is not good"), "fail"),
    ],
)
def test_what_old_brews_read_may_lack_but_not_be_wrong(
    error: PortError, state: str
) -> None:
    mirror = offering(JQ)
    mirror.failures["formulae"] = error
    trials = smoke(mirror, "jq")
    assert trials["formulae"].state == state
    assert trials["jq"].state == "ok"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (replace(GOOD, compressed=False), "without compression"),
        (replace(GOOD, modified=None), "no Last-Modified"),
        (replace(GOOD, unchanged=False), "If-Modified-Since is not minded"),
        (replace(GOOD, modified=MADE - timedelta(hours=1)), "was made at"),
    ],
)
def test_headers_that_cost_clients_something_are_warned_of(
    answer: DocumentAnswer, said: str
) -> None:
    mirror = offering(JQ)
    mirror.answer = answer
    trial = smoke(mirror, "jq")["packages"]
    assert trial.state == "warn"
    assert said in trial.detail


def test_entries_that_were_refused_are_warned_of() -> None:
    mirror = offering(JQ)
    mirror.offered = replace(mirror.offered, skipped=(Skipped("bad", "no digest"),))
    trial = smoke(mirror, "jq")["packages"]
    assert trial.state == "warn"
    assert "bad: no digest" in trial.detail


def test_an_index_that_is_not_there_fails_the_formula_and_the_bottle_is_tried() -> None:
    mirror = offering(JQ)
    error = NotFoundError("the index", "it answers 404")
    mirror.failures["registry index of jq"] = error
    trial = smoke(mirror, "jq")["jq"]
    assert (trial.state, trial.error) == ("fail", error)
    assert mirror.asked[-1] == "registry bytes of jq"


def test_an_index_must_name_the_digest_of_the_api_as_brew_calls_it() -> None:
    mirror = offering(JQ)
    other = IndexChild(Digest("0" * 64), JQ.ref_name)
    mirror.children["jq"] = (other,)
    assert "does not name sha256" in smoke(mirror, "jq")["jq"].detail

    stale = IndexChild(JQ.digest, "1.8.1.arm64_sonoma")
    mirror.children["jq"] = (other, stale)
    trial = smoke(mirror, "jq")["jq"]
    assert trial.state == "fail"
    assert "calls it 1.8.1.arm64_sonoma, and brew 1.8.1.arm64_sonoma.1" in trial.detail

    steering = IndexChild(JQ.digest, "\x1b[2J\nok  jq")
    mirror.children["jq"] = (steering,)
    assert r"calls it '\x1b[2J\nok  jq', and" in smoke(mirror, "jq")["jq"].detail

    # One digest under several tags.
    mirror.children["jq"] = (stale, IndexChild(JQ.digest, JQ.ref_name))
    assert smoke(mirror, "jq")["jq"].state == "ok"


def test_wrong_bytes_fail_the_formula() -> None:
    mirror = offering(JQ, OPENSSL)
    error = WrongDigestError("jq", "other bytes")
    mirror.failures["registry bytes of jq"] = error
    trials = smoke(mirror, "jq", "openssl@3")
    assert (trials["jq"].state, trials["jq"].error) == ("fail", error)
    assert trials["openssl@3"].state == "ok"


def test_a_size_that_is_announced_must_be_the_size_that_comes() -> None:
    mirror = offering(JQ)
    mirror.announced = 99
    trial = smoke(mirror, "jq", view="flat")["jq"]
    assert trial.state == "fail"
    assert "HEAD says 99 bytes, and 100 came" in trial.detail


def test_a_formula_without_a_bottle_for_the_client_fails() -> None:
    trial = smoke(offering(JQ), "mas")["mas"]
    assert trial.state == "fail"
    assert "no bottle of it for arm64_sonoma" in trial.detail


def test_an_alias_means_its_formula() -> None:
    mirror = offering(OPENSSL, aliases={"openssl": "openssl@3"})
    assert smoke(mirror, "openssl")["openssl"].state == "ok"
    assert "registry bytes of openssl@3" in mirror.asked


def test_what_brew_runs_on_is_always_tried() -> None:
    mirror = offering(JQ)
    mirror.failures["registry bytes of portable-ruby"] = NotFoundError("x", "404")
    assert smoke(mirror, "jq")["portable-ruby"].state == "fail"

    mirror = StandInMirror(Packages(CLIENT, MADE, {"jq": JQ}, {}))
    assert smoke(mirror, "jq")["portable-ruby"].state == "warn"


def test_without_names_one_of_each_kind_is_chosen_and_said() -> None:
    mirror = offering(
        make_bottle("atk"),
        make_bottle("bat"),
        OPENSSL,
        make_bottle("gtk+3"),
        make_bottle("ca-certificates", tag="all"),
        JQ,
        make_bottle("old", tag="arm64_ventura"),
    )
    trials = smoke(mirror)
    chosen = ["atk", "openssl@3", "gtk+3", "ca-certificates", "jq", "old"]
    assert list(trials) == ["packages", "formulae", "choice", "portable-ruby", *chosen]
    assert trials["choice"].detail.startswith(", ".join(chosen))
    assert states(trials) == {"ok"}


def test_what_is_large_is_not_chosen() -> None:
    large, small = make_bottle("atk"), make_bottle("bat")
    mirror = offering(large, small)
    mirror.children["atk"] = (
        IndexChild(Digest("0" * 64), "other", 1),
        IndexChild(large.digest, large.ref_name, 600_000_000),
    )
    assert "bat" in smoke(mirror)
    assert "registry bytes of atk" not in mirror.asked
    assert states(smoke(mirror, "atk")) == {"ok"}


def test_what_cannot_be_judged_is_chosen_and_fails_by_itself() -> None:
    mirror = offering(JQ)
    mirror.failures["registry index of jq"] = NotFoundError("x", "404")
    assert smoke(mirror)["jq"].state == "fail"
