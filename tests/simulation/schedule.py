"""One schedule: a world, those who live in it, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from domain.errors import LedgerDamagedError, MirrorError
from domain.words import RunKind
from ports.errors import NotOurStoreError, RefusedError, UnavailableError
from tests.fake_s3.bucket import Bucket
from tests.simulation import harms, roles
from tests.simulation.faults import FAIR, Weather, any_weather
from tests.simulation.judge import Judge
from tests.simulation.judged import JudgedBucket
from tests.simulation.one_at_a_time import one_at_a_time
from tests.simulation.process import Process, Upstream
from tests.simulation.roles import Role
from tests.simulation.world import Crashed, World

_WRITERS = (1, 1, 2, 2, 2, 3, 3, 4, 6)
_LIARS = 0.15
_MOST_EVENTS = 40_000
_MINUTES_LATER = 2400.0  # seconds: a run that is silent for so long is dead


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a schedule ended.

    Attributes:
        violations: What was found wrong, the first thing first.
        faults: How often each of them struck, by its name.
        trace: What happened, a line each, if that was asked for.
    """

    seed: int
    violations: tuple[str, ...]
    commits: int
    requests: int
    faults: Counter[str] = field(default_factory=Counter)
    trace: tuple[str, ...] = ()


def simulate(seed: int, *, traced: bool = False) -> Outcome:
    """Return how the schedule of a seed goes; each time the same."""
    with one_at_a_time():
        return _Schedule(seed, traced=traced).run()


class _Schedule:
    def __init__(self, seed: int, *, traced: bool) -> None:
        self._seed = seed
        self._world = world = World(seed, traced=traced)
        random = world.random
        page = random.choice((3, 3, 1000))
        bucket = Bucket(versioning=random.random() < 0.5, page_size=page)
        self._judge = Judge(world, bucket)
        self._bucket = JudgedBucket(world, bucket, self._judge)
        self._upstream = Upstream(random.randint(2, 4))
        self._weather = any_weather(random)
        self._kind: RunKind = random.choice(("cloud", "local"))
        self._processes: list[Process] = []
        self._faults: Counter[str] = Counter()

    def run(self) -> Outcome:
        """Let it happen."""
        self._people()
        self._troubles()
        ended = self._world.run(_MOST_EVENTS)
        if ended and not self._judge.violations:
            harms.heal(self._judge)
            self._world.after(_MINUTES_LATER, self._conclude)
            ended = self._world.run(_MOST_EVENTS)
        if not ended and not self._judge.violations:
            self._judge.violated("it never ends")
        for process in self._processes:
            for fault, times in process.line.faults.items():
                self._faults[fault.value] += times
        return Outcome(
            seed=self._seed,
            violations=tuple(self._judge.violations),
            commits=len(self._judge.commits),
            requests=sum(process.line.methods.total() for process in self._processes),
            faults=self._faults,
            trace=tuple(self._world.trace or ()),
        )

    def _people(self) -> None:
        random, world = self._world.random, self._world
        together = random.random() < 0.3
        for number in range(random.choice(_WRITERS)):
            begin = 0.0 if together else 80.0 * random.random()
            delivery = world.new_id() if random.random() < 0.15 else None
            role: Role = partial(roles.sync, delivery=delivery)
            self._send(f"sync{number}", role, begin)
            if delivery is not None:
                self._faults["delivered twice"] += 1
                self._send(f"twin{number}", role, begin + random.random())
        others: dict[str, tuple[Role, float]] = {
            "verify": (roles.verify, 0.4),
            "rebuild": (roles.rebuild, 0.2),
            "watch": (roles.watch, 0.2),
        }
        for name, (role, share) in others.items():
            if random.random() < share:
                self._send(name, role, 80.0 * random.random())

    def _troubles(self) -> None:
        random, judge = self._world.random, self._judge
        happen: dict[str, tuple[float, Callable[[], None]]] = {
            "SIGTERM to all": (0.15, self._stop_all),
            "bottle harmed": (0.35, lambda: harms.harm_bottle(judge, random)),
            "bottle harmed again": (0.35, lambda: harms.harm_bottle(judge, random)),
            "hash file harmed": (0.35, lambda: harms.harm_hash_file(judge, random)),
        }
        for name, (share, trouble) in happen.items():
            if random.random() < share:
                self._faults[name] += 1
                self._world.after(20.0 + 100.0 * random.random(), trouble)
        if random.random() < _LIARS:
            self._faults["hash file lies"] += 1
            for when in (15.0, 35.0, 55.0, 75.0):
                self._world.after(when, lambda: harms.lie(judge, random))
            self._world.after(90.0, lambda: harms.heal(judge))

    def _stop_all(self) -> None:
        self._world.say("SIGTERM", "to all")
        for process in self._processes:
            process.stop.set()

    def _conclude(self) -> None:
        self._begin("the last", roles.conclude, FAIR)

    def _send(self, name: str, role: Role, delay: float) -> None:
        self._world.after(delay, lambda: self._begin(name, role, self._weather))

    def _begin(self, name: str, role: Role, weather: Weather) -> None:
        process = Process(name, self._bucket, self._upstream, weather, self._kind)
        self._processes.append(process)
        self._world.spawn(lambda: self._live(process, role))

    def _live(self, process: Process, role: Role) -> None:
        say = partial(self._world.say, process.name)
        say("begins")
        try:
            role(process)
        except Crashed:
            say("is killed")
            random = self._world.random
            if not self._world.stopped and random.random() < 0.5:
                self._faults["restart"] += 1
                self._send(f"{process.name}'", role, 2.0 + 40.0 * random.random())
        except MirrorError as error:
            say(f"stops: {error}")
            if not self._may_stop(process, error):
                self._judge.violated(f"{process.name} stops: {error!r}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not be
            self._judge.violated(f"{process.name} fails: {error!r}")
        else:
            say("ends")

    def _may_stop(self, process: Process, error: MirrorError) -> bool:
        if process.name == "the last":
            return False
        match error:
            case LedgerDamagedError():
                return process.line.misled
            case NotOurStoreError():
                return False
            case RefusedError():
                return process.line.refused
            case UnavailableError():
                return bool(process.line.faults)
            case _:
                return False
