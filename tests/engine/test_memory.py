"""What the model remembers is stored as JSON and comes back as it was."""

from types import SimpleNamespace
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage

from jupyter_ai.engine.memory import Shortening, exchange_rows, memory_row, recall
from jupyter_ai.engine.store import MemoryRow
from jupyter_ai.history import HUMAN_MSG_ID_KEY, BoundedChatHistory
from jupyter_ai.testing import FakeModel


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


def test_that_the_beginning_is_left_out_is_said_once_for_each_time_it_happens() -> None:
    said: list[dict[str, Any]] = []
    shortening = Shortening((), lambda text, reply_to, metadata: said.append(metadata["memory"]))
    memory = BoundedChatHistory(k=2)
    memory.add_messages([HumanMessage("one"), AIMessage("1"), HumanMessage("two"), AIMessage("2")])

    for exchange, budget in enumerate((100, 10, 10, 0, 100, 0)):
        shortening.check(str(exchange), memory, budget)

    assert said == [{"exchanges": 1, "full": True}, {"exchanges": 0, "full": True}]


def test_of_several_that_answer_one_message_one_note_is_enough() -> None:
    said: list[str] = []
    shortening = Shortening((), lambda text, *_: said.append(text))
    memory = BoundedChatHistory()
    memory.add_message(HumanMessage("one"))

    for exchange, budget in (("a", 0), ("a", 100), ("a", 0), ("b", 100), ("b", 0), ("c", 0)):
        shortening.check(exchange, memory, budget)

    assert len(said) == 1


def test_what_was_said_before_a_restart_is_not_said_again() -> None:
    said: list[str] = []
    before: Any = [SimpleNamespace(), SimpleNamespace(metadata={"memory": {"exchanges": 1}})]
    memory = BoundedChatHistory(k=0)
    memory.add_message(HumanMessage("one"))

    Shortening(before, lambda text, *_: said.append(text)).check("m", memory, None)

    assert said == []


async def test_the_chat_says_that_the_beginning_is_left_out_and_clearing_ends_that(make_chat: Any) -> None:
    chat = make_chat(model=FakeModel(["yes"]))

    def notes() -> list[Any]:
        return [m.body for m in chat.messages if m.type == "agent" and "memory" in m.metadata]

    for _ in range(3):
        await chat.send("hello")
    assert notes() == []

    for _ in range(2):
        assert (await chat.send("hello")).text == "yes"
    (note,) = notes()
    assert note.endswith(
        "it is shown the last 2 exchanges. How many it is shown is a setting; `/clear` begins anew."
    )

    await chat.clear()
    await chat.send("hello")
    assert notes() == []


async def test_a_model_with_a_small_window_is_shown_what_fits(make_chat: Any) -> None:
    model = FakeModel(["word " * 30], profile={"max_input_tokens": 200})
    chat = make_chat(model=model)

    for _ in range(3):
        await chat.send("more")

    assert [len(asked) - 2 for asked in model.asked] == [0, 2, 2]
    assert "does not fit" in next(m.body for m in chat.messages if m.type == "agent")
