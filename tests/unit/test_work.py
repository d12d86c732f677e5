import pytest

from domain.bottle import ObjectKey
from domain.errors import InvalidValueError
from domain.work import GB, Load, Work, split
from tests.support.catalogs import digest_of, make_bottle

HERE = ObjectKey("2026-08-22/here")


def load(size: int | None, name: str = "jq", source: ObjectKey | None = None) -> Load:
    bottle = make_bottle(name)
    return Load(bottle.digest, size, (bottle,), source)


class TestLoad:
    def test_has_at_least_one_bottle(self) -> None:
        with pytest.raises(InvalidValueError, match="one or more"):
            Load(digest_of(""), 1, ())

    def test_is_of_one_digest(self) -> None:
        with pytest.raises(InvalidValueError, match="the digest of every one"):
            Load(digest_of("another"), 1, (make_bottle(),))

    def test_has_its_bottles_in_order_and_each_one_once(self) -> None:
        one, other = make_bottle("a", content="x"), make_bottle("b", content="x")
        with pytest.raises(InvalidValueError, match="sorted"):
            Load(one.digest, 1, (other, one))
        with pytest.raises(InvalidValueError, match="each one once"):
            Load(one.digest, 1, (one, one))

    def test_fetches_once_and_copies_to_all_other_names(self) -> None:
        bottles = tuple(make_bottle(name, content="x") for name in "abc")
        fetched = Load(bottles[0].digest, 7, bottles)
        assert (fetched.copies, fetched.bytes_to_fetch) == (2, 7)
        copied = Load(bottles[0].digest, 7, bottles, HERE)
        assert (copied.copies, copied.bytes_to_fetch) == (3, 0)

    def test_is_expected_to_have_its_size_or_else_what_was_guessed(self) -> None:
        bottle = make_bottle()
        guessed = Load(bottle.digest, None, (bottle,), estimate=7)
        assert (guessed.expected, guessed.bytes_to_fetch) == (7, 7)
        assert guessed.size_is_missing, "a guess is no size"
        assert (load(5).expected, load(None).expected) == (5, None)

    def test_of_a_known_size_nothing_is_guessed(self) -> None:
        bottle = make_bottle()
        with pytest.raises(InvalidValueError, match="estimate of a load"):
            Load(bottle.digest, 5, (bottle,), estimate=5)

    def test_misses_its_size_only_when_it_is_to_be_fetched(self) -> None:
        assert load(None).size_is_missing
        assert load(None).bytes_to_fetch == 0
        assert not load(0).size_is_missing
        assert not load(None, source=HERE).size_is_missing


class TestWork:
    def test_counts_bottles_copies_bytes_and_unknown_sizes(self) -> None:
        twins = tuple(make_bottle(name, content="x") for name in "ab")
        work = Work((Load(twins[0].digest, 5, twins), load(None), load(9, "c", HERE)))
        assert (work.bottles, work.copies) == (4, 2)
        assert (work.bytes, work.unknown_sizes) == (5, 1)

    def test_no_loads_go_nowhere(self) -> None:
        superseded = (("jq-1-sonoma", digest_of("")),)
        work = Work(superseded=superseded)  # type: ignore[arg-type]
        assert work.route(1) == "none"
        assert work.shards(1) == 0

    @pytest.mark.parametrize(
        ("sizes", "route"),
        [
            ((19_900_000_000,), "lambda"),
            ((10_000_000_000, 9_999_999_999), "lambda"),
            ((10_000_000_000, 10_000_000_000), "ecs"),
            ((20_000_000_000,), "ecs"),
        ],
    )
    def test_goes_to_ecs_from_the_threshold_on(
        self, sizes: tuple[int, ...], route: str
    ) -> None:
        work = Work(tuple(load(size, f"f{at}") for at, size in enumerate(sizes)))
        assert work.route(20 * GB) == route

    def test_a_copy_is_no_reason_for_ecs(self) -> None:
        work = Work((load(20 * GB - 1, "a"), load(50 * GB, "b", HERE)))
        assert work.route(20 * GB) == "lambda"

    def test_guesses_count_for_the_threshold(self) -> None:
        bottle = make_bottle("x")
        guessed = Load(bottle.digest, None, (bottle,), estimate=19 * GB)
        known = tuple(load(GB // 10, f"f{number}") for number in range(10))
        work = Work((guessed, *known))
        assert work.unknown_sizes == 1
        assert work.route(20 * GB) == "ecs"
        assert work.route(20 * GB + 1) == "lambda"

    def test_goes_to_ecs_when_more_than_a_tenth_has_no_exact_size(self) -> None:
        known = tuple(load(1, f"f{number}") for number in range(9))
        assert Work((*known, load(None, "x"))).route(GB) == "lambda"
        assert Work((*known[1:], load(None, "x"))).route(GB) == "ecs"
        bottle = make_bottle("x")
        guessed = Load(bottle.digest, None, (bottle,), estimate=1)
        assert Work((*known, guessed)).route(GB) == "lambda"
        assert Work((*known[1:], guessed)).route(GB) == "ecs"

    def test_copies_alone_go_to_lambda(self) -> None:
        assert Work((load(None, source=HERE),)).route(1) == "lambda"

    @pytest.mark.parametrize(
        ("size", "shards"), [(None, 1), (0, 1), (1, 1), (10, 1), (11, 2), (21, 3)]
    )
    def test_is_split_into_as_many_shares_as_its_bytes_fill(
        self, size: int | None, shards: int
    ) -> None:
        assert Work((load(size),)).shards(10) == shards

    def test_cut_to_a_bound_it_takes_the_biggest_that_fit(self) -> None:
        big, middle, small = load(60, "a"), load(50, "b"), load(40, "c")
        copied, unknown = load(None, "d", HERE), load(None, "e")
        superseded = (("jq-1-sonoma", digest_of("")),)
        bottle = make_bottle("f")
        guessed = Load(bottle.digest, None, (bottle,), estimate=1)
        loads = (big, middle, small, copied, unknown, guessed)
        work = Work(loads, superseded)  # type: ignore[arg-type]
        cut = work.within(100)
        assert cut.loads == (big, small, copied)
        assert cut.superseded == superseded


class TestSplit:
    def test_shares_out_the_bytes(self) -> None:
        loads = [load(size, f"f{size}") for size in (50, 40, 30, 20)]
        first, second = split(loads, 2)
        assert [load.size for load in first] == [50, 20]
        assert [load.size for load in second] == [40, 30]

    def test_spreads_loads_of_unknown_size_beside_those_that_are_known(self) -> None:
        loads = [load(50, "big"), *(load(None, f"f{number}") for number in range(9))]
        counts = [len(share) for share in split(loads, 2)]
        assert counts == [5, 5]

    def test_spreads_loads_of_which_nothing_is_known(self) -> None:
        loads = [load(None, f"f{number}") for number in range(6)]
        assert [len(share) for share in split(loads, 3)] == [2, 2, 2]

    def test_spreads_copies(self) -> None:
        loads = [load(7, f"f{number}", HERE) for number in range(6)]
        assert [len(share) for share in split(loads, 3)] == [2, 2, 2]

    def test_spreads_copies_beside_what_is_fetched(self) -> None:
        copies = [load(7, f"f{number}", HERE) for number in range(6)]
        shares = split([load(50, "big"), load(40, "small"), *copies], 2)
        assert [len(share) for share in shares] == [4, 4]

    def test_weighs_what_was_guessed(self) -> None:
        bottles = [make_bottle(name) for name in "abc"]
        sizes = zip(bottles, (50, 30, 20), strict=True)
        loads = [Load(b.digest, None, (b,), estimate=size) for b, size in sizes]
        assert [len(share) for share in split(loads, 2)] == [1, 2]

    def test_more_shares_than_loads_leave_some_empty(self) -> None:
        assert split([load(1)], 3) == ((load(1),), (), ())

    def test_refuses_no_shares_at_all(self) -> None:
        with pytest.raises(InvalidValueError, match="shards"):
            split([], 0)
