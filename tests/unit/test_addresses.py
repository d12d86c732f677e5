from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.homebrew.addresses import parse_address, redirected
from ports.errors import MalformedError, RefusedError

WHAT = "jq from https://ghcr.io"
GHCR = parse_address("https://ghcr.io/v2/homebrew/core/jq/blobs/sha256:0a", WHAT)
LOCAL = parse_address("http://127.0.0.1:5000/v2/jq", WHAT)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://ghcr.io/v2/", "https://ghcr.io:443"),
        ("HTTPS://GHCR.io", "https://ghcr.io:443"),
        ("https://ghcr.io:8443/", "https://ghcr.io:8443"),
        ("http://127.0.0.1:5000/x?y", "http://127.0.0.1:5000"),
        ("http://localhost/x", "http://localhost:80"),
        ("http://[::1]:5000/x", "http://[::1]:5000"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert parse_address(url, WHAT).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://ghcr.io/v2/",
        "http://192.168.0.1/",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "https://user:secret@ghcr.io/",
        "https://token@ghcr.io/",
    ],
)
def test_refuses_what_would_be_overheard(url: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parse_address(url, WHAT)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ghcr.io",
        "//ghcr.io/x",
        "ftp://ghcr.io/",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "https://[::1",
        "https://ghcr.io:port/",
        "https://ghcr.io:99999/",
    ],
)
def test_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(MalformedError):
        parse_address(url, WHAT)


def test_a_redirect_may_be_relative() -> None:
    target = redirected(GHCR, "/blobs/0a", WHAT)
    assert target.url == "https://ghcr.io/blobs/0a"
    assert target.origin == GHCR.origin


def test_a_redirect_may_lead_to_another_host_or_port() -> None:
    assert redirected(GHCR, "https://storage.test/0a", WHAT).host == "storage.test"
    assert redirected(LOCAL, "http://127.0.0.1:6000/0a", WHAT).origin != LOCAL.origin


@pytest.mark.parametrize(
    "location",
    [
        "http://ghcr.io/0a",
        "http://192.0.2.1/0a",
        "http://127.0.0.1:8080/admin",
        "https://localhost/admin",
        "https://[::1]/admin",
        "https://user@storage.test/",
    ],
)
def test_refuses_a_redirect_to_plain_http_or_into_this_machine(location: str) -> None:
    with pytest.raises(RefusedError):
        redirected(GHCR, location, WHAT)


def test_refuses_a_redirect_from_this_machine_to_plain_http() -> None:
    with pytest.raises(RefusedError):
        redirected(LOCAL, "http://192.0.2.1/0a", WHAT)


@pytest.mark.parametrize("location", [None, "", "ftp://x/", "https://["])
def test_refuses_a_redirect_to_nowhere(location: str | None) -> None:
    with pytest.raises(MalformedError):
        redirected(GHCR, location, WHAT)


def test_does_not_show_what_a_signed_address_opens() -> None:
    address = parse_address("https://storage.test/0a?sig=secret", WHAT)
    assert str(address) == "https://storage.test:443"
    assert "secret" not in repr(address)


@given(
    st.from_regex(
        r"https://[A-Za-z0-9.-]{1,9}(:[0-9]{1,6})?[ -~]{0,20}", fullmatch=True
    )
)
def test_a_plain_address_is_read_as_every_other(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        with pytest.raises(MalformedError):
            parse_address(url, WHAT)
        return
    try:
        address = parse_address(url, WHAT)
    except (MalformedError, RefusedError):
        assert not parts.hostname or "@" in parts.netloc
        return
    assert address.origin == f"https://{parts.hostname}:{port}"
    path, query = parts.path or "/", f"?{parts.query}" if parts.query else ""
    assert unquote(address.target) == unquote(path + query)
