"""A stored chat is read back, whatever stands in its rows."""

from typing import Any

import pytest

from jupyter_ai.engine.frame import dump
from jupyter_ai.engine.restore import cut_reply, ends_visibly, last_answer, parse_message
from jupyter_ai.engine.store_records import decode
from jupyter_ai.models import (
    AgentChatMessage,
    AgentStreamMessage,
    ChatClient,
    HumanChatMessage,
    NotebookAttachment,
)
from jupyter_ai_magics.models.persona import JupyternautPersona

CLIENT = ChatClient(id="c", username="u", initials="U", name="U", display_name="U")
COMMON = {"id": "r", "time": 1.0, "reply_to": "m", "persona": JupyternautPersona}


def stream(body: str, **metadata: Any) -> AgentStreamMessage:
    return AgentStreamMessage(body=body, complete=True, metadata=metadata, **COMMON)


@pytest.mark.parametrize(
    "message",
    [
        HumanChatMessage(id="m", time=1.0, body="hello \ud800", prompt="hello \ud800", client=CLIENT),
        HumanChatMessage(
            id="m", time=1.0, body="x", prompt="x", attachments=[NotebookAttachment(value="a")], client=CLIENT
        ),
        AgentChatMessage(body="whole 🎉", metadata={"k": [1, None]}, **COMMON),
        stream("streamed", stopped=True),
    ],
)
def test_a_message_comes_back_as_it_was_stored(message: Any) -> None:
    row = decode(dump(message))

    assert row is not None
    assert parse_message(row) == message


@pytest.mark.parametrize("row", [{}, {"type": "agent"}, {"type": "future"}, {"type": ["x"]}, {"type": None}])
def test_a_row_that_cannot_be_read_is_none(row: dict[str, Any]) -> None:
    assert parse_message(row) is None


def test_a_cut_answer_ends_visibly() -> None:
    whole = AgentChatMessage(body="x", **COMMON)

    assert not ends_visibly([whole, stream("x")])
    assert ends_visibly([whole, stream("x", interrupted=True)])
    assert ends_visibly([stream("x", stopped=True), whole])
    assert ends_visibly([cut_reply("m", JupyternautPersona, begun=True)])


def test_the_last_answer_is_what_a_model_said_and_not_what_we_did() -> None:
    cut = cut_reply("m", JupyternautPersona, begun=False)
    stopped = stream("so far\n\n(AI response stopped by user)", stopped=True)

    assert last_answer([stream("one"), stream("two")]) == "two"
    assert last_answer([stopped]) == "so far"
    assert last_answer([stream("(AI response stopped by user)", stopped=True)]) == ""
    assert last_answer([cut]) == last_answer([]) == ""
