"""An S3 of the tests in a process of its own, until its standard input ends."""

from __future__ import annotations

import argparse
import sys

from tests.fake_s3.server import FakeS3


def main() -> None:
    """Serve, and tell where in one line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fake_s3", description=__doc__
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--page-size", type=int, default=1000, help="keys in a list")
    arguments = parser.parse_args()
    with FakeS3(port=arguments.port, page_size=arguments.page_size) as server:
        sys.stdout.write(f"{server.endpoint_url}\n")
        sys.stdout.flush()
        # Whoever started it is gone when this ends, however it went.
        sys.stdin.read()


if __name__ == "__main__":
    main()
