"""What the mirror raises on purpose, and what the domain itself raises."""

from __future__ import annotations


class MirrorError(Exception):
    """The root of every error that is raised on purpose.

    May be pickled, whatever a kind of it is made from.
    """

    def __reduce__(self) -> tuple[object, ...]:
        return _made_again, (type(self), self.args), self.__dict__


def _made_again(kind: type[MirrorError], args: tuple[object, ...]) -> MirrorError:
    """Return an error as it was, without what made it: that may take other things."""
    return kind.__new__(kind, *args)


class InvalidValueError(MirrorError, ValueError):
    """A value object was handed something that it cannot be.

    Attributes:
        what: The kind of value that was wanted.
        value: What was given instead.
        wanted: What would have been right, as a phrase.
    """

    def __init__(self, what: str, value: object, wanted: str) -> None:
        super().__init__(what, value, wanted)
        self.what = what
        self.value = value
        self.wanted = wanted

    def __str__(self) -> str:
        return f"{self.what}: {self.value!r} is not {self.wanted}"


class DigestMismatchError(MirrorError):
    """Bytes are not what they were called.

    Attributes:
        name: What was being read.
        expected: The SHA-256 that was promised, in hex.
        found: The SHA-256 of the bytes that came, in hex.
    """

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(name, expected, found)
        self.name = name
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"{self.name}: sha256 is {self.found}, not {self.expected} as promised"


class SelectionError(MirrorError):
    """What the user asked for is not in the catalog.

    Attributes:
        problems: One sentence for each name that was not found.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(self.problems)


class LedgerDamagedError(MirrorError):
    """The log does not say what an undamaged log would say.

    Attributes:
        seq: The commit at which the damage shows.
        damage: What is wrong with it.
    """

    def __init__(self, seq: int, damage: str) -> None:
        super().__init__(seq, damage)
        self.seq = seq
        self.damage = damage

    def __str__(self) -> str:
        return f"the ledger is damaged at commit {self.seq}: {self.damage}"


class OutdatedLedgerError(LedgerDamagedError):
    """The log has lost for good what a ledger was folded from: fold it anew."""
