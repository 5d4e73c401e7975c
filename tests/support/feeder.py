"""A slash command and completions that stream what a test says, line by line, from another process."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.completions import BaseInlineCompletionProvider
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai.models import HumanChatMessage

__all__ = ["Feed", "FeedCompletions", "FeedHandler", "install"]

GUARD = 20.0  # seconds; a time-out that must not be reached


class FeedHandler(BaseChatHandler):
    """`/feed port`: streams what comes from this port, until that ends."""

    id = "feed"
    name = "Feed"
    help = "Streams what a test says"
    routing_type = SlashCommandRoutingType(slash_id="feed")
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        self.llm_chain = _Chain()  # type: ignore[assignment]  # all that is asked of it is `astream`
        await self.stream_reply(int(message.prompt.split()[1]), message)


class FeedCompletions(BaseInlineCompletionProvider):
    """Where a document begins with `# feed port`: tells this port the request, and suggests what it says."""

    id = "feed"
    name = "Feed"

    async def stream_inline_completions(
        self, request: InlineCompletionRequest
    ) -> AsyncIterator[InlineCompletionReply | InlineCompletionStreamChunk]:
        if (port := re.match(r"# feed (\d+)\n", request.prefix)) is None:
            return
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port[1]))
        try:
            writer.write(request.model_dump_json().encode() + b"\n")
            item = InlineCompletionItem(insertText="", isIncomplete=True, token=str(request.number))
            yield InlineCompletionReply(list=InlineCompletionList(items=[item]), reply_to=request.number)
            async for line in reader:
                item = item.model_copy(update={"insertText": item.insertText + json.loads(line)["text"]})
                yield InlineCompletionStreamChunk(response=item, reply_to=request.number, done=False)
            yield InlineCompletionStreamChunk(response=item, reply_to=request.number, done=True)
        finally:
            writer.close()


class _Chain:
    async def astream(self, port: int, config: Any = None) -> AsyncIterator[str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async for line in reader:
                said = json.loads(line)
                if "failure" in said:
                    raise RuntimeError(said["failure"])
                yield said["text"]
        finally:
            writer.close()


class Feed:
    """The test's end of `/feed` and of the completions: serves one answer after the other."""

    def __init__(self) -> None:
        self._asked: asyncio.Queue[Answer] = asyncio.Queue()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        async def on_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.append(writer)
            await self._asked.put(Answer(reader, writer))

        self._server = await asyncio.start_server(on_answer, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    @property
    def prompt(self) -> str:
        return f"/feed {self._server.sockets[0].getsockname()[1]}"

    @property
    def mark(self) -> str:
        """The first line of a document that is to be completed."""
        return f"# feed {self._server.sockets[0].getsockname()[1]}\n"

    async def answer(self) -> Answer:
        """The next answer, once it is asked for."""
        async with asyncio.timeout(GUARD):
            return await self._asked.get()


class Answer:
    """One answer of `/feed`, or one suggestion."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def request(self) -> dict[str, Any]:
        """What was asked for completions."""
        async with asyncio.timeout(GUARD):
            asked: dict[str, Any] = json.loads(await self._reader.readline())
            return asked

    async def say(self, text: str) -> None:
        await self._send({"text": text})

    async def fail(self, failure: str) -> None:
        """Have the handler raise an error of these words."""
        await self._send({"failure": failure})

    def end(self) -> None:
        self._writer.close()

    async def is_left(self) -> None:
        """Wait until nobody listens any more."""
        async with asyncio.timeout(GUARD):
            with suppress(ConnectionError):
                await self._reader.read()

    async def _send(self, said: dict[str, str]) -> None:
        self._writer.write(json.dumps(said).encode() + b"\n")
        await self._writer.drain()


def install(directory: Path) -> Path:
    """Write the metadata of a package that has the handler; the directory that a server's path needs."""
    info = directory / "feeder-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: feeder\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[jupyter_ai.chat_handlers]\nfeed = feeder:FeedHandler\n"
        "[jupyter_ai.inline_completion_providers]\nfeed = feeder:FeedCompletions\n"
    )
    return directory
