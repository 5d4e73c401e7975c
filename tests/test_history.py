"""What the model remembers, how much of it it sees, and what it forgets."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from jupyter_ai.history import HUMAN_MSG_ID_KEY, BoundedChatHistory, WrappedBoundedChatHistory


def texts(messages: list[BaseMessage]) -> list[Any]:
    return [message.content for message in messages]


def human(id: str, when: float | None = None) -> Any:
    return SimpleNamespace(id=id, time=time.time() if when is None else when)


@pytest.fixture
def history() -> BoundedChatHistory:
    """Three exchanges, of human messages "0", "1" and "2"."""
    history = BoundedChatHistory(k=2)
    for i in range(3):
        wrapped = WrappedBoundedChatHistory(history, human(str(i)))
        wrapped.add_messages([HumanMessage(f"question {i}"), AIMessage(f"answer {i}")])
    return history


@pytest.mark.parametrize(("k", "first"), [(None, 0), (3, 0), (2, 1), (1, 2), (0, 3)])
def test_a_model_sees_the_last_k_exchanges(history: BoundedChatHistory, k: int | None, first: int) -> None:
    history.k = k

    assert texts(history.messages) == [
        f"{kind} {i}" for i in range(first, 3) for kind in ("question", "answer")
    ]


async def test_the_asynchronous_readers_and_writers_do_the_same(history: BoundedChatHistory) -> None:
    wrapped = WrappedBoundedChatHistory(history, human("3"))
    await wrapped.aadd_messages([HumanMessage("q"), AIMessage("a")])
    assert texts(await history.aget_messages()) == texts(await wrapped.aget_messages())
    assert texts(history.messages)[-2:] == ["q", "a"]

    await history.aclear()
    assert history.messages == []


def test_what_an_exchange_adds_bears_the_id_of_its_human_message(history: BoundedChatHistory) -> None:
    assert [m.additional_kwargs[HUMAN_MSG_ID_KEY] for m in history.messages] == ["1", "1", "2", "2"]


def test_a_cleared_exchange_is_forgotten_and_adds_nothing_later(history: BoundedChatHistory) -> None:
    history.clear(["1"])
    WrappedBoundedChatHistory(history, human("1")).add_message(AIMessage("late"))

    assert texts(history.messages) == ["question 0", "answer 0", "question 2", "answer 2"]


def test_after_everything_was_cleared_an_older_exchange_adds_nothing(history: BoundedChatHistory) -> None:
    WrappedBoundedChatHistory(history, human("old")).clear()
    WrappedBoundedChatHistory(history, human("old", history.clear_time - 1)).add_message(AIMessage("late"))
    WrappedBoundedChatHistory(history, human("new", history.clear_time + 1)).add_message(AIMessage("new"))

    assert texts(history.messages) == ["new"]


def test_the_keywords_of_2x_say_what_was_cleared_before() -> None:
    history = BoundedChatHistory(k=None, clear_time=100.0, cleared_msgs={"b"})
    for message in (human("a", 99.0), human("b", 101.0), human("c", 101.0)):
        WrappedBoundedChatHistory(history, last_human_msg=message).add_message(AIMessage(message.id))

    assert texts(history.messages) == ["c"]


def test_two_histories_share_nothing() -> None:
    one, other = BoundedChatHistory(), BoundedChatHistory()
    one.clear(["a"])

    assert other.cleared_msgs == set()


def test_an_observer_learns_what_is_added_and_cleared_but_not_what_is_restored(history) -> None:
    seen: list[Any] = []
    history.observe(lambda id, message: seen.append((id, message.content)), seen.append)
    history.restore("r", AIMessage("restored"))
    WrappedBoundedChatHistory(history, human("3")).add_message(AIMessage("added"))
    history.clear(["3"])
    history.clear()

    assert seen == [("3", "added"), ["3"], None]
    assert history.messages == []


@pytest.mark.parametrize(
    ("budget", "first"), [(None, 1), (100, 1), (30, 1), (29, 2), (15, 2), (14, 3), (0, 3)]
)
def test_a_model_sees_whole_exchanges_within_its_budget(
    history: BoundedChatHistory, budget: int | None, first: int
) -> None:
    """An exchange takes 15 tokens by our count: 10 and 8 bytes in three, and four for each message."""
    seen = WrappedBoundedChatHistory(history, human("3"), budget=budget).messages

    assert texts(seen) == [f"{kind} {i}" for i in range(first, 3) for kind in ("question", "answer")]


def test_what_is_no_exchange_is_shown_as_long_as_it_fits() -> None:
    history = BoundedChatHistory()
    history.add_messages([AIMessage("abc"), AIMessage([{"type": "text", "text": "def"}])])

    assert [len(history.within(budget)) for budget in (10, 9)] == [2, 0]


def test_the_beginning_is_hidden_by_the_count_and_by_the_budget(history: BoundedChatHistory) -> None:
    assert [history.hides(None), history.hides(15)] == [True, True]

    history.k = None

    assert [history.hides(None), history.hides(15)] == [False, True]
