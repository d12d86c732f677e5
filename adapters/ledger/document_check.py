"""Looking for damage in the documents that a log names."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.ledger.ahead import ahead
from adapters.ledger.documents import read_document
from adapters.ledger.layout import DOCUMENTS, document_sha256
from adapters.ledger.refold import Refold
from domain.damage import NO_COMMIT, Damage
from ports.errors import MalformedError, NotFoundError
from ports.store import Store


def check_documents(store: Store, refold: Refold, readers: int) -> Iterator[Damage]:
    """Yield what is wrong with the documents that the commits name.

    Args:
        refold: What has read the commits.
        readers: How many documents are asked for at a time.
    """
    kept: set[str] = set()
    for info in store.list(DOCUMENTS):
        sha256 = document_sha256(info.key)
        if sha256 is None:
            detail = f"{info.key} lies where only documents may lie; move it away"
            yield Damage("bad key", NO_COMMIT, NO_COMMIT, detail)
        else:
            kept.add(sha256)

    def look(document: tuple[str, int]) -> Damage | None:
        sha256, seq = document
        stops = sha256 in refold.needed
        if sha256 not in kept:
            detail = f"document {sha256}, which it names, is missing"
            return Damage("document missing", seq, seq, detail, sha256, stops=stops)
        try:
            read_document(store, sha256)
        except (MalformedError, NotFoundError) as error:
            detail = str(error)
            return Damage("document changed", seq, seq, detail, sha256, stops=stops)
        return None

    # That nothing needs them any more was recorded.
    seen_to = [
        repair for repair in refold.repairs if repair.cause.startswith("document")
    ]
    for damage in ahead(look, sorted(refold.documents.items()), readers):
        if damage is None:
            continue
        if damage.stops or not any(
            repair.first <= damage.first <= repair.last for repair in seen_to
        ):
            yield damage
