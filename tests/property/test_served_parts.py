"""Whatever is asked for, a client gets what is there, and nothing is left open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client, create_environ, run_wsgi_app

from adapters.memory.clock import ManualClock
from adapters.memory.served import ServedMemory
from domain.bottle import ObjectKey
from domain.served import BYTES_MEDIA_TYPE
from entrypoints.serving.app import Answered, MirrorApp

BODY = bytes(range(100))
KEY = ObjectKey("flat/jq")
SECRET = ObjectKey("ledger/v1/ledger.json")

numbers = st.integers(0, 120).map(str)
ranges = st.builds(
    lambda unit, first, last: f"{unit}={first}-{last}",
    st.sampled_from(["bytes", "bytes", "bytes", "lines"]),
    numbers | st.just(""),
    numbers | st.just(""),
) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


def mirror() -> tuple[ServedMemory, Client]:
    objects = ServedMemory(ManualClock())
    objects.store(KEY, BODY, BYTES_MEDIA_TYPE)
    objects.store(SECRET, b"secret", "application/json")
    return objects, Client(MirrorApp(objects, list[Answered]().append))


@given(asked=ranges, etag=st.sampled_from([None, "right", '"wrong"']))
def test_a_part_is_what_its_header_says(asked: str, etag: str | None) -> None:
    objects, client = mirror()
    headers = {"Range": asked}
    if etag is not None:
        known = client.head(f"/{KEY}").headers["ETag"]
        headers["If-Range"] = known if etag == "right" else etag
    answer = client.get(f"/{KEY}", headers=headers)
    data = answer.data
    answer.close()
    assert objects.opened == 0
    if answer.status_code == 416:
        assert data == b""
        assert answer.headers["Content-Range"] == "bytes */100"
        return
    assert answer.headers["Content-Length"] == str(len(data))
    if answer.status_code == 200:
        assert data == BODY
        return
    assert answer.status_code == 206
    assert etag != '"wrong"'
    part, _, size = (
        answer.headers["Content-Range"].removeprefix("bytes ").partition("/")
    )
    first, _, last = part.partition("-")
    assert size == "100"
    assert data == BODY[int(first) : int(last) + 1]
    assert data


@given(
    path=st.lists(
        st.sampled_from(
            [
                "flat",
                "jq",
                "ledger",
                "v1",
                "ledger.json",
                "..",
                ".",
                "",
                "%2e%2e",
                "%2F",
            ]
        ),
        max_size=6,
    ).map("/".join)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    method=st.sampled_from(["GET", "HEAD"]),
)
def test_no_path_leads_to_what_is_not_for_clients(path: str, method: str) -> None:
    objects, client = mirror()
    environ = create_environ(method=method)
    # As it came over the wire, which a URL might not survive.
    environ["PATH_INFO"] = f"/{path}".encode().decode("latin-1")
    body, status, _ = run_wsgi_app(client.application, environ, buffered=True)
    assert b"secret" not in b"".join(body)
    if path.strip("/"):
        assert status.startswith(("200 ", "404 "))
    else:
        # The root leads to the status page.
        assert status.startswith("302 ")
    assert objects.opened == 0
