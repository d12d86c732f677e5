"""The least code that puts files into S3: http.client, addresses signed beforehand.

A file lists them as JSON: address, path and size of each. Nothing is hashed, and no
answer is looked at but for its status.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit


def main() -> None:
    """Put all that the list has."""
    parser = argparse.ArgumentParser()
    parser.add_argument("list", type=Path)
    parser.add_argument("jobs", type=int)
    arguments = parser.parse_args()
    items = json.loads(arguments.list.read_text(encoding="utf-8"))
    trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    shares = [items[first :: arguments.jobs] for first in range(arguments.jobs)]

    def put(share: Sequence[tuple[str, str, int]]) -> None:
        if not share:
            return
        host = urlsplit(share[0][0]).netloc
        connection = http.client.HTTPSConnection(host, context=trust, blocksize=2**18)
        for address, path, size in share:
            url = urlsplit(address)
            with Path(path).open("rb") as body:
                headers = {"Content-Length": str(size)}
                connection.request("PUT", f"{url.path}?{url.query}", body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{path}: {answer.status}")
        connection.close()

    with ThreadPoolExecutor(arguments.jobs) as pool:
        for _ in pool.map(put, shares):
            pass


if __name__ == "__main__":
    main()
