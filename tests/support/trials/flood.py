"""A stream as long as one likes that goes on only when somebody says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage
from trials.recital import asked

__all__ = ["FLOOD_HANDLERS", "PIECES", "SIZE", "piece", "text"]

SIZE = 8000
"""Characters of a piece."""

PIECES = 125
"""The pieces of a megabyte."""


def piece(number: int) -> str:
    """The text of one piece: all are different."""
    return f"{number:07d} " * (SIZE // 8)


def text(megabytes: int) -> str:
    """All that is said."""
    return "".join(piece(number) for number in range(megabytes * PIECES))


class FloodHandler(BaseChatHandler):
    """`/flood 9 0`: a stream of nine megabytes; each waits for its `/more`."""

    id = "flood"
    name = "Flood"
    help = "Streams very much"
    uses_llm = False
    routing_type = SlashCommandRoutingType(slash_id="flood")
    granted: ClassVar[asyncio.Semaphore] = asyncio.Semaphore(0)

    async def process_message(self, message: HumanChatMessage) -> None:
        """Stream."""
        self.llm_chain = self  # type: ignore[assignment]  # all that is used of a runnable
        await self.stream_reply(message.prompt, message)

    async def astream(self, input: str, config: Any = None) -> AsyncIterator[str]:
        """The pieces."""
        for number in range(asked(input)[0] * PIECES):
            if number % PIECES == 0:
                await self.granted.acquire()
            yield piece(number)


class MoreHandler(BaseChatHandler):
    """`/more`: lets one megabyte go."""

    id = "more"
    name = "More"
    help = "Lets a flood go on"
    uses_llm = False
    routing_type = SlashCommandRoutingType(slash_id="more")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Grant, and say so."""
        FloodHandler.granted.release()
        self.reply("granted", message)


FLOOD_HANDLERS: tuple[type[BaseChatHandler], ...] = (FloodHandler, MoreHandler)
