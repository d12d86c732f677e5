import json
from pathlib import Path

import pytest

from adapters.slack.blocks import payload
from domain.messages import Message
from tests.support.messages import MESSAGES

GOLDEN = Path(__file__).parents[1] / "golden" / "slack"


@pytest.mark.parametrize("name", MESSAGES)
def test_what_slack_is_sent_is_as_it_was(name: str) -> None:
    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))

    assert payload(MESSAGES[name]) == expected


def test_every_message_of_the_golden_folder_is_tested() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(MESSAGES)


def test_nobody_is_woken_by_what_somebody_else_has_worded() -> None:
    sent = payload(Message("❌ T", (("Error", "<!channel> said a & b <http://x|y>"),)))

    escaped = "&lt;!channel&gt; said a &amp; b &lt;http://x|y&gt;"
    assert sent["text"] == f"❌ T\nError: {escaped}"
    assert sent["blocks"][1]["text"] == {
        "type": "mrkdwn",
        "text": f"*Error:* {escaped}",
        "verbatim": True,
    }


def test_a_long_title_is_cut_and_the_cut_is_shown() -> None:
    (header,) = payload(Message("x" * 151))["blocks"]

    assert header["text"]["text"] == "x" * 149 + "…"


def test_what_is_cut_is_not_cut_inside_an_entity() -> None:
    sent = payload(Message("T", (("L", "&" * 1_000),)))

    text = sent["blocks"][1]["text"]["text"]
    # 3,000 characters, less what stands before and the sign of the cut, in fives.
    assert text == "*L:* " + "&amp;" * 598 + "…"
    assert sent["text"] == "T\nL: " + "&amp;" * 798 + "…"


def test_lines_that_do_not_fit_into_one_section_take_another() -> None:
    lines = tuple((f"Label {n}", "x" * 1_400) for n in range(5))

    sections = payload(Message("T", lines))["blocks"][1:]

    assert [section["text"]["text"].count("Label") for section in sections] == [2, 2, 1]
