"""Writes what of the reference comes from the code: ``make reference``."""

from __future__ import annotations

from tests.reference.pages import pages


def main() -> None:
    """Write it anew."""
    for path, text in pages():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
