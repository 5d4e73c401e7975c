"""What a crash has cut is told at the next start; the crash is a copy of the file at that moment."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.engine import streams
from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.engine import Engine
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.testing import HANG, FakeModel

NOT_ANSWERED = "(The server stopped before this was answered.)"
NOT_FINISHED = "(The server stopped before this answer was finished.)"
STOPPED = "(AI response stopped by user)"


class Twice(BaseChatHandler):
    """`/twice`: a whole reply, and then nothing for ever."""

    id = "twice"
    name = "Twice"
    help = "Replies once"
    uses_llm = False
    routing_type = SlashCommandRoutingType(slash_id="twice")

    async def process_message(self, message: HumanChatMessage) -> None:
        self.reply("one", message)
        await asyncio.Event().wait()


class Late(FakeModel):
    """A model that takes its time to close."""

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        try:
            async for chunk in super()._astream(*args, **kwargs):
                yield chunk
        finally:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()


@pytest.fixture
def crash(make_engine: Any, tmp_path: Path) -> Any:
    """The chat as it would come back if the server crashed now."""

    async def copy(engine: Engine, **options: Any) -> Chat:
        await engine.store.wait(engine.store.last_ticket)
        for end in ("", "-wal"):
            shutil.copyfile(tmp_path / f"a.db{end}", tmp_path / f"b.db{end}")
        after = await make_engine(path=tmp_path / "b.db", **options)
        chat: Chat = await after.default_chat()
        return chat

    return copy


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


def bodies(chat: Chat) -> list[str]:
    return [message.body for message in chat.log]


def remembered(chat: Chat) -> list[str]:
    return [str(message.content) for message in chat.memory.messages]


async def test_a_message_for_which_no_handler_was_found_yet(
    make_engine: Any, ask: Any, crash: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await make_engine(path=path)
    monkeypatch.setattr(engine, "handlers_ready", asyncio.Event().wait)
    ask(await engine.default_chat(), "hello")

    assert bodies(await crash(engine)) == ["hello", NOT_ANSWERED]


async def test_an_answer_of_whole_replies(
    make_engine: Any, ask: Any, crash: Any, path: Path, until: Any
) -> None:
    engine = await make_engine([Twice], path=path)
    chat = await engine.default_chat()
    ask(chat, "/twice")
    await until(lambda: len(chat.log) == 2)

    assert bodies(await crash(engine)) == ["/twice", "one", NOT_FINISHED]


async def test_a_stream_that_was_saved_is_remembered_as_far_as_it_was(
    make_engine: Any, ask: Any, crash: Any, path: Path, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await make_engine(model=FakeModel(["one ", "two ", HANG]), path=path)
    saved: list[str] = []
    append = engine.store.append_piece
    monkeypatch.setattr(engine.store, "append_piece", lambda *args: (saved.append(args[2]), append(*args)))
    monkeypatch.setattr(streams, "_SAVE_EVERY", 0)
    ask(await engine.default_chat(), "hello")
    await until(lambda: "".join(saved) == "one two ")
    after = await crash(engine)

    assert bodies(after) == ["hello", "one two "]
    assert after.log[1].complete is True
    assert after.log[1].metadata == {"interrupted": True}
    assert remembered(after) == ["hello", "one two "]


async def test_a_stopped_stream_whose_model_was_still_closing(
    make_engine: Any, ask: Any, crash: Any, path: Path
) -> None:
    """The user stopped it, not the server; and the model remembers it."""
    model = Late(["one", HANG])
    engine = await make_engine(model=model, path=path)
    chat = await engine.default_chat()
    run = ask(chat, "hello")
    await model.hanging.wait()
    chat.stop("")
    await run.wait()
    after = await crash(engine)

    assert bodies(after) == ["hello", f"one\n\n{STOPPED}"]
    assert remembered(after) == ["hello", "one"]


async def test_an_answer_ends_and_is_remembered_at_once(
    make_engine: Any, ask: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a stream, what is remembered of it and the end of its run are one transaction."""
    engine = await make_engine(model=FakeModel(["one"]), path=path)
    groups: list[set[str]] = []
    writer = engine.store._writer
    commit = writer._commit
    monkeypatch.setattr(
        writer,
        "_commit",
        lambda group, ledger: (groups.append({type(w.op).__name__ for w in group}), commit(group, ledger)),
    )
    await ask(await engine.default_chat(), "hello").wait()
    await engine.store.wait(engine.store.last_ticket)

    (last,) = (group for group in groups if "FinishStream" in group)
    assert last >= {"FinishStream", "AddMemory", "PutRun"}
