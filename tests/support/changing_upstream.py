"""An upstream whose catalog changes: versions, rebuilds, formulae that come and go."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from itertools import count
from random import Random

from domain.bottle import Bottle, BottleKey, Digest
from tests.standin.catalog import Formula, formula
from tests.standin.recipes import Recipe, ordinary_recipe
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.offers import offered_bottles

TAGS = ("arm64_sequoia", "arm64_sonoma")
DAY = 24 * 60 * 60  # seconds
# Of so many one may be dropped without the catalog being disbelieved.
_FORMULAE = 24
_BOTTLE = 1_500  # bytes
_NOON = 1_790_000_000  # Unix seconds


class ChangingUpstream(Upstream):
    """Formulae of two tags, each time others.

    Attributes:
        digests: Of every bottle that was ever on offer, in the order of the offers.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count()
        self._recipes: dict[str, Recipe] = {}
        self._again: defaultdict[str, int] = defaultdict(int)
        self.digests: defaultdict[BottleKey, list[Digest]] = defaultdict(list)
        for number in range(_FORMULAE):
            self._found(TAGS if number % 3 else TAGS[1:])
        super().__init__(self._catalog(), sizes=fixed(_BOTTLE), clock=lambda: _NOON)
        self._remember()

    def change(self, day: int) -> str:
        """Publish the catalog of a later day, and return what a version changed of."""
        # Those that wait for a tag get nothing but that.
        full = [name for name, one in self._recipes.items() if one.tags == TAGS]
        some = self._random.sample(sorted(full), 9)
        for name in some[:4]:
            self._renew(name, version=f"{day + 100}.0", revision=0, rebuild=0)
        # Both of them are built again, and only one is called otherwise for it.
        for name in some[4:7]:
            self._again[name] += 1
        rebuilt = self._recipes[some[7]]
        self._renew(rebuilt.name, rebuild=rebuilt.rebuild + 1)
        for name, recipe in self._recipes.items():
            if recipe.tags != TAGS:
                self._renew(name, tags=TAGS)
                break
        del self._recipes[some[8]]
        self._found(TAGS[1:])
        self.publish(self._catalog(), published_at=_NOON + day * DAY)
        self._remember()
        return some[0]

    def _found(self, tags: tuple[str, ...]) -> None:
        recipe = ordinary_recipe(next(self._numbers), tags)
        self._recipes[recipe.name] = recipe

    def _renew(self, name: str, **changes: object) -> None:
        self._recipes[name] = replace(self._recipes[name], **changes)  # type: ignore[arg-type]

    def _catalog(self) -> list[Formula]:
        return [
            _built_again(formula(recipe), self._again[name])
            for name, recipe in sorted(self._recipes.items())
        ]

    def _remember(self) -> None:
        for name in self._recipes:
            for bottle in offered_bottles(self, name):
                self._offered(bottle)

    def _offered(self, bottle: Bottle) -> None:
        known = self.digests[bottle.key]
        if bottle.digest not in known:
            known.append(bottle.digest)


def _built_again(made: Formula, times: int) -> Formula:
    """Return a formula whose bottles have other bytes, and the names they had."""
    if times:
        for file in made["bottle"]["stable"]["files"].values():
            old = file["sha256"]
            new = hashlib.sha256(f"{old} {times}".encode()).hexdigest()
            file["sha256"], file["url"] = new, file["url"].replace(old, new)
    return made
