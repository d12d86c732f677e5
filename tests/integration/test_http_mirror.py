"""A mirror over HTTP that says odd things."""

from __future__ import annotations

import json
import random
from contextlib import closing

from adapters.homebrew.http import HttpClient
from adapters.homebrew.mirror import HttpMirror
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from tests.standin.catalog import plain_catalog
from tests.standin.signing import public_key_pem, signed
from tests.support.canned import Answer, CannedServer

FORMULAE = signed(json.dumps(plain_catalog(1)).encode())


def test_a_document_that_no_calendar_has_the_day_of_has_none() -> None:
    odd = {"Last-Modified": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}
    client = HttpClient(
        ManualClock(),
        random.random,
        pool_size=1,
        user_agent="bottles-tests",
        metrics=NoMetrics(),
    )
    with (
        CannedServer(Answer(200, headers=odd, body=FORMULAE)) as server,
        closing(client) as http,
    ):
        mirror = HttpMirror(http, server.endpoint_url, public_key_pem())
        assert mirror.formulae().modified is None
