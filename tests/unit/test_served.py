import pytest

from domain.bottle import ObjectKey
from domain.served import file_name, media_type, public_key

HEX = "ab" * 32


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/status/", "status/index.html"),
        ("/status/status.json", "status/status.json"),
        ("/api/formula.jws.json", "api/formula.jws.json"),
        ("/flat/ale+hops@1.2-1.2.0.all.bottle.tar.gz",) * 2,
        (f"/v2/homebrew/core/jq/blobs/sha256:{HEX}",) * 2,
        ("/v2/homebrew/core/status/manifests/1.0",) * 2,
    ],
)
def test_a_path_asks_for_the_object_of_the_same_key(path: str, key: str) -> None:
    assert public_key(path) == key.removeprefix("/")


@pytest.mark.parametrize(
    "path",
    [
        "/bottles_hash.json",
        "/ledger/v1/ledger.json",
        "/ledger",
        "/2026-08-22/jq-1.8.2.all.bottle.tar.gz",
        "/generations/1/api/formula.jws.json",
        "/flatter/jq",
        "/flat",
        "/flat/",
        "//flat/jq",
        "/flat//jq",
        "/flat/../ledger/v1/ledger.json",
        "/v2/./../bottles_hash.json",
        "/flat/.incoming",
        "/api/x\0",
    ],
)
def test_nothing_else_may_be_read(path: str) -> None:
    assert public_key(path) is None


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (f"v2/homebrew/core/jq/blobs/sha256:{HEX}", "application/octet-stream"),
        ("flat/jq-1.8.2.all.bottle.tar.gz", "application/octet-stream"),
        ("v2/homebrew/core/jq/manifests/1.8.2-1", "index"),
        (f"v2/homebrew/core/jq/manifests/sha256:{HEX}", "index"),
        ("flat/ale/1.2/manifests/1.2.json", "index"),
        # The image of a formula that is called so.
        (f"v2/homebrew/core/manifests/blobs/sha256:{HEX}", "application/octet-stream"),
        ("api/internal/packages.sonoma.jws.json", "application/json"),
        ("api/internal/executables.txt", "text/plain; charset=utf-8"),
        ("status/index.html", "text/html; charset=utf-8"),
        ("status/a", "application/octet-stream"),
    ],
)
def test_a_key_tells_what_its_object_is(key: str, expected: str) -> None:
    index = "application/vnd.oci.image.index.v1+json"
    wanted = index if expected == "index" else expected
    assert media_type(ObjectKey(key)) == wanted


def test_flat_bottles_alone_have_a_name_to_be_kept_under() -> None:
    name = "ale+hops@1.2-1.2.0.all.bottle.2.tar.gz"
    assert file_name(ObjectKey(f"flat/{name}")) == name
    assert file_name(ObjectKey("flat/ale/manifests/1.2.0")) is None
    assert file_name(ObjectKey("api/formula.jws.json")) is None
    assert file_name(ObjectKey(f"v2/homebrew/core/jq/blobs/sha256:{HEX}")) is None
