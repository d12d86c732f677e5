"""Which stores the probe takes for fit: every one but those known not to be."""

from uuid import uuid4

import pytest

from application.probe_store import PROBES, Findings, ProbeStore
from domain.bottle import ObjectKey
from ports.errors import ConflictError, RefusedError
from ports.store import Store
from tests.support.blobs import digest_of
from tests.support.stores import RACING, STORES

KEY = ObjectKey(f"{PROBES}wrong")
# moto takes any checksum for right.
CHECKING = [kind for kind in STORES if kind.values[0] != "moto"]
MOTO = [kind for kind in STORES if kind.values[0] == "moto"]


def _new_id() -> str:
    return str(uuid4())


class TestProbeContract:
    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_finds_nothing_wrong_and_leaves_nothing(self, store: Store) -> None:
        store.create(ObjectKey("bottles_hash.json"), b"{}")
        probe = ProbeStore(store, _new_id)

        probe.require_fit()

        assert probe() == Findings(())
        assert [found.key for found in store.list("")] == ["bottles_hash.json"]

    @pytest.mark.parametrize("store", MOTO, indirect=True)
    def test_finds_that_wrong_digests_are_taken(self, store: Store) -> None:
        found = list(map(str, ProbeStore(store, _new_id)().shortcomings))

        assert (
            "bytes that are not those of their SHA-256 are refused: they were taken"
            " (x-amz-checksum-sha256)"
        ) in found
        assert list(store.list("")) == []


class TestStoreRejectsContract:
    @pytest.mark.parametrize("store", CHECKING, indirect=True)
    def test_bytes_under_a_wrong_digest_are_refused(self, store: Store) -> None:
        for body in (b"", b"first", b"f" * 300_000):
            assert store.rejects(KEY, digest_of(b"other"), body)
        assert store.info(KEY) is None
        assert list(store.list("")) == []

    def test_bytes_under_their_own_digest_are_taken(self, store: Store) -> None:
        assert not store.rejects(KEY, digest_of(b"first"), b"first")
        assert store.get(KEY).body == b"first"

    def test_an_object_is_not_written_over(self, store: Store) -> None:
        store.create(KEY, b"first")
        with pytest.raises(ConflictError):
            store.rejects(KEY, digest_of(b"second"), b"second")
        assert store.get(KEY).body == b"first"

    def test_every_key_is_kept_inside(self, store: Store) -> None:
        for name in ("", "/etc/passwd", "../x", "a/../../x", "a//b", "a\0b"):
            with pytest.raises(RefusedError, match="would leave the store"):
                store.rejects(ObjectKey(name), digest_of(b"other"), b"first")
        assert list(store.list("")) == []
