"""The rows of the chat store, and the operations that change them."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "AddMemory",
    "AppendPiece",
    "ChatContents",
    "ChatRow",
    "ClearMemory",
    "DeleteChat",
    "DeleteMessages",
    "FinishStream",
    "Limits",
    "MemoryRow",
    "Op",
    "PutChat",
    "PutMessage",
    "PutRun",
    "RunRow",
    "StoreError",
    "decode",
    "weight",
]


class StoreError(Exception):
    """The store could not do what it was asked to: the message says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class ChatRow:
    id: str
    owner: str
    title: str
    created: float
    shared: bool
    is_default: bool
    persona: str = ""  # the name of whom answers what is addressed to nobody


@dataclass(frozen=True, slots=True)
class RunRow:
    chat: str
    id: str  # that of the human message it answers
    handler: str
    state: str
    remembers: bool


@dataclass(frozen=True, slots=True)
class MemoryRow:
    human_id: str
    json: str


@dataclass(frozen=True, slots=True)
class ChatContents:
    messages: list[dict[str, Any]]  # in the order of the log, streams whole
    memory: list[MemoryRow]
    runs: list[RunRow]  # the interrupted ones


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait for the disk, and how long anybody waits for it (bytes and seconds)."""

    backlog: int = 64 * 2**20
    retry: float = 5.0
    stall: float = 10.0
    busy: float = 2.0
    opening: float = 30.0
    reading: float = 30.0
    closing: float = 5.0


# The fields of an operation stand in the order in which its SQL statement binds them.


class PutChat(NamedTuple):
    id: str
    owner: str
    title: str
    created: float
    shared: bool
    is_default: bool
    persona: str = ""


class DeleteChat(NamedTuple):
    chat: str


class PutMessage(NamedTuple):
    chat: str
    id: str
    reply_to: str
    json: str
    open: bool


class AppendPiece(NamedTuple):
    text: str
    chat: str
    stream: str


class FinishStream(NamedTuple):
    json: str
    chat: str
    stream: str


class DeleteMessages(NamedTuple):
    chat: str
    ids: tuple[str, ...] | None


class ClearMemory(NamedTuple):
    chat: str
    ids: tuple[str, ...] | None


class PutRun(NamedTuple):
    chat: str
    id: str
    handler: str
    state: str
    remembers: bool


class AddMemory(NamedTuple):
    chat: str
    human_id: str
    json: str


Op: TypeAlias = (
    PutChat
    | DeleteChat
    | PutMessage
    | AppendPiece
    | FinishStream
    | DeleteMessages
    | ClearMemory
    | PutRun
    | AddMemory
)

_OVERHEAD = 200  # a tuple, its place in a queue and its short fields


def weight(op: Op) -> int:
    """The bytes that an operation holds while it waits, roughly."""
    return _OVERHEAD + sum([sys.getsizeof(field) for field in op if type(field) is str])


def decode(json: str, pieces: Sequence[str] = ()) -> dict[str, Any] | None:
    """A stored message with the pieces that followed it, or None if it cannot be read."""
    try:
        message = jsonlib.loads(json)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    if pieces:
        message["body"] = "".join([message.get("body") or "", *pieces])
    return message
