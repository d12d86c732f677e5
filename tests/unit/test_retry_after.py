from __future__ import annotations

from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from adapters.homebrew.retry_after import told_wait

NOW = datetime(2026, 8, 22, 12, 0, tzinfo=UTC)


def told(header: str | None = None, body: str = "") -> float | None:
    headers = CaseInsensitiveDict({"retry-after": header} if header else {})
    return told_wait(headers, body, NOW)


def ghcr(message: str) -> str:
    return f'{{"errors":[{{"code":"TOOMANYREQUESTS","message":"{message}"}}]}}'


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("15.3", 15.3),
        (" 7 ", 7.0),
        ("Sat, 22 Aug 2026 12:00:30 GMT", 30.0),
        ("Saturday, 22-Aug-26 12:01:00 GMT", 60.0),
        ("Sat, 22 Aug 2026 12:00:30 -0000", 30.0),
        ("Sat, 22 Aug 2026 11:59:00 GMT", 0.0),
    ],
)
def test_reads_the_header_as_seconds_or_as_a_date(header: str, seconds: float) -> None:
    assert told(header) == seconds


@pytest.mark.parametrize(
    "header",
    [
        "soon",
        "-5",
        "1e9",
        "nan",
        "inf",
        "9999 GMT",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
    ],
)
def test_a_header_that_says_nothing_counts_as_none(header: str) -> None:
    assert told(header) is None


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("15.3s", 15.3),
        ("1.16676ms", 0.00116676),
        ("250\u00b5s", 0.00025),
        ("1m2.5s", 62.5),
        ("1h0m1s", 3_601.0),
    ],
)
def test_reads_the_duration_in_the_body_of_ghcr(duration: str, seconds: float) -> None:
    body = ghcr(f"retry-after: {duration}, allowed: 44000/minute")
    assert told(body=body) == pytest.approx(seconds)


def test_the_header_counts_before_the_body() -> None:
    assert told("3", ghcr("retry-after: 15.3s, allowed: 44000/minute")) == 3.0


@pytest.mark.parametrize("body", ["", "<html>", ghcr("retry-after: soon"), "{}"])
def test_a_body_that_says_nothing_counts_as_none(body: str) -> None:
    assert told(body=body) is None
