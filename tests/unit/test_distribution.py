from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

# The rooms have names that other distributions on PyPI have, too. One of those in the
# same environment shadows our room, or is overwritten by it, without a word.
ROOMS = ("domain", "ports", "application", "adapters", "entrypoints")


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_distribution_brings_a_room(room: str) -> None:
    owners = set(packages_distributions().get(room, ()))

    foreign = owners - {"homebrew-bottles-sync"}
    assert not foreign, f"{foreign} has a package {room!r}, too: make clean venv"


def test_all_rooms_come_from_one_place() -> None:
    places = {room: _place(room) for room in ROOMS}

    assert len(set(places.values())) == 1, places


def _place(room: str) -> Path | None:
    spec = find_spec(room)
    assert spec, f"{room} cannot be imported"
    # A folder without __init__.py has no origin: it is no room of ours.
    return Path(spec.origin).parent.parent if spec.origin else None
