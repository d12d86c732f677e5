from benchmarks.document import renewed

PAGE = """# Benchmarks

What it is about.

## first

Before.

```
old first
```

After.

## second

```
old second
```
"""


def test_a_section_gets_other_figures_and_keeps_its_words() -> None:
    page = renewed(PAGE, "first", "new \\1\n")
    assert page == PAGE.replace("old first", "new \\1")


def test_the_last_section_is_renewed_as_any_other() -> None:
    assert renewed(PAGE, "second", "new\n") == PAGE.replace("old second", "new")


def test_a_section_without_figures_gets_them_behind_its_words() -> None:
    page = PAGE.replace("```\nold first\n```\n\nAfter.\n\n", "")
    assert renewed(page, "first", "new\n") == PAGE.replace(
        "```\nold first\n```\n\nAfter.\n", "```\nnew\n```\n"
    )


def test_a_section_that_is_not_there_is_added_at_the_end() -> None:
    page = renewed(PAGE, "fir", "new\n")
    assert page == f"{PAGE}\n## fir\n\n```\nnew\n```\n"
