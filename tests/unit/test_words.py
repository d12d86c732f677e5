import pytest

from adapters.terminal.words import (
    counted,
    spelt_bytes,
    spelt_duration,
    spelt_left,
    spelt_rate,
    spelt_took,
)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (34_200_000, "34.2 MB"),
        (912_345_678_901, "912.3 GB"),
        (1_234_567 * 10**12, "1,234,567.0 TB"),
    ],
)
def test_bytes_are_spelt_with_decimal_units(count: int, text: str) -> None:
    assert spelt_bytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (3_599, "59 min 59 s"),
        (3_600, "1 h 00 min"),
        (7_500, "2 h 05 min"),
        (90_000, "1 d 01 h"),
    ],
)
def test_durations_are_spelt_in_their_two_largest_units(
    seconds: float, text: str
) -> None:
    assert spelt_duration(seconds) == text


def test_rates_and_counts_are_spelt() -> None:
    assert spelt_rate(4_100_000.4) == "4.1 MB/s"
    assert counted(1, "bottle") == "1 bottle"
    assert counted(22_879, "bottle") == "22,879 bottles"
    assert counted(2, "copy", "copies") == "2 copies"


def test_nothing_takes_no_time_at_all() -> None:
    assert (spelt_took(0.3), spelt_took(62.0)) == ("0.3 s", "1 min 02 s")
    assert spelt_took(0.0) == "0.1 s"
    assert (spelt_left(0.3), spelt_left(62.0)) == (
        "about 1 s left",
        "about 1 min 02 s left",
    )
