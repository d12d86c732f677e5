"""What may become of a call to a store, other than that it goes well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NoReturn, TypeAlias

from adapters.ledger.layout import COMMITS
from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import (
    ConflictError,
    MalformedError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    StoreFullError,
    UnavailableError,
)
from ports.store import ObjectInfo, StoredObject
from tests.support.catalogs import select
from tests.support.mirror import Mirror, Process
from tests.support.stricken import Blow, Carry
from tests.support.stricken_mirror import StrickenMirror
from tests.support.watched import Call, is_a

BOTH = select("arm64_sonoma", "sonoma")
_LEAVE_DOUBT = {"create", "replace", "put"}


@dataclass(frozen=True, slots=True)
class Scene:
    """Where it happens.

    Attributes:
        process: The one that it happens to.
        blows: What was to happen so far.
    """

    mirror: StrickenMirror
    process: Process
    blows: list[Blow]

    def strike(
        self,
        happening: Happening,
        meant: Callable[[Call], bool],
        at: int = 1,
        *,
        lasting: bool = False,
    ) -> None:
        """Have it happen at some of the calls."""
        blow = Blow(
            lambda call, carry: happening(self, call, carry), meant, at, lasting
        )
        self.blows.append(blow)
        self.mirror.disk.strike(blow)


Happening: TypeAlias = Callable[[Scene, Call, Carry], object]
"""What becomes of a call: returns its answer, or raises in the place of one."""


def lost(_: Scene, call: Call, _carry: Carry) -> NoReturn:
    """It never arrives."""
    raise _no_answer(call)


def landed(_: Scene, call: Call, carry: Carry) -> NoReturn:
    """It is carried out, and the answer is lost."""
    carry()
    raise _no_answer(call)


def late(scene: Scene, call: Call, carry: Carry) -> NoReturn:
    """The process dies, and the next one is overtaken by what this one wanted."""
    scene.mirror.disk.delay(call, carry)
    scene.process.watch.kill()


def unavailable(_: Scene, call: Call, _carry: Carry) -> NoReturn:
    """It is turned away for now."""
    raise UnavailableError(_name(call), "slow down")


def damaged_on_the_way(_: Scene, call: Call, _carry: Carry) -> NoReturn:
    """Its bytes are not those that it says it has; nothing is written."""
    raise UnavailableError(_name(call), "the digest you said is not what came")


def refused(_: Scene, call: Call, _carry: Carry) -> NoReturn:
    """It is turned away for good."""
    raise RefusedError(_name(call), "permission denied")


def full(_: Scene, call: Call, _carry: Carry) -> NoReturn:
    """There is no room."""
    raise StoreFullError(_name(call), "no space left on device")


def killed_before(scene: Scene, _: Call, _carry: Carry) -> NoReturn:
    """The process dies before it asks."""
    scene.process.watch.kill()


def killed_after(scene: Scene, _: Call, carry: Carry) -> NoReturn:
    """The process dies before it hears the answer."""
    carry()
    scene.process.watch.kill()


def conflict_with_its_own(_: Scene, call: Call, carry: Carry) -> NoReturn:
    """It was sent twice, and the second is answered."""
    carry()
    raise ConflictError(_name(call), "there is an object already")


def conflict_with_nobody(_: Scene, call: Call, _carry: Carry) -> NoReturn:
    """It is turned away, and there is nothing."""
    raise ConflictError(_name(call), "a conflicting request is under way")


def conflict_with_a_stranger(scene: Scene, call: Call, carry: Carry) -> object:
    """Somebody has put other bytes there."""
    scene.mirror.put_a_stranger(ObjectKey(call.key))
    return carry()


def another_first(scene: Scene, _: Call, carry: Carry) -> object:
    """Another process does all there is to do first."""
    scene.mirror.sync(BOTH)
    return carry()


def answered_before_another(scene: Scene, _: Call, carry: Carry) -> object:
    """Another process does all there is to do while the answer is on its way."""
    answer = carry()
    scene.mirror.sync(BOTH)
    return answer


def own_conflict_and_no_answer(scene: Scene, call: Call, carry: Carry) -> NoReturn:
    """It was sent twice; and who asks whose it is gets no answer at first."""
    scene.strike(unavailable, lambda get: get == Call("get", call.key))
    conflict_with_its_own(scene, call, carry)


def another_first_and_no_list(scene: Scene, _: Call, carry: Carry) -> object:
    """Another process is first; and who reads on gets no answer."""
    scene.mirror.sync(BOTH)
    scene.strike(unavailable, is_a("list"))
    return carry()


def done_before(_: Scene, _call: Call, carry: Carry) -> object:
    """It was sent twice, and both are carried out."""
    carry()
    return carry()


def not_there(_: Scene, call: Call, _carry: Carry) -> NoReturn:
    """There is no such object."""
    raise NotFoundError(_name(call), "there is no such object")


def of_another_ledger(_: Scene, _call: Call, carry: Carry) -> StoredObject:
    """It is the hash file of another mirror."""
    there: StoredObject = carry()
    return StoredObject(_another_hash_file(), there.version)


def cut_short(_: Scene, _call: Call, carry: Carry) -> StoredObject:
    """Half of it comes."""
    there: StoredObject = carry()
    return StoredObject(there.body[: len(there.body) // 2], there.version)


def broken_off(_: Scene, call: Call, carry: Carry) -> Iterator[ObjectInfo]:
    """Some is listed, and then the line goes dead."""
    yield next(iter(carry()))
    raise _no_answer(call)


def one_left_out(_: Scene, _call: Call, carry: Carry) -> tuple[ObjectInfo, ...]:
    """One is not listed, and what comes before and after it is."""
    first, _left_out, *others = carry()
    return (first, *others)


def last_left_out(_: Scene, _call: Call, carry: Carry) -> tuple[ObjectInfo, ...]:
    """The last one is not listed."""
    listed: tuple[ObjectInfo, ...] = carry()
    return listed[:-1]


def a_stranger_listed(_: Scene, _call: Call, carry: Carry) -> tuple[ObjectInfo, ...]:
    """There is one with a name that nobody would give it."""
    return (*carry(), ObjectInfo(ObjectKey(f"{COMMITS}notes.txt"), 1))


def not_understood(_: Scene, call: Call, _carry: Carry) -> NoReturn:
    """The answer is not one that a store gives."""
    raise MalformedError(_name(call), "is this an S3 server?")


def done_and_not_understood(scene: Scene, call: Call, carry: Carry) -> NoReturn:
    """It is carried out, and the answer is not one that a store gives."""
    carry()
    not_understood(scene, call, carry)


def other_bytes(_: Scene, call: Call, _carry: Carry) -> NoReturn:
    """The bytes that came are not those of the digest; nothing is written."""
    raise DigestMismatchError(call.key, Digest("a" * 64), Digest("b" * 64))


def _no_answer(call: Call) -> PortError:
    kind = OutcomeUnknownError if call.what in _LEAVE_DOUBT else UnavailableError
    return kind(_name(call), "connection reset")


def _name(call: Call) -> str:
    return f"{call.what} {call.key}"


@cache
def _another_hash_file() -> bytes:
    another = Mirror()
    # The first one is the ledger's: now it is not the same as in every mirror.
    another.new_id()
    another.offer("jq")
    another.sync()
    return another.hash_file()
