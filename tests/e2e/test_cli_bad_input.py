"""Every bad input gets a clear sentence and its exit status, and nothing is lost."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.command import Bottles, Ended, finished, start, tree

MIRROR = Path("mirror")
HASH_FILE = MIRROR / "bottles_hash.json"
COMMITS = MIRROR / "ledger" / "v1" / "commits"
ONE = ("sync", "ledger", "--tag", "arm64_sonoma")
ALONE = (*ONE, "--views", "none")
"""Nobody reads: nothing is published, and the bottles are all there is."""


def refused(ended: Ended, status: int, *told: str) -> None:
    """Hold a command that was refused to what is promised of it."""
    assert ended.status == status
    assert ended.out == ""
    assert "Traceback" not in ended.err
    for text in told:
        assert text in ended.err


@pytest.mark.usefixtures("upstream")
def test_an_unknown_formula_names_the_nearest(bottles: Bottles) -> None:
    refused(
        bottles("sync", "ledgr", "kettel", "--json"),
        2,
        "bottles: no formula 'ledgr' in the catalog; nearest: ledger",
        "bottles: no formula 'kettel' in the catalog; nearest: kettle",
    )
    assert not MIRROR.exists()


@pytest.mark.usefixtures("upstream")
def test_an_unknown_tag_names_the_nearest(bottles: Bottles) -> None:
    refused(
        bottles("plan", "--tag", "arm64_sonomo"),
        2,
        "bottles: no tag 'arm64_sonomo' in the catalog; nearest: arm64_sonoma",
    )


def test_every_mistake_of_the_configuration_is_told_before_anything_starts(
    bottles: Bottles, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTTLES_JOB", "4")
    monkeypatch.setenv("BOTTLES_SHARD_GB", "much")

    refused(
        bottles("sync", "--jobs", "0", "--tag", "Sonoma!", "--json"),
        2,
        "bottles: option --target-tags: 'Sonoma!' is not lower-case words joined by _",
        "bottles: option --jobs: 0 is not 1 or more",
        "environment BOTTLES_JOB: there is no such setting; nearest: BOTTLES_JOBS",
        "bottles: environment BOTTLES_SHARD_GB: 'much' is not a whole number",
    )
    assert upstream.requests.count() == 0


def test_a_registry_over_http_must_be_this_machine(bottles: Bottles) -> None:
    refused(
        bottles("sync", "--registry", "http://ghcr.io"),
        2,
        "bottles: option --registry: 'http://ghcr.io' is not https:// (http:// is"
        " accepted for loopback addresses only)",
    )


def test_an_unknown_option_is_wrong_usage(bottles: Bottles) -> None:
    refused(bottles("sync", "--job", "4"), 2, "No such option", "--jobs")
    refused(bottles("snyc"), 2, "No such command 'snyc'")
    refused(bottles("plan", "-q", "-v"), 2, "-q and -v exclude each other")


@pytest.mark.usefixtures("upstream")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(
    bottles: Bottles, tmp_path: Path
) -> None:
    tmp_path.chmod(0o555)
    try:
        refused(bottles(*ONE), 4, "give this user the right to it")
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.usefixtures("upstream")
def test_a_file_where_the_folder_should_be_is_told(bottles: Bottles) -> None:
    MIRROR.write_text("in the way")

    refused(bottles(*ONE), 4, "a file is where a folder is needed")
    assert MIRROR.read_text() == "in the way"


@pytest.mark.usefixtures("upstream")
def test_a_folder_on_a_read_only_disk_is_told(bottles: Bottles) -> None:
    MIRROR.mkdir()
    prefix = with_a_disk("ro", 'exec "$@"')

    refused(finished(start(*ONE, prefix=prefix)), 4, "mount it for writing")
    refused(bottles("ledger", "log"), 2, "there is no ledger")


def test_a_full_disk_ends_the_run_and_loses_nothing(
    bottles: Bottles, upstream: Upstream
) -> None:
    bottles.json(*ALONE)
    shutil.copytree(MIRROR, "before")
    everything = ("sync", "--tag", "arm64_sonoma", "--views", "none")
    prefix = with_a_disk(
        "size=160k", 'cp -a before/. mirror; "$@"; s=$?; cp -a mirror after; exit $s'
    )

    ended = finished(start(*everything, prefix=prefix))

    assert ended.status == 4
    assert "make room on its disk, or choose another folder" in ended.err
    assert upstream.requests.count("signed_get") < 60
    assert bottles("verify", "--deep", "--store", "after").status == 0
    again = bottles.json(*everything, "--store", "after")
    assert again["skipped"] >= 1
    assert again["skipped"] + again["mirrored"]["bottles"] == 69


def with_a_disk(options: str, script: str) -> tuple[str, ...]:
    """Return a command that runs ``script`` with a disk of its own as the mirror."""
    own = ("unshare", "--user", "--map-root-user", "--mount")
    mount = ("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(MIRROR))
    if (
        shutil.which("unshare") is None
        or subprocess.run([*own, *mount], capture_output=True, check=False).returncode
    ):
        pytest.skip("no disk of a test's own: unshare may not mount one here")
    return (*own, "sh", "-c", f"{' '.join(mount)} && {script}", "sh")


@pytest.mark.usefixtures("upstream")
def test_a_store_that_is_not_ours_is_left_alone(bottles: Bottles) -> None:
    MIRROR.mkdir()
    (MIRROR / "holiday.jpg").write_bytes(b"sunset")

    refused(
        bottles(*ONE), 2, "holiday.jpg", "the store holds things that no mirror made"
    )
    assert tree(MIRROR) == {"holiday.jpg": b"sunset"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"curl": 1}', "not a list of formulae"),
        ("[]", "it has no formula"),
        ('[{"name": "curl"}]', "it has no formula: 1 entries were refused"),
        ("[1, 2", "cut off"),
        ("<html>sign in</html>", "a web page came in place of the document"),
    ],
)
def test_a_catalog_of_the_wrong_shape_is_told(
    bottles: Bottles, body: str, told: str
) -> None:
    Path("catalog.json").write_text(body)

    refused(bottles("plan", "--catalog", "catalog.json"), 4, "catalog.json: ", told)


def test_a_catalog_that_is_not_there_is_told(bottles: Bottles) -> None:
    refused(bottles("plan", "--catalog", "catalog.json"), 2, "no such file")


def test_a_bad_signature_stops_the_run(bottles: Bottles, upstream: Upstream) -> None:
    upstream.faults.add(Fault("bad_signature"))

    refused(bottles(*ONE), 4, "the signature by homebrew-1 is not good")
    assert not MIRROR.exists()


def test_a_catalog_older_than_the_one_before_is_refused(
    bottles: Bottles, upstream: Upstream
) -> None:
    assert bottles(*ONE).status == 0
    before = tree(MIRROR)
    upstream.faults.add(Fault("older_catalog"))

    refused(bottles("sync", "kettle", "--tag", "arm64_sonoma"), 4, "try again later")
    assert tree(MIRROR) == before


def test_a_name_that_would_leave_its_folder_is_left_out_and_told(
    bottles: Bottles, upstream: Upstream
) -> None:
    evil = {**upstream.formulae[0], "name": "../../evil", "full_name": "../../evil"}
    upstream.publish([*upstream.formulae, evil])

    ended = bottles(*ONE)

    assert ended.status == 0
    assert "../../evil" in ended.err
    assert "is left out: " in ended.err
    assert not list(Path().rglob("*evil*"))


@pytest.mark.usefixtures("upstream")
@pytest.mark.parametrize(
    "damage", [b"", b"not json", b'{"bottles": {}}'], ids=["empty", "text", "other"]
)
def test_a_hash_file_damaged_by_hand_is_healed_and_told(
    bottles: Bottles, damage: bytes
) -> None:
    bottles.json(*ONE)
    whole = json.loads(HASH_FILE.read_text())
    HASH_FILE.write_bytes(damage)

    ended = bottles(*ONE)

    assert ended.status == 0
    assert "Invalid hash file format: bottles_hash.json: " in ended.err
    assert "it is rebuilt from the log" in ended.err
    assert json.loads(HASH_FILE.read_text())["bottles"] == whole["bottles"]


@pytest.mark.usefixtures("upstream")
def test_an_entry_changed_by_hand_is_healed_too(bottles: Bottles) -> None:
    bottles.json(*ONE)
    whole = HASH_FILE.read_bytes()
    HASH_FILE.write_bytes(whole.replace(b'"file_size":4096', b'"file_size":4097'))

    ended = bottles("ledger", "replay")

    assert ended.status == 0
    assert HASH_FILE.read_bytes() == whole


@pytest.mark.usefixtures("upstream")
@pytest.mark.parametrize(
    "command",
    [ONE, ("plan", "ledger"), ("verify",), ("ledger", "log"), ("ledger", "replay")],
    ids=["sync", "plan", "verify", "log", "replay"],
)
def test_a_log_with_a_gap_is_damage_and_nothing_is_changed(
    bottles: Bottles, command: tuple[str, ...]
) -> None:
    bottles.json(*ONE)
    HASH_FILE.unlink()
    (COMMITS / f"{1:020}.jsonl").unlink()
    before = tree(MIRROR)

    refused(bottles(*command), 3, "bottles: the ledger is damaged at commit 1: it is ")
    assert tree(MIRROR) == before


@pytest.mark.usefixtures("upstream")
def test_a_log_that_lost_its_end_is_damage(bottles: Bottles) -> None:
    bottles.json(*ALONE)
    (COMMITS / f"{2:020}.jsonl").unlink()
    before = tree(MIRROR)

    refused(bottles(*ALONE), 3, "the ledger is damaged at commit 2", "ends before it")
    assert tree(MIRROR) == before


def test_an_upstream_that_is_not_there_is_told(bottles: Bottles) -> None:
    address = "http://127.0.0.1:9/api"

    refused(
        bottles("sync", "--api-domain", address, "--retry-attempts", "1"),
        4,
        f"{address}/formula.jws.json: ",
        "Connection refused",
    )
    assert not MIRROR.exists()
