"""What every store promises of small objects, names and races."""

import pytest

from domain.bottle import ObjectKey
from ports.errors import ConflictError, NotFoundError, RefusedError
from ports.store import ObjectInfo, Store
from tests.support.blobs import MIB, blob, digest_of, pieces, put
from tests.support.crowd import CROWD, all_at_once
from tests.support.expectations import wait_for_leave
from tests.support.stores import RACING

KEY = ObjectKey("bottles_hash.json")
OTHER = ObjectKey("ledger/v1/ledger.json")

NAMES = [
    "2026-11-22/gtk+3-3.24.43.arm64_sonoma.bottle.tar.gz",
    "2026-11-22/openssl@3-3.4.0.all.bottle.1.tar.gz",
    "v2/homebrew/core/openssl/3/manifests/3.4.0-1",
    "v2/homebrew/core/gtkx3/blobs/sha256:" + "0" * 64,
    "2026-11-22/a~b,c=d&e;f%20g%2Bh'(i)!*.tar.gz",
    "2026-11-22/f\u00fc\u00dfe-\u0436-\U0001f37a.tar.gz",
    "-/not.hidden/two..dots/x..y.",
]
OUTSIDE = [
    *("", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", ".", "./a"),
    *("a//b", "a/", "a\0b", "a\ud800b"),
]


def _losers(raised: list[BaseException | None]) -> list[type[BaseException]]:
    return [type(error) for error in raised if error is not None]


class TestStoreContract:
    def test_gives_back_what_was_created(self, store: Store) -> None:
        for body in (b"", b"{}", blob(300_000)):
            store.create(KEY, body)
            assert store.get(KEY).body == body
            assert b"".join(store.read(KEY)) == body
            found = store.info(KEY)
            assert found is not None
            assert (found.key, found.size) == (KEY, len(body))
            assert found.sha256 in {digest_of(body), None}
            store.delete(KEY)

    def test_finds_nothing_in_an_empty_store(self, store: Store) -> None:
        with pytest.raises(NotFoundError):
            store.get(KEY)
        with pytest.raises(NotFoundError):
            next(store.read(KEY))
        assert store.info(KEY) is None
        assert store.info(ObjectKey(f"{KEY}/below")) is None
        assert list(store.list("")) == []

    def test_does_not_take_a_folder_for_an_object(self, store: Store) -> None:
        store.create(OTHER, b"{}")
        for folder in (ObjectKey("ledger"), ObjectKey("ledger/v1")):
            with pytest.raises(NotFoundError):
                store.get(folder)
            with pytest.raises(NotFoundError):
                next(store.read(folder))
            assert store.info(folder) is None
            store.delete(folder)
        assert store.get(OTHER).body == b"{}"

    def test_refuses_to_create_over_an_object(self, store: Store) -> None:
        store.create(KEY, b"first")
        with pytest.raises(ConflictError):
            store.create(KEY, b"second")
        with pytest.raises(ConflictError):
            store.create(KEY, b"first")
        assert store.get(KEY).body == b"first"

    def test_replaces_the_version_that_was_read(self, store: Store) -> None:
        store.create(KEY, b"first")
        first = store.get(KEY)
        store.replace(KEY, b"second", first.version)
        second = store.get(KEY)
        assert second.body == b"second"
        assert second.version != first.version

    def test_refuses_to_replace_a_version_that_is_no_more(self, store: Store) -> None:
        store.create(KEY, b"first")
        stale = store.get(KEY).version
        store.replace(KEY, b"second", stale)
        with pytest.raises(ConflictError):
            store.replace(KEY, b"third", stale)
        assert store.get(KEY).body == b"second"

    def test_refuses_to_replace_what_has_been_removed(self, store: Store) -> None:
        store.create(KEY, b"first")
        version = store.get(KEY).version
        store.delete(KEY)
        with pytest.raises(ConflictError):
            store.replace(KEY, b"second", version)
        assert store.info(KEY) is None

    def test_deletes_what_is_there_and_what_is_not(self, store: Store) -> None:
        store.create(KEY, b"first")
        store.delete(KEY)
        store.delete(KEY)
        store.delete(OTHER)
        assert store.info(KEY) is None
        assert list(store.list("")) == []

    def test_takes_a_key_again_that_was_deleted(self, store: Store) -> None:
        store.create(KEY, b"first")
        store.delete(KEY)
        store.create(KEY, b"second")
        assert store.get(KEY).body == b"second"

    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_one_of_many_creates_wins(self, store: Store) -> None:
        raised = all_at_once(lambda number: store.create(KEY, b"%d" % number))
        assert _losers(raised) == [ConflictError] * (CROWD - 1)
        assert store.get(KEY).body == b"%d" % raised.index(None)

    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_one_of_many_puts_wins(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Who sends unasked what is refused meanwhile hears only that it is hung up on.
        wait_for_leave(monkeypatch)
        bodies = [blob(2 * MIB, seed) for seed in range(CROWD)]
        raised = all_at_once(lambda number: put(store, KEY, bodies[number]))
        assert _losers(raised) == [ConflictError] * (CROWD - 1)
        assert store.get(KEY).body == bodies[raised.index(None)]

    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_one_of_many_replaces_of_a_version_wins(self, store: Store) -> None:
        store.create(KEY, b"first")
        version = store.get(KEY).version
        raised = all_at_once(lambda number: store.replace(KEY, b"%d" % number, version))
        assert _losers(raised) == [ConflictError] * (CROWD - 1)
        assert store.get(KEY).body == b"%d" % raised.index(None)

    def test_takes_names_as_they_are(self, store: Store) -> None:
        body = blob(1000)
        for name in NAMES:
            key, twin = ObjectKey(name), ObjectKey(f"copy/{name}")
            put(store, name, body)
            store.copy(key, twin, digest_of(body))
            assert store.get(key).body == body
            assert [found.key for found in store.list("")] == sorted([key, twin])
            store.delete(key)
            store.delete(twin)
            assert store.info(key) is None

    def test_keeps_every_key_inside(self, store: Store) -> None:
        store.create(KEY, b"first")
        body = b"other"
        digest, first = digest_of(body), digest_of(b"first")
        for name in OUTSIDE:
            key = ObjectKey(name)
            with pytest.raises(RefusedError, match="would leave the store"):
                store.get(key)
            with pytest.raises(RefusedError, match="would leave the store"):
                store.create(key, body)
            with pytest.raises(RefusedError, match="would leave the store"):
                store.replace(key, body, "version")
            with pytest.raises(RefusedError, match="would leave the store"):
                store.put(key, digest, len(body), pieces(body))
            with pytest.raises(RefusedError, match="would leave the store"):
                store.copy(key, OTHER, first)
            with pytest.raises(RefusedError, match="would leave the store"):
                store.copy(KEY, key, first)
            with pytest.raises(RefusedError, match="would leave the store"):
                store.info(key)
            with pytest.raises(RefusedError, match="would leave the store"):
                next(store.read(key))
            with pytest.raises(RefusedError, match="would leave the store"):
                store.delete(key)
        assert list(store.list("")) == [ObjectInfo(KEY, 5)]
