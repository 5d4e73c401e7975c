"""What the model remembers is stored as JSON and comes back as it was."""

from langchain_core.messages import AIMessage, HumanMessage

from jupyter_ai.engine.memory import exchange_rows, memory_row, recall
from jupyter_ai.engine.store import MemoryRow
from jupyter_ai.history import HUMAN_MSG_ID_KEY, BoundedChatHistory


def test_an_exchange_comes_back_with_the_id_of_its_human_message() -> None:
    memory = BoundedChatHistory()
    recall(exchange_rows("m", "question \ud800", "answer 🎉"), memory)

    assert [(type(m), m.content) for m in memory.messages] == [
        (HumanMessage, "question \ud800"),
        (AIMessage, "answer 🎉"),
    ]
    assert {m.additional_kwargs[HUMAN_MSG_ID_KEY] for m in memory.messages} == {"m"}


def test_what_json_cannot_hold_does_not_keep_a_message_from_being_remembered() -> None:
    odd = AIMessage("answer", additional_kwargs={"object": object(), "keys": {(1, 2): float("nan")}})
    memory = BoundedChatHistory()
    recall([memory_row("m", odd)], memory)

    (message,) = memory.messages
    assert message.content == "answer"
    assert message.additional_kwargs["keys"] == {"(1, 2)": None}


def test_tool_calls_and_usage_survive() -> None:
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    call = {"name": "add", "args": {"a": 1}, "id": "1", "type": "tool_call"}
    memory = BoundedChatHistory()
    recall([memory_row("m", AIMessage("", tool_calls=[call], usage_metadata=usage))], memory)

    (message,) = memory.messages
    assert isinstance(message, AIMessage)
    assert (message.tool_calls, message.usage_metadata) == ([call], usage)


def test_rows_that_cannot_be_read_are_left_out_and_counted() -> None:
    memory = BoundedChatHistory()
    broken = [MemoryRow("m", json) for json in ("", "[]", "{}", '{"type": "future", "data": {}}', '"x"')]

    assert recall([*broken, *exchange_rows("m", "question", "answer")], memory) == len(broken)
    assert [m.content for m in memory.messages] == ["question", "answer"]
