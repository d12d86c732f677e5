"""What is read out of a document, so that no command of it goes untried."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.guides import Step, missing_of, steps_of, unmarked

SHELL = """
```sh
# A remark.
first                 # 3: it is damaged
second --to "a # b"

third \\
    --more
cat > file <<'EOF'
text
EOF
```

1. In a list.

   ```sh
   fourth    # to be seen
   ```
"""
CONSOLE = """
```console
$ first
said by the first
$ second
```

```
$ third
3 of …
```

```text
$ no command
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def test_lines_of_a_shell_are_commands_with_their_status(page: Path) -> None:
    page.write_text(SHELL)
    assert steps_of(page) == [
        Step(4, "first", 3),
        Step(5, 'second --to "a # b"'),
        Step(7, "third \\\n    --more"),
        Step(9, "cat > file <<'EOF'\ntext\nEOF"),
        Step(17, "fourth"),
    ]


def test_what_follows_a_command_on_a_terminal_is_what_it_says(page: Path) -> None:
    page.write_text(CONSOLE)
    assert steps_of(page) == [
        Step(3, "first", said=("said by the first",)),
        Step(5, "second"),
        Step(9, "third", said=("3 of …",)),
    ]


def test_a_block_that_does_not_end_is_noticed(page: Path) -> None:
    page.write_text("```sh\nfirst\n")
    with pytest.raises(AssertionError, match="the block does not end"):
        steps_of(page)


@pytest.mark.parametrize(
    "block",
    [
        "```\nbottles sync\n```\n",
        "```\nPATH is set\nmake demo\n```\n",
        "```bash\nanything\n```\n",
        "```zsh\nanything\n```\n",
        "Type this:\n\n    bottles sync\n",
    ],
)
def test_commands_that_nobody_would_find_are_noticed(page: Path, block: str) -> None:
    page.write_text(block)
    assert len(unmarked(page)) == 1


@pytest.mark.parametrize(
    "block", ["```\nbottles: an error\n```\n", "```text\nbottles sync\n```\n"]
)
def test_what_is_said_is_no_command(page: Path, block: str) -> None:
    page.write_text(block)
    assert unmarked(page) == []


PRINTED = "3 bottles mirrored (12.3 kB fetched), in mirror\n\nLedger head: 4:97af\n"


@pytest.mark.parametrize(
    "said",
    [
        ("5 bottles mirrored (1.2 GB fetched), in mirror",),
        ("3 bottles mirrored (…), in mirror", "", "Ledger head: …"),
        ("3  bottles mirrored (7 B fetched),  in mirror",),
        (),
    ],
)
def test_numbers_and_widths_may_differ(said: tuple[str, ...]) -> None:
    assert missing_of(Step(1, "sync", said=said), PRINTED) == []


@pytest.mark.parametrize(
    "said",
    [
        ("3 bottles mirrored (12.3 kB fetched), in other",),
        ("Ledger head: …", "3 bottles mirrored (12.3 kB fetched), in mirror"),
        ("Ledger head: ",),
    ],
)
def test_words_and_their_order_may_not(said: tuple[str, ...]) -> None:
    assert missing_of(Step(1, "sync", said=said), PRINTED) != []
