"""Plug-ins whose answers follow from the prompt alone, so that whoever reads them knows what is missing.

The two last words of a prompt say how many words to recite and how many milliseconds to wait before each.
What a prompt that begins with "metronome" gets for words is the time, at an even pace.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import cache
from time import monotonic
from typing import Any, ClassVar

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.history import HUMAN_MSG_ID_KEY
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaDefaults
from jupyter_ai_magics.base_provider import BaseProvider

__all__ = ["HANDLERS", "PERSONAS", "ReciterProvider", "asked", "recital", "word"]


def word(number: int) -> str:
    """One word of the recital; some are outside of ASCII, one in seven outside of the basic plane."""
    return f"{number}{'é' if number % 5 == 0 else ''}{'🐍' if number % 7 == 0 else ''} "


@cache
def recital(count: int) -> str:
    """The first `count` words."""
    return "".join(word(number) for number in range(count))


def asked(prompt: str) -> tuple[int, float]:
    """How many words a prompt asks for, and the seconds before each."""
    count, delay = prompt.split()[-2:]
    return int(count), float(delay) / 1000


async def beats(count: int, period: float) -> AsyncIterator[str]:
    """The time in seconds, as often as asked for; a beat that comes late is followed by the next in time."""
    began = monotonic()
    for number in range(count):
        await asyncio.sleep(began + number * period - monotonic())
        yield f"{monotonic():.6f} "


class Reciter:
    """A runnable, as far as `stream_reply` needs one."""

    async def astream(self, input: str, config: Any = None, **kwargs: Any) -> AsyncIterator[str]:
        """The words."""
        count, delay = asked(input)
        if input.startswith("metronome"):
            async for time in beats(count, delay):
                yield time
            return
        for number in range(count):
            await asyncio.sleep(delay)
            yield word(number)


class ReciterProvider(BaseProvider, BaseChatModel):
    """A chat model that recites."""

    id: ClassVar[str] = "reciter"
    name: ClassVar[str] = "Reciter"  # type: ignore[misc]  # BaseChatModel's is an instance's
    models: ClassVar[list[str]] = ["reciter"]

    @property
    def _llm_type(self) -> str:
        return "reciter"

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for text in Reciter().astream(str(messages[-1].content)):
            yield ChatGenerationChunk(message=AIMessageChunk(content=text))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = recital(asked(str(messages[-1].content))[0])
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


class _Recital(BaseChatHandler):
    uses_llm = False

    async def recite(self, message: HumanChatMessage) -> None:
        """One streamed reply."""
        self.llm_chain = Reciter()  # type: ignore[assignment]  # all that is used of a runnable
        await self.stream_reply(message.prompt, message)


class CountHandler(_Recital):
    """A stream without a model."""

    id = "count"
    name = "Count"
    help = "Recites"
    routing_type = SlashCommandRoutingType(slash_id="count")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Recite once."""
        await self.recite(message)


class PairHandler(_Recital):
    """Two streams at once."""

    id = "pair"
    name = "Pair"
    help = "Recites twice at the same time"
    routing_type = SlashCommandRoutingType(slash_id="pair")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Recite with two voices."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.recite(message))
            group.create_task(self.recite(message))


class WholeHandler(BaseChatHandler):
    """Whole replies, one a word."""

    id = "whole"
    name = "Whole"
    help = "Recites in whole replies"
    uses_llm = False
    routing_type = SlashCommandRoutingType(slash_id="whole")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Reply with one word after the other."""
        count, delay = asked(message.prompt)
        for number in range(count):
            await asyncio.sleep(delay)
            self.reply(word(number), message)


class MemoryHandler(BaseChatHandler):
    """Tells what the model remembers: JSON pairs of a human message's id and a text."""

    id = "memory"
    name = "Memory"
    help = "Tells what the model remembers"
    uses_llm = False
    routing_type = SlashCommandRoutingType(slash_id="memory")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Tell."""
        remembered = self.llm_chat_memory.messages
        pairs = [(m.additional_kwargs[HUMAN_MSG_ID_KEY], str(m.content)) for m in remembered]
        self.reply(json.dumps(pairs), message)


class LateHandler(_Recital):
    """Says nothing for as long as its stream takes, then recites at once."""

    id = "late"
    name = "Late"
    help = "Recites after a while"
    routing_type = SlashCommandRoutingType(slash_id="late")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Wait, then recite."""
        count, delay = asked(message.prompt)
        await asyncio.sleep(count * delay)
        self.llm_chain = Reciter()  # type: ignore[assignment]  # all that is used of a runnable
        await self.stream_reply(f"{count} 0", message)


class _Voice(BasePersona):
    @property
    def defaults(self) -> PersonaDefaults:
        """It has the name of its class."""
        return PersonaDefaults(name=type(self).__name__, description="Recites")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Recite, without the model and its memory."""
        await self.stream_message(Reciter().astream(message.prompt))


class Ada(_Voice):
    """One persona."""


class Bob(_Voice):
    """Another one."""


PERSONAS: tuple[type[BasePersona], ...] = (Ada, Bob)

HANDLERS: tuple[type[BaseChatHandler], ...] = (
    CountHandler,
    PairHandler,
    WholeHandler,
    LateHandler,
    MemoryHandler,
)
