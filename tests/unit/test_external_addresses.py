import socket
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from adapters.external.addresses import Guard, Route, objection
from ports.errors import MalformedError, PortError, RefusedError, UnavailableError

WHAT = "https://hashes.example/file.json"
PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1:248:1893:25c8:1946"


def guard(**hosts: Sequence[str]) -> Guard:
    """Return a guard to whom names stand for the addresses given."""
    names = {name.replace("_", "."): found for name, found in hosts.items()}

    def resolve(host: str, port: int) -> Sequence[str]:
        assert port
        if host in names:
            return names[host]
        try:
            return [str(ip_address(host))]
        except ValueError:
            raise socket.gaierror(-2, "Name or service not known") from None

    return Guard(resolve)


def refused(of: Guard, url: str, base: Route | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        of.route(url, WHAT, base)
    return str(caught.value)


@pytest.mark.parametrize(
    "text", [PUBLIC, PUBLIC_6, "8.8.8.8", "172.32.0.1", "100.128.0.1", "2a00:1450::1"]
)
def test_takes_an_address_of_the_internet(text: str) -> None:
    assert objection(ip_address(text)) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0.0.0.0", "unspecified"),  # noqa: S104  it is read, not bound
        ("10.0.0.1", "private"),
        ("100.64.0.1", "carrier"),
        ("100.100.100.200", "carrier"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("169.254.169.254", "link-local"),
        ("169.254.170.2", "link-local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.8", "reserved"),
        ("192.0.2.1", "reserved"),
        ("192.168.1.1", "private"),
        ("198.19.0.1", "reserved"),
        ("203.0.113.9", "reserved"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "reserved"),
        ("::ffff:127.0.0.1", "disguise"),
        ("::ffff:93.184.216.34", "disguise"),
        ("64:ff9b::a9fe:a9fe", "disguise"),
        ("64:ff9b:1::a00:1", "disguise"),
        ("2002:7f00:1::", "disguise"),
        ("2001::1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("3fff::1", "reserved"),
        ("4000::1", "reserved"),
        ("100::1", "reserved"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "reserved"),
        ("ff02::1", "multicast"),
    ],
)
def test_objects_to_what_is_not_of_the_internet(text: str, kind: str) -> None:
    assert kind in (objection(ip_address(text)) or "")


def test_leads_to_the_addresses_that_the_name_stands_for() -> None:
    names = guard(hashes_example=[PUBLIC_6, PUBLIC])

    route = names.route("https://Hashes.Example/a?b=c", WHAT)

    assert (route.scheme, route.host, route.port) == ("https", "hashes.example", 443)
    assert route.addresses == (PUBLIC_6, PUBLIC)
    assert route.url.endswith("/a?b=c")
    assert not route.loopback


def test_tells_the_server_the_port_that_the_url_has() -> None:
    names = guard(hashes_example=[PUBLIC])

    route = names.route("https://hashes.example:8443/", WHAT)

    assert (route.port, route.netloc) == (8443, "hashes.example:8443")


def test_a_name_that_is_not_ascii_is_asked_for_in_its_encoded_form() -> None:
    names = Guard(lambda host, _: [PUBLIC] if host == "xn--bcher-kva.example" else [])

    assert names.route("https://bücher.example/", WHAT).host == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fd00:ec2::254]/",
        "https://0.0.0.0/",
        "https://inside.example/",
    ],
)
def test_refuses_to_ask_inside_a_network(url: str) -> None:
    told = refused(guard(inside_example=["10.1.2.3"]), url)

    assert told.startswith(f"{WHAT}: ")
    assert "on the internet only" in told


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "017700000001"])
def test_refuses_this_machine_however_its_address_is_spelt(host: str) -> None:
    # Not every resolver reads all of these; none may lead anywhere.
    with pytest.raises((RefusedError, UnavailableError)):
        Guard().route(f"https://{host}/", WHAT)


def test_of_several_addresses_only_the_good_ones_are_left() -> None:
    names = guard(hashes_example=["10.0.0.1", PUBLIC, "::1"])

    assert names.route("https://hashes.example/", WHAT).addresses == (PUBLIC,)


def test_a_name_for_this_machine_must_stand_for_it() -> None:
    assert "not this machine" in refused(
        guard(localhost=["10.0.0.1", PUBLIC]), "https://localhost/"
    )


@pytest.mark.parametrize(
    "url", ["https://localhost/a", "http://localhost:8080/", "http://127.0.0.1/"]
)
def test_this_machine_may_be_asked_by_whoever_names_it(url: str) -> None:
    route = guard(localhost=["127.0.0.1"]).route(url, WHAT)

    assert route.loopback
    assert route.addresses == ("127.0.0.1",)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://hashes.example/", RefusedError),
        ("ftp://hashes.example/", RefusedError),
        ("file:///etc/passwd", MalformedError),
        ("https://", MalformedError),
        ("https://[::1", MalformedError),
        ("https://hashes.example:port/", MalformedError),
        ("https://.example/", MalformedError),
        ("https://me:hunter2@hashes.example/", RefusedError),
        ("https://nowhere.example/", UnavailableError),
    ],
)
def test_refuses_what_cannot_or_may_not_be_asked(
    url: str, kind: type[PortError]
) -> None:
    names = guard(hashes_example=[PUBLIC])

    with pytest.raises(PortError) as caught:
        names.route(f"{url}?secret" if url.endswith("/") else url, WHAT)

    assert caught.type is kind
    assert "hunter2" not in str(caught.value)
    assert "secret" not in str(caught.value)


class TestRedirects:
    NAMES = guard(
        hashes_example=[PUBLIC],
        other_example=["8.8.8.8"],
        inside_example=["192.168.0.1"],
        localhost=["127.0.0.1"],
    )
    HERE = NAMES.route("https://localhost:8443/a/b?c", WHAT)
    THERE = NAMES.route("https://hashes.example/a/b?c", WHAT)

    @pytest.mark.parametrize(
        ("location", "url"),
        [
            ("/c", "https://hashes.example/c"),
            ("c?d=e", "https://hashes.example/a/c?d=e"),
            ("//other.example/c", "https://other.example/c"),
            ("https://other.example/c", "https://other.example/c"),
        ],
    )
    def test_lead_to_other_places_of_the_internet(
        self, location: str, url: str
    ) -> None:
        assert self.NAMES.route(location, WHAT, self.THERE).url == url

    @pytest.mark.parametrize(
        ("location", "told"),
        [
            ("http://hashes.example/", "is not encrypted"),
            ("https://localhost/", "which is this machine"),
            ("https://127.0.0.1/", "which is this machine"),
            ("http://127.0.0.1/", "from https to http"),
            ("https://[::1]/", "which is this machine"),
            ("https://inside.example/", "192.168.0.1 (private)"),
            ("https://169.254.169.254/", "(link-local)"),
            ("https://me@other.example/", "carries a user's name"),
        ],
    )
    def test_from_the_internet_never_lead_inside(
        self, location: str, told: str
    ) -> None:
        assert told in refused(self.NAMES, location, self.THERE)

    @pytest.mark.parametrize(
        ("location", "told"),
        [
            ("http://localhost/", "from https to http"),
            ("https://inside.example/", "192.168.0.1 (private)"),
            ("https://169.254.169.254/", "(link-local)"),
        ],
    )
    def test_from_this_machine_lead_no_further_inside(
        self, location: str, told: str
    ) -> None:
        assert told in refused(self.NAMES, location, self.HERE)

    def test_from_this_machine_may_lead_to_it_and_out_of_it(self) -> None:
        assert self.NAMES.route("/c", WHAT, self.HERE).loopback
        assert not self.NAMES.route("https://other.example/", WHAT, self.HERE).loopback


def test_a_route_shows_nothing_of_its_query() -> None:
    route = guard(hashes_example=[PUBLIC]).route("https://hashes.example/?secret", WHAT)

    assert "secret" not in repr(route)
