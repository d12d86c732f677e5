"""FolderStore among processes that share a folder, and are killed."""

import os
import resource
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event

import pytest

from adapters.folder.store import FolderStore
from domain.bottle import ObjectKey
from ports.errors import ConflictError, RefusedError
from tests.support.blobs import MIB, blob, digest_of, put

KEY = ObjectKey("2026-11-22/curl-8.0.0.arm64_sonoma.bottle.tar.gz")
BODY = blob(3 * MIB)
DIGEST = digest_of(BODY)

# New processes that share nothing with this one but the folder.
PROCESSES = get_context("spawn")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "mirror"


def _incoming(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".incoming").iterdir())


class TestProcesses:
    def test_none_of_many_replaces_is_lost(self, root: Path) -> None:
        store = FolderStore(root)
        store.create(KEY, b"0")
        with PROCESSES.Pool(4) as pool:
            pool.starmap(_count_up, [(root, 25)] * 4)
        assert store.get(KEY).body == b"100"

    def test_what_a_killed_process_leaves_is_never_seen(self, root: Path) -> None:
        arrived: list[str] = []
        for number in range(3):
            ours, theirs = PROCESSES.Pipe(duplex=False)
            writer = PROCESSES.Process(
                target=_put_for_ever, args=(root, number, theirs)
            )
            writer.start()
            theirs.close()
            arrived += [ours.recv() for _ in range(5)]
            writer.kill()
            writer.join()
            while ours.poll():
                try:
                    arrived.append(ours.recv())
                except EOFError:
                    break
            ours.close()
        store = FolderStore(root)
        found = [each.key for each in store.list("")]
        assert set(arrived) <= set(found)
        for key in found:
            assert key.endswith(digest_of(store.get(key).body))

    def test_what_a_killed_process_leaves_is_swept_away(self, root: Path) -> None:
        ours, theirs = PROCESSES.Pipe(duplex=False)
        writer = PROCESSES.Process(target=_put_half, args=(root, theirs))
        writer.start()
        assert ours.recv() == "half"
        writer.kill()
        writer.join()
        ours.close()
        theirs.close()
        (left,) = (root / ".incoming").iterdir()
        assert left.stat().st_size == MIB

        store = FolderStore(root)
        assert store.sweep(older_than=3600.0) == 0
        assert _incoming(root) == [left.name]
        assert store.sweep(older_than=0.0) == 1
        assert _incoming(root) == []

    def test_the_first_write_sweeps_away_what_is_a_day_old(self, root: Path) -> None:
        FolderStore(root).create(KEY, b"{}")
        FolderStore(root).delete(KEY)
        for hours in (1, 23, 25, 100):
            left = root / ".incoming" / f"{hours:03}-hours"
            left.write_bytes(b"half")
            before = left.stat().st_mtime - hours * 3600
            os.utime(left, (before, before))
        (root / ".incoming" / "lock").touch()
        os.utime(root / ".incoming" / "lock", (0, 0))
        store = FolderStore(root)
        store.info(KEY)
        assert len(_incoming(root)) == 5
        store.create(KEY, b"{}")
        assert _incoming(root) == ["001-hours", "023-hours", "lock"]

    def test_says_that_no_file_may_be_so_large(self, root: Path) -> None:
        with PROCESSES.Pool(1) as pool:
            kind, said = pool.apply(_put_with_a_limit, (root, MIB))
        assert kind == "RefusedError"
        assert "ulimit -f" in said
        assert list(FolderStore(root).list("")) == []


def _count_up(root: Path, times: int) -> None:
    store = FolderStore(root)
    while times:
        read = store.get(KEY)
        try:
            store.replace(KEY, b"%d" % (int(read.body) + 1), read.version)
        except ConflictError:
            continue
        times -= 1


def _put_for_ever(root: Path, seed: int, arrived: Connection) -> None:
    store, number = FolderStore(root), 0
    while True:
        body = blob(MIB + number, seed)
        key = f"{seed}/{number}-{digest_of(body)}"
        put(store, key, body)
        arrived.send(key)
        number += 1


def _put_half(root: Path, arrived: Connection) -> None:
    def chunks() -> Iterator[bytes]:
        yield BODY[:MIB]
        arrived.send("half")
        # Until the end that is coming.
        Event().wait()

    FolderStore(root).put(KEY, DIGEST, len(BODY), chunks())


def _put_with_a_limit(root: Path, limit: int) -> tuple[str, str]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    with pytest.raises(RefusedError) as raised:
        put(FolderStore(root), KEY, BODY)
    return raised.typename, str(raised.value)
