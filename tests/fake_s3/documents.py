"""The XML that S3 answers with (Amazon S3 API Reference, "Response Syntax")."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

from tests.fake_s3.bucket import Version

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def error_document(code: str, message: str, resource: str) -> bytes:
    """Return why a request was refused."""
    said = [("Code", code), ("Message", message), ("Resource", resource)]
    return _document("Error", _texts(said))


def copied_document(version: Version) -> bytes:
    """Return what a copy has made."""
    return _document("CopyObjectResult", _texts(_described(version)))


def versioning_document(*, enabled: bool) -> bytes:
    """Return whether a bucket keeps versions; one that never did says nothing."""
    status = _texts([("Status", "Enabled")]) if enabled else ""
    return _document("VersioningConfiguration", status)


def page_document(
    fields: Iterable[tuple[str, str]], found: Iterable[Version], *, encoded: bool
) -> bytes:
    """Return one page of the objects in a bucket."""
    name = _name_writer(encoded=encoded)
    contents = [
        _element("Contents", name("Key", version.key) + _texts(_listed(version)))
        for version in found
    ]
    return _page("ListBucketResult", fields, contents, encoded=encoded)


def versions_document(
    fields: Iterable[tuple[str, str]], found: Iterable[Version], *, encoded: bool
) -> bytes:
    """Return one page of the versions and delete markers in a bucket."""
    name = _name_writer(encoded=encoded)
    contents = []
    for version in found:
        about = [
            ("VersionId", version.version_id),
            ("IsLatest", str(version.latest).lower()),
        ]
        if version.marker:
            kind = "DeleteMarker"
            about.append(("LastModified", _timestamp(version.at)))
        else:
            kind = "Version"
            about += _listed(version)
        contents.append(_element(kind, name("Key", version.key) + _texts(about)))
    return _page("ListVersionsResult", fields, contents, encoded=encoded)


def checksum(digest: str) -> str:
    """Return a digest as S3 writes it."""
    return b64encode(bytes.fromhex(digest)).decode()


def _described(version: Version) -> list[tuple[str, str]]:
    about = [("ETag", version.etag), ("LastModified", _timestamp(version.at))]
    if version.sha256 is not None:
        about.append(("ChecksumSHA256", checksum(version.sha256)))
        about.append(("ChecksumType", "FULL_OBJECT"))
    return about


def _listed(version: Version) -> list[tuple[str, str]]:
    about = [
        ("ETag", version.etag),
        ("LastModified", _timestamp(version.at)),
        ("Size", str(len(version.body))),
        ("StorageClass", "STANDARD"),
    ]
    if version.sha256 is not None:
        about.append(("ChecksumAlgorithm", "SHA256"))
        about.append(("ChecksumType", "FULL_OBJECT"))
    return about


# The fields of a list that hold keys, or parts of some.
_NAMES = {"Prefix", "StartAfter", "KeyMarker", "NextKeyMarker"}


def _page(
    kind: str,
    fields: Iterable[tuple[str, str]],
    contents: Iterable[str],
    *,
    encoded: bool,
) -> bytes:
    write = _name_writer(encoded=encoded)
    head = "".join(
        write(name, value) if name in _NAMES else _text(name, value)
        for name, value in fields
    )
    if encoded:
        head += _text("EncodingType", "url")
    return _document(kind, head + "".join(contents))


def _name_writer(*, encoded: bool) -> Callable[[str, str], str]:
    if encoded:
        return lambda name, value: _text(name, quote(value))
    return _text


def _document(root: str, content: str) -> bytes:
    space = "" if root == "Error" else f' xmlns="{_NAMESPACE}"'
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}<{root}{space}>{content}</{root}>".encode()


def _texts(fields: Iterable[tuple[str, str]]) -> str:
    return "".join(_text(name, value) for name, value in fields)


def _text(name: str, value: str) -> str:
    return _element(name, escape(value))


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def _timestamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.000Z}"
