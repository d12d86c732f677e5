"""Whatever a message says, Slack takes it, and no piece of it is a command."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.blocks import payload
from domain.messages import Message
from tests.support.slack import complaint_about

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]) | st.sampled_from("<>&*"),
    min_size=1,
    max_size=200,
)
LONG = st.builds(lambda word, times: word * times, WORDS, st.integers(1, 60))
MESSAGES = st.builds(
    Message, WORDS, st.lists(st.tuples(WORDS, LONG), max_size=12).map(tuple)
)


@given(MESSAGES)
def test_slack_takes_every_message(message: Message) -> None:
    assert complaint_about(payload(message)) is None


@given(MESSAGES)
def test_no_piece_of_a_message_is_a_command(message: Message) -> None:
    sent = payload(message)
    for text in (
        sent["text"],
        *(block["text"]["text"] for block in sent["blocks"][1:]),
    ):
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)


@given(
    st.builds(Message, WORDS, st.lists(st.tuples(WORDS, WORDS), max_size=6).map(tuple))
)
def test_a_short_message_arrives_word_for_word(message: Message) -> None:
    sent = payload(message)

    sections = [unescape(block["text"]["text"]) for block in sent["blocks"][1:]]
    said = [f"*{label}:* {value}" for label, value in message.lines]
    assert "\n".join(sections) == "\n".join(said)
