from tests.simulation.contention import measure


def test_fifty_staggered_writers_wait_a_second_at_most() -> None:
    waits = measure(50, "staggered")
    assert waits.quantile(0.99) <= 1.0, str(waits)


def test_writers_in_phase_all_get_their_turn_before_the_next_batch_is_due() -> None:
    waits = measure(20, "together")
    assert waits.seconds[-1] < 20.0, str(waits)


def test_waits_are_the_same_each_time() -> None:
    assert measure(5, "together") == measure(5, "together")
