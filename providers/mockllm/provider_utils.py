"""What providers share: prompts out of messages, usage, and streams with delays and faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mockllm.content import text_of
from mockllm.journal import current_entry
from mockllm.tokens import count_tokens, split_tokens

if TYPE_CHECKING:
    from mockllm.config import Prompt, Reply

__all__ = [
    "Cut",
    "Token",
    "calculate_usage",
    "count_tokens",
    "extract_prompt_from_messages",
    "pace",
    "play",
    "prompt_of",
    "stream_with_lag",
    "thinking",
]

T = TypeVar("T")

_HUMAN = ("user", "human")
_SYSTEM = ("system", "developer")
_TOGETHER = 16
_CHARACTER_DELAY = 0.05  # seconds at a lag factor of 1


class Cut(Exception):
    """Raised by the body of a response: the server drops the connection without ending the response."""


class Token(NamedTuple):
    """A piece of a streamed reply; `position` counts from 0."""

    text: str
    position: int


def calculate_usage(prompt: str, response: str, model: str | None = None) -> dict[str, int]:
    """The tokens of a prompt and its response, as `count_tokens` counts them; no model makes a difference."""
    asked, answered = count_tokens(prompt), count_tokens(response)
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def extract_prompt_from_messages(messages: Sequence[Any]) -> str:
    """The text of the last message of a user, else of the last message; of content parts, their texts."""
    told = [message for message in messages if isinstance(message, Mapping)]
    asked = [message for message in told if message.get("role") in _HUMAN] or told
    return text_of(asked[-1].get("content")) if asked else ""


def prompt_of(request: Mapping[str, Any], text: str | None = None) -> Prompt:
    """What the rules are asked for a request with `messages`, or else with a `prompt` or `input`.

    `text` is put in the place of what the request asks.
    """
    from mockllm.config import Prompt

    messages = [each for each in _list(request.get("messages")) if isinstance(each, Mapping)]
    if text is None:
        text = extract_prompt_from_messages(messages) if messages else _plain_prompt(request)
    system = [text_of(request.get("system"))] + [
        text_of(each.get("content")) for each in messages if each.get("role") in _SYSTEM
    ]
    turn = sum(each.get("role") in _HUMAN for each in messages) or 1
    model = request.get("model")
    return Prompt(text, "\n".join(filter(None, system)), turn, model if isinstance(model, str) else "")


async def stream_with_lag(
    content: str, lag_enabled: bool = True, lag_factor: float = 10
) -> AsyncGenerator[str, None]:
    """The content character by character; the higher the lag factor, the shorter the wait (10: 5 ms each)."""
    delay = _CHARACTER_DELAY / lag_factor if lag_enabled and lag_factor > 0 else 0
    for character in content:
        await asyncio.sleep(delay)
        yield character


async def thinking(reply: Reply) -> None:
    """Wait for as long as the reply takes to its first token: before one that is not streamed."""
    await asyncio.sleep(next(reply.delays()))


async def pace(reply: Reply) -> AsyncGenerator[Token, None]:
    """The tokens of a reply, with its delays; raises `Cut` where it is to be cut."""
    steps = ((Token(text, position), True) for position, text in enumerate(split_tokens(reply.text)))
    entry = current_entry.get()
    for delay, token, _ in _script(steps, reply, None):
        if token is None:
            raise Cut
        if delay:
            await asyncio.sleep(delay)
        if entry is not None:
            entry.tokens += 1
        yield token


async def play(
    steps: Iterable[tuple[bytes, bool]], reply: Reply, malformed: bytes | None = None
) -> AsyncGenerator[bytes, None]:
    """Frames with the delays and the faults of a reply: each step is a frame, and whether it carries a token.

    The delays are before tokens; frames between which there is none go out together. `malformed` is sent
    where the reply has a frame that does not parse. Raises `Cut` after the token after which to cut.
    """
    entry, ready = current_entry.get(), list[bytes]()
    for delay, frame, is_token in _script(steps, reply, malformed):
        if ready and (delay or frame is None or len(ready) >= _TOGETHER):
            yield b"".join(ready)
            ready.clear()
        if frame is None:
            raise Cut
        if delay:
            await asyncio.sleep(delay)
        if is_token and entry is not None:
            entry.tokens += 1
        ready.append(frame)
    yield b"".join(ready)


def _script(
    steps: Iterable[tuple[T, bool]], reply: Reply, malformed: T | None
) -> Iterator[tuple[float, T | None, bool]]:
    """What is sent, after how many seconds, and whether it is a token; None: the connection is dropped."""
    faults, delays, sent = reply.faults, reply.delays(), 0
    cut_after = float("inf") if faults.cut_after is None else faults.cut_after
    for frame, is_token in steps:
        if sent >= cut_after and (sent or is_token):
            break
        delay = next(delays) if is_token else 0.0
        if is_token and sent == faults.malformed_after and malformed is not None:
            yield delay, malformed, False
            delay = 0.0
        sent += is_token
        yield delay, frame, is_token
    if sent >= cut_after:
        yield 0.0, None, False


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _plain_prompt(request: Mapping[str, Any]) -> str:
    return text_of(request.get("prompt") or request.get("input"))
