"""Several personas at once, and pages that come and go: nothing is lost, nobody is hurt."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from trials.fold import View

from jupyter_ai.engine import streams as streams_module
from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.engine import Engine, EngineOptions
from jupyter_ai.engine.store import Store
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.models import ChatClient, ChatRequest
from jupyter_ai.personas import BasePersona
from jupyter_ai.personas.manager import PersonaManager
from jupyter_ai.testkit.chat import configure, register

NAMES = ("Ada", "Bob", "Cy")


class Paced:
    """An answer of three personas, each of which says a word whenever `step` is called."""

    def __init__(self, persona: Callable[..., type[BasePersona]], **members: Any) -> None:
        self._words: list[asyncio.Queue[str | None]] = []
        self.personas = [persona(name, self._answer, **members) for name in NAMES]

    @property
    def begun(self) -> int:
        return len(self._words)

    async def step(self, word: str | None) -> None:
        """None ends the answers."""
        for words in self._words:
            words.put_nowait(word)
        while any(not words.empty() for words in self._words):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)

    def _answer(self, persona: BasePersona, message: Any) -> Any:
        return persona.stream_message(self._stream())

    async def _stream(self) -> AsyncIterator[str]:
        words: asyncio.Queue[str | None] = asyncio.Queue()
        self._words.append(words)
        try:
            while (word := await words.get()) is not None:
                yield word
        finally:
            self._words.remove(words)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):  # must not pass
        while not condition():  # noqa: ASYNC110 - many conditions have no event
            await asyncio.sleep(0)


async def test_three_answer_one_message_with_interleaved_streams(
    make_chat: Any, persona: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams_module, "monotonic", lambda: 0.0)  # what follows the first word waits for us
    paced = Paced(persona)
    chat = make_chat(personas=paced.personas)
    asking = asyncio.create_task(chat.send("@Ada @Bob @Cy count"))
    await until(lambda: paced.begun == 3)
    for word in ("one ", "two ", "three ", None):
        await paced.step(word)
        (await chat.open()).streams.flush()

    assert {m.persona.name: m.body for m in (await asking).messages} == dict.fromkeys(NAMES, "one two three ")
    streams = [m.id for m in chat.messages if m.type == "agent-stream"]
    chunks = [f["id"] for f in chat.frames if f["type"] == "agent-stream-chunk" and f["content"]]
    # Word by word; on a slow machine one may be ahead of the others within a word.
    assert [sorted(chunks[at : at + 3]) for at in range(0, len(chunks), 3)] == [sorted(streams)] * 3


async def test_stop_by_one_person_ends_only_their_answers(make_chat: Any, persona: Any) -> None:
    paced = Paced(persona)
    chat = make_chat(personas=paced.personas)
    mine, yours = (asyncio.create_task(chat.send("@Ada @Bob @Cy go", user=u)) for u in ("me", "you"))
    await until(lambda: paced.begun == 6)
    await paced.step("one ")

    (await chat.open()).stop("me")
    stopped = await mine
    assert paced.begun == 3  # the other iterators are closed
    await paced.step("two")
    await paced.step(None)

    assert {m.body for m in stopped.messages} == {"one \n\n(AI response stopped by user)"}
    assert [m.body for m in (await yours).messages] == ["one two"] * 3


async def test_one_that_hangs_in_its_answer_holds_up_nobody(
    make_chat: Any, persona: Any, echo: type[BasePersona]
) -> None:
    async def hang(self: BasePersona, message: Any) -> None:
        begun.set()
        await asyncio.get_running_loop().create_future()

    begun = asyncio.Event()
    chat = make_chat(personas=[persona("Ada", hang), echo])
    asking = asyncio.create_task(chat.send("@Ada @Echo go"))
    await begun.wait()

    assert (await chat.send("@Echo and this?")).text == "and this?"
    assert "go" in [m.body for m in chat.messages if m.type == "agent"]
    await chat.aclose()
    assert (await asking).state == "interrupted"


class Page:
    """A page of a browser that shows a chat."""

    def __init__(self, chat: Chat) -> None:
        self.view = View()
        self._chat = chat
        self._reader = Subscriber("page", self._take, lambda: None)
        chat.subscribe(self._reader)

    async def close(self) -> None:
        await self._reader.drain()
        self._chat.unsubscribe(self._reader)

    async def texts(self) -> list[str]:
        await self._reader.drain()
        return [m["body"] for m in self.view.messages.values() if m["type"] == "agent-stream"]

    async def _take(self, frame: bytes) -> None:
        self.view.take(json.loads(frame))


async def test_ten_reloads_and_a_restart_lose_no_text_and_make_nobody_twice(
    tmp_path: Path, persona: Any, monkeypatch: Any
) -> None:
    made: list[str] = []

    def init(self: BasePersona, **arguments: Any) -> None:
        BasePersona.__init__(self, **arguments)
        made.append(self.name)

    def manage(self: PersonaManager, chat: Chat) -> None:
        made.append("manager")
        make_manager(self, chat)

    make_manager = PersonaManager.__init__
    monkeypatch.setattr(PersonaManager, "__init__", manage)
    paced = Paced(persona, __init__=init)
    engine = await start_engine(tmp_path, paced.personas)
    chat = await engine.default_chat()
    chat.submit(ChatRequest(prompt="@Ada @Bob @Cy go"), CLIENT)
    await until(lambda: paced.begun == 3)
    said = ""
    for reload in range(10):
        page = Page(await engine.default_chat())
        said += f"{reload} "
        await paced.step(f"{reload} ")
        chat.streams.flush()
        assert await page.texts() == [said] * 3
        await page.close()
    await engine.aclose()

    engine = await start_engine(tmp_path, paced.personas)
    chat = await engine.default_chat()
    page = Page(chat)
    run = chat.submit(ChatRequest(prompt="go on"), CLIENT)
    await until(lambda: paced.begun == 1)
    await paced.step("on")
    await paced.step(None)
    await run.wait()

    assert await page.texts() == [*[said] * 3, "on"]
    await engine.aclose()
    assert made == ["manager", "Ada", "Bob", "Cy"] * 2


@pytest.mark.parametrize("chosen", ["Ada", "", None])
async def test_who_was_addressed_or_chosen_answers_after_a_restart(
    tmp_path: Path, persona: Any, chosen: str | None
) -> None:
    personas = [persona(name, lambda self, message: "yes") for name in NAMES]
    engine = await start_engine(tmp_path, personas)
    chat = await engine.default_chat()
    await chat.submit(ChatRequest(prompt="@Bob hello"), CLIENT).wait()
    if chosen is not None:
        await engine.update_chat(chat.id, persona=chosen)
    await engine.aclose()

    engine = await start_engine(tmp_path, personas)

    expected = "Bob" if chosen is None else chosen
    assert engine.chats()[0].persona == expected
    assert ((await engine.default_chat()).personas.sticky or "") == expected
    await engine.aclose()


CLIENT = ChatClient(id="c", username="u", initials="U", name="U", display_name="U")


async def start_engine(folder: Path, personas: list[type[BasePersona]]) -> Engine:
    log = logging.getLogger("test")
    engine = Engine(
        plugins=register((), (), log, personas),
        config_manager=configure(None, log),
        store=Store(folder / "chats.db"),
        log=log,
        options=EngineOptions(root_dir=str(folder), greet=False, threads=False),
    )
    await engine.start()
    return engine
