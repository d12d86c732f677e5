"""What every store promises of lists."""

from concurrent.futures import ThreadPoolExecutor

from domain.bottle import ObjectKey
from ports.store import ObjectInfo, Store

# No key is also the folder of another: a folder cannot hold that. Ordered as trees are
# walked, folder by folder, these are not in the order of their bytes.
KEYS = sorted(
    [
        *("+", "@", "A", "a!", "a-b", "a-/c", "a.c", "a/b", "a/c/d", "a/c-e", "a0"),
        *("gtk+3", "gtk/x", "openssl@3", "openssl@3.1/x", "openssl/x/y", "openssl-/z"),
        *("~", "\u00e9", "\u0436/x", "\uffee", "\U0001f37a"),
    ],
    key=lambda key: key.encode(),
)
NOT_KEYS = [
    "a",
    "a/",
    "a/c",
    "b",
    "zzz",
    "\U0001f37b",
    "a-",
    "openssl/",
    "/",
    "!",
    "a/-",
    "a-/",
]
PREFIXES = ["", "a", "a/", "a/c", "a-", "openssl", "openssl/", "b", "/", "../"]


class TestStoreListContract:
    def test_lists_in_the_order_of_bytes_from_anywhere(self, store: Store) -> None:
        for key in KEYS:
            store.create(ObjectKey(key), key.encode())
        for prefix in PREFIXES:
            for after in ("", *KEYS, *NOT_KEYS):
                found = list(store.list(prefix, after))
                assert found == [
                    ObjectInfo(ObjectKey(key), len(key.encode()))
                    for key in KEYS
                    if key.startswith(prefix) and key > after
                ], (prefix, after)

    def test_lists_more_than_one_page(self, store: Store) -> None:
        commits = [f"ledger/v1/commits/{seq:020}.jsonl" for seq in range(1, 1102)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda key: store.create(ObjectKey(key), b"x"), commits))
        store.create(ObjectKey("ledger/v1/ledger.json"), b"{}")
        assert [each.key for each in store.list("ledger/v1/commits/")] == commits
        assert [
            each.key for each in store.list("ledger/v1/commits/", commits[41])
        ] == commits[42:]
        assert len(list(store.list(""))) == len(commits) + 1

    def test_a_list_that_is_left_early_does_no_harm(self, store: Store) -> None:
        for number in range(3):
            store.create(ObjectKey(f"{number}"), b"x")
        assert next(iter(store.list(""))).key == "0"
        assert [each.key for each in store.list("")] == ["0", "1", "2"]

    def test_sees_what_was_written_and_deleted_at_once(self, store: Store) -> None:
        for number in range(20):
            key = ObjectKey(f"ledger/v1/commits/{number:020}.jsonl")
            store.create(key, b"x")
            assert [each.key for each in store.list("ledger/v1/commits/")] == [key]
            store.delete(key)
            assert list(store.list("ledger/v1/commits/")) == []
