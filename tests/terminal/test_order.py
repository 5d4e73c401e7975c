"""Messages are shown one after the other, whatever the order of their chunks."""

from __future__ import annotations

from jupyter_ai.terminal.order import InOrder
from jupyter_ai.terminal.state import Cleared, Grew, Message, Said


def stream(id: str) -> Message:
    return Message(id, "agent", "Robot", complete=False)


def say(order: InOrder, message: Message, text: str, *, last: bool = False) -> list[str]:
    message.append(text)
    message.complete = last
    return [part.text for part in order.take(Grew(message))]


def test_a_second_stream_waits_for_the_first() -> None:
    order, a, b = InOrder(), stream("a"), stream("b")
    order.take(Said(a))
    order.take(Said(b))

    assert say(order, b, "later ") == []
    assert say(order, a, "first") == ["first"]
    assert order.waiting == [b]
    assert say(order, b, "on") == []
    assert say(order, a, "!", last=True) == ["!", "later on"]
    assert say(order, b, ".", last=True) == ["."]
    assert order.current is None


def test_parts_tell_where_a_message_begins_and_ends() -> None:
    order, a = InOrder(), stream("a")

    parts = order.take(Said(a))
    a.append("x")
    parts += order.take(Grew(a))
    a.complete = True
    parts += order.take(Grew(a))

    assert [(p.text, p.first, p.last) for p in parts] == [
        ("", True, False),
        ("x", False, False),
        ("", False, True),
    ]


def test_a_cleared_message_ends_and_the_next_one_comes() -> None:
    order, a, b = InOrder(), stream("a"), Message("b", "agent", "Robot", ["whole"])
    order.take(Said(a))
    order.take(Said(b))

    parts = order.take(Cleared(frozenset({"a"}), everything=False))

    assert [(p.message.id, p.text, p.last) for p in parts] == [("a", "", True), ("b", "whole", True)]
