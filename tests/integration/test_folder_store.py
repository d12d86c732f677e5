"""FolderStore on a real disk: what lies there, and what it says when it may not."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.folder.store import FolderStore
from domain.bottle import ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
    StoreFullError,
)
from tests.support.blobs import MIB, blob, digest_of, pieces, put

KEY = ObjectKey("2026-11-22/curl-8.0.0.arm64_sonoma.bottle.tar.gz")
COPY = ObjectKey("v2/homebrew/core/curl/blobs/sha256:0")
BODY = blob(3 * MIB)
DIGEST = digest_of(BODY)

_NOBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "mirror"


@pytest.fixture
def store(root: Path) -> FolderStore:
    return FolderStore(root)


@pytest.fixture
def mount() -> Iterator[Callable[..., None]]:
    """Yield what mounts a file system until the test ends, or skip."""
    mounted: list[Path] = []

    def mount(folder: Path, *arguments: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            command = ["mount", *arguments, str(folder)]
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("only root may mount a file system")
        if folder not in mounted:
            mounted.append(folder)

    yield mount
    for folder in reversed(mounted):
        command = ["umount", "--lazy", str(folder)]
        subprocess.run(command, check=True)


def _incoming(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".incoming").iterdir())


class TestFiles:
    def test_makes_nothing_until_something_is_written(
        self, store: FolderStore, tmp_path: Path
    ) -> None:
        assert list(store.list("")) == []
        assert store.info(KEY) is None
        store.delete(KEY)
        with pytest.raises(NotFoundError):
            store.get(KEY)
        with pytest.raises(NotFoundError):
            store.copy(KEY, COPY, DIGEST)
        assert list(tmp_path.iterdir()) == []

    def test_a_key_is_a_path_and_a_copy_a_link(
        self, store: FolderStore, root: Path
    ) -> None:
        put(store, KEY, BODY)
        store.copy(KEY, COPY, DIGEST)
        assert (root / KEY).read_bytes() == BODY
        assert (root / KEY).samefile(root / COPY)
        assert _incoming(root) == []

    def test_others_may_read_what_the_umask_lets_them(
        self, store: FolderStore, root: Path
    ) -> None:
        before = os.umask(0o027)
        try:
            put(store, KEY, BODY)
        finally:
            os.umask(before)
        assert (root / KEY).stat().st_mode & 0o777 == 0o640
        assert (root / KEY).parent.stat().st_mode & 0o777 == 0o750

    def test_keeps_what_is_on_its_way_to_itself(
        self, store: FolderStore, root: Path
    ) -> None:
        store.create(KEY, b"{}")
        (root / ".incoming" / "half").write_bytes(b"half")
        assert [found.key for found in store.list("")] == [KEY]
        assert list(store.list(".incoming")) == []
        assert list(store.list(".incoming/")) == []
        with pytest.raises(RefusedError, match="the store's own"):
            store.get(ObjectKey(".incoming/half"))
        with pytest.raises(RefusedError, match="the store's own"):
            store.create(ObjectKey(".incoming"), b"{}")

    def test_does_not_see_what_others_hide_in_it(
        self, store: FolderStore, root: Path
    ) -> None:
        commit = ObjectKey("ledger/v1/commits/00000000000000000000.jsonl")
        store.create(commit, b"{}")
        for hidden in (
            ".DS_Store",
            "ledger/v1/commits/.DS_Store",
            "ledger/v1/commits/._00000000000000000000.jsonl",
            ".Trashes/501/cat.jpg",
        ):
            (root / hidden).parent.mkdir(parents=True, exist_ok=True)
            (root / hidden).write_bytes(b"")
            assert list(store.list(hidden)) == []
            for use in (store.get, store.info, store.delete):
                with pytest.raises(RefusedError, match="begins with a dot"):
                    use(ObjectKey(hidden))
            assert (root / hidden).exists()
        assert [found.key for found in store.list("")] == [commit]
        assert [found.key for found in store.list("ledger/v1/commits/")] == [commit]
        assert list(store.list(".Trashes/")) == []

    def test_lists_only_what_can_be_an_object(
        self, store: FolderStore, root: Path, tmp_path: Path
    ) -> None:
        store.create(KEY, b"{}")
        (root / "loop").symlink_to(root)
        (root / "elsewhere").symlink_to(tmp_path)
        (root / "dangling").symlink_to(tmp_path / "nothing")
        (root / "empty").mkdir()
        os.mkfifo(root / "pipe")
        (Path(os.fsdecode(os.fsencode(root) + b"/\xff"))).write_bytes(b"no UTF-8")
        assert [found.key for found in store.list("")] == [KEY]

    def test_lists_what_lies_behind_a_link_to_a_folder_on_another_disk(
        self, store: FolderStore, root: Path, tmp_path: Path
    ) -> None:
        day = tmp_path / "other" / "2026-11-22"
        day.mkdir(parents=True)
        root.mkdir(parents=True)
        (root / "2026-11-22").symlink_to(day)
        (day / "again").symlink_to(root)
        put(store, KEY, BODY)
        assert store.info(KEY) is not None
        for prefix in ("", "2026", "2026-11-22/"):
            assert [found.key for found in store.list(prefix)] == [KEY]

    def test_does_not_fetch_a_bottle_that_is_there_already(
        self, store: FolderStore
    ) -> None:
        put(store, KEY, BODY)
        chunks = pieces(BODY)
        with pytest.raises(ConflictError):
            store.put(KEY, DIGEST, len(BODY), chunks)
        assert next(chunks)

    def test_counts_what_it_is_asked(self, store: FolderStore) -> None:
        put(store, KEY, BODY)
        store.copy(KEY, COPY, DIGEST)
        store.info(KEY)
        list(store.list(""))
        assert store.requests == 4


class TestCopies:
    def test_reads_a_source_once(self, store: FolderStore, root: Path) -> None:
        put(store, KEY, BODY)
        _spoil(root / KEY, keep_time=True)
        # Nobody but this process writes here, and nothing tells it that this changed.
        store.copy(KEY, COPY, DIGEST)
        with pytest.raises(DigestMismatchError):
            FolderStore(root).copy(KEY, ObjectKey("other"), DIGEST)

    def test_reads_a_source_again_that_was_written_since(
        self, store: FolderStore, root: Path
    ) -> None:
        put(store, KEY, BODY)
        _spoil(root / KEY, keep_time=False)
        with pytest.raises(DigestMismatchError):
            store.copy(KEY, COPY, DIGEST)
        assert store.info(COPY) is None

    def test_copies_the_bytes_where_there_can_be_no_link(
        self, store: FolderStore, root: Path, mount: Callable[..., None]
    ) -> None:
        mount(root / "elsewhere", "-t", "tmpfs", "tmpfs")
        (root / "elsewhere" / "source").write_bytes(BODY)
        source = ObjectKey("elsewhere/source")
        for _ in range(2):
            store.copy(source, COPY, DIGEST)
        assert store.get(COPY).body == BODY
        store.create(KEY, b"other")
        with pytest.raises(ConflictError):
            store.copy(source, KEY, DIGEST)
        with pytest.raises(RefusedError, match="one file system"):
            put(store, "elsewhere/target", BODY)


def _spoil(path: Path, *, keep_time: bool) -> None:
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"spoilt")
    changed = before.st_mtime_ns if keep_time else before.st_mtime_ns + 1
    os.utime(path, ns=(changed, changed))


class TestRefusals:
    def test_says_that_the_disk_is_full(
        self, store: FolderStore, root: Path, mount: Callable[..., None]
    ) -> None:
        mount(root, "-t", "tmpfs", "-o", "size=4m", "tmpfs")
        put(store, KEY, BODY)
        hash_file = ObjectKey("bottles_hash.json")
        store.create(hash_file, b"{}")
        version = store.get(hash_file).version
        calls: tuple[Callable[[], object], ...] = (
            lambda: put(store, "second", BODY),
            lambda: store.create(ObjectKey("third"), BODY),
            lambda: store.replace(hash_file, BODY, version),
        )
        for call in calls:
            with pytest.raises(StoreFullError, match=r"No space left .* make room"):
                call()
            assert set(_incoming(root)) <= {"lock"}
        assert [found.key for found in store.list("")] == [KEY, hash_file]
        assert store.get(hash_file).body == b"{}"
        store.delete(KEY)
        put(store, "second", BODY)

    def test_says_that_a_disk_is_read_only(
        self, store: FolderStore, root: Path, mount: Callable[..., None]
    ) -> None:
        put(store, KEY, BODY)
        version = store.get(KEY).version
        mount(root, "--bind", str(root))
        mount(root, "-o", "remount,bind,ro")
        calls: tuple[Callable[[], object], ...] = (
            lambda: store.create(ObjectKey("new"), b"{}"),
            lambda: put(store, "new", BODY),
            lambda: store.replace(KEY, b"{}", version),
            lambda: store.copy(KEY, COPY, DIGEST),
            lambda: store.delete(KEY),
        )
        for call in calls:
            with pytest.raises(
                RefusedError, match=r"Read-only .* mount it for writing"
            ):
                call()
        assert store.get(KEY).body == BODY

    def test_says_that_a_folder_is_not_ours(
        self, store: FolderStore, root: Path
    ) -> None:
        store.create(KEY, b"{}")
        root.chmod(0o000)
        with _as_nobody():
            for call in (
                lambda: store.create(ObjectKey("new"), b"{}"),
                lambda: store.get(KEY),
                lambda: store.info(KEY),
            ):
                with pytest.raises(
                    RefusedError, match=r"Permission denied: .*; give this user"
                ):
                    call()
        root.chmod(0o700)

    @pytest.mark.parametrize("below", ["", "mirror"])
    def test_says_that_a_file_is_where_the_folder_should_be(
        self, tmp_path: Path, below: str
    ) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"mine")
        store = FolderStore(file / below)
        calls: list[Callable[[], object]] = [
            lambda: store.create(KEY, b"{}"),
            lambda: put(store, KEY, BODY),
            lambda: store.replace(KEY, b"{}", "version"),
        ]
        if not below:
            calls += [
                lambda: store.get(KEY),
                lambda: next(store.read(KEY)),
                lambda: store.info(KEY),
                lambda: next(store.list("")),
                lambda: store.copy(KEY, COPY, DIGEST),
                lambda: store.delete(KEY),
            ]
        for call in calls:
            with pytest.raises(
                RefusedError, match=f"{file}; a file is where"
            ) as raised:
                call()
            assert raised.type is RefusedError
        assert file.read_bytes() == b"mine"

    def test_cannot_hold_a_key_and_another_below_it(self, store: FolderStore) -> None:
        store.create(ObjectKey("a/b"), b"{}")
        with pytest.raises(RefusedError, match="a folder is where a file is needed"):
            store.create(ObjectKey("a"), b"{}")
        with pytest.raises(RefusedError, match="a file is where a folder is needed"):
            store.create(ObjectKey("a/b/c"), b"{}")
        with pytest.raises(NotFoundError):
            store.get(ObjectKey("a/b/c"))

    def test_says_that_a_name_is_too_long(self, store: FolderStore) -> None:
        with pytest.raises(RefusedError, match="takes no name as long"):
            store.create(ObjectKey("a" * 300), b"{}")


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Give up what root may do, if this is root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)
