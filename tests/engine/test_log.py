"""The log is the list that plug-ins of the 2.x series know, with look-up by id."""

import copy
from typing import Any

import pytest

from jupyter_ai.engine.log import ChatLog
from jupyter_ai.models import AgentChatMessage, ChatMessage
from jupyter_ai_magics.models.persona import JupyternautPersona


def message(id: str, body: str = "", reply_to: str = "") -> AgentChatMessage:
    return AgentChatMessage(id=id, time=0, body=body, reply_to=reply_to, persona=JupyternautPersona)


A, B, C = message("a"), message("b"), message("c")


@pytest.fixture
def log() -> ChatLog:
    log = ChatLog()
    for known in (A, B):
        log.add(known)
    return log


def test_messages_are_found_by_id(log: ChatLog) -> None:
    assert (log.find("a"), log.find("b"), log.find("c")) == (A, B, None)


def test_a_message_with_a_known_id_takes_the_place_of_the_old_one(log: ChatLog) -> None:
    log.add(new := message("a", "new"))

    assert (list(log), log.find("a")) == ([new, B], new)


def test_an_exchange_goes_as_a_whole(log: ChatLog) -> None:
    log.add(message("r", reply_to="a"))
    log.remove_exchange("a")

    assert (list(log), log.find("r"), log.find("b")) == ([B], None, B)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda log: log.append(C), [A, B, C]),
        (lambda log: log.extend([C]), [A, B, C]),
        (lambda log: log.__iadd__([C]), [A, B, C]),
        (lambda log: log.insert(0, C), [C, A, B]),
        (lambda log: log.pop(), [A]),
        (lambda log: log.pop(0), [B]),
        (lambda log: log.remove(A), [B]),
        (lambda log: log.reverse(), [B, A]),
        (lambda log: log.sort(key=lambda m: m.id, reverse=True), [B, A]),
        (lambda log: log.clear(), []),
        (lambda log: log.__delitem__(0), [B]),
        (lambda log: log.__delitem__(slice(None)), []),
        (lambda log: log.__setitem__(0, C), [C, B]),
        (lambda log: log.__setitem__(slice(None), [C]), [C]),
        (lambda log: log.__setitem__(slice(1, None), [m for m in log if m.id == "z"]), [A]),
    ],
)
def test_what_plug_ins_do_to_the_list_is_seen_by_id_too(log: ChatLog, change: Any, expected: list) -> None:
    change(log)

    assert list(log) == expected
    assert [m for m in (A, B, C) if log.find(m.id) is m] == sorted(expected, key=lambda m: m.id)


@pytest.mark.parametrize(
    "read",
    [
        lambda log: list(log)[-1],
        lambda log: log[-1],
        lambda log: log[:][-1],
        lambda log: next(reversed(log)),
        lambda log: [*log][-1],
        lambda log: log.copy()[-1],
        lambda log: copy.copy(log)[-1],
        lambda log: log.__add__([])[-1],
        lambda log: log.pop(),
        lambda log: sorted(log, key=lambda m: m.id)[-1],
    ],
)
def test_reading_brings_running_streams_up_to_date(read: Any) -> None:
    stream = message("s")

    def settle() -> None:
        stream.body = "so far"

    log = ChatLog(settle)
    log.add(stream)
    last: ChatMessage = read(log)

    assert last.body == "so far"
