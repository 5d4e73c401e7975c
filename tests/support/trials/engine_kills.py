"""Kills the bare engine again and again: `python -m trials.engine_kills --count 200`.

One process imports everything, once; it forks a few that kill, and they fork a process for each life of an
engine and for each examination of what a kill has left behind.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic
from typing import IO

from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.engine import Engine, EngineOptions
from jupyter_ai.engine.store import Store
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.history import HUMAN_MSG_ID_KEY
from jupyter_ai.models import ChatClient, ChatRequest, HumanChatMessage
from jupyter_ai.plugins import CHAT_HANDLERS, GROUPS, PluginRegistry, builtin_class
from trials.command import run
from trials.database import closed_complaints, killed_complaints
from trials.diary import Diary, read_diary
from trials.fold import Json, View
from trials.forks import Forked, in_parallel, settle
from trials.people import talk
from trials.recital import HANDLERS, ReciterProvider
from trials.report import Report, added
from trials.verdict import Life, complaints, memory_complaints

__all__ = ["kill_engines"]

_CHATS = 3
_AT_ONCE = 8
_KILLS_PER_FILE = 5
_PATIENCE = 30.0  # seconds for an examination

_CLIENT = ChatClient(id="c", username="ada", initials="A", name="Ada", display_name="Ada")
_MODEL = f"{ReciterProvider.id}:{ReciterProvider.models[0]}"

Chats = dict[str, dict[str, Json]]


def kill_engines(count: int, seed: int, directory: Path) -> Report:
    """Kill `count` engines; the process that calls it has one thread."""
    asyncio.run(_warm_up(directory / "warm.db"))
    settle()
    began = monotonic()
    files = [
        _File(directory, f"{seed}-{first}", min(_KILLS_PER_FILE, count - first))
        for first in range(0, count, _KILLS_PER_FILE)
    ]
    report = added(in_parallel(files, _kill_all, _AT_ONCE))
    report.seconds = monotonic() - began
    return report


# The one who kills


@dataclass
class _File:
    """A database, and the kills that it goes through."""

    directory: Path
    name: str
    kills: int
    known: Chats = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.directory / f"{self.name}.db"


def _kill_all(files: Iterable[_File], out: IO[str]) -> None:
    report = Report()
    for file in files:
        random = Random(file.name)
        for number in range(file.kills):
            found = _kill(file, f"{file.name}.{number}", _span(random), report)
            report.faults += [f"{file.name}.{number}: {fault}" for fault in found]
    print(report.json(), file=out)


def _span(random: Random) -> float:
    """How long a life lasts: most die young, some in the middle of their recovery."""
    spans = random.uniform(0.0, 0.1), random.uniform(0.02, 0.4), random.uniform(0.5, 1.2)
    return random.choices(spans, (4, 4, 2))[0]


def _kill(file: _File, name: str, span: float, report: Report) -> list[str]:
    diary = file.directory / f"{name}.diary"
    life = Forked(lambda _: asyncio.run(_live(file.path, Diary(diary), name)))
    died = not life.lives(span)
    ended = monotonic()
    faults = life.end()
    if died:
        return ["it ended by itself", *faults]
    faults += killed_complaints(file.path)
    examination = Forked(lambda out: asyncio.run(_examine(file, diary, ended, out)))
    examination.rest(_PATIENCE)
    said = examination.end()
    if len(said) < 2:
        return [*faults, "the examination failed", *said]
    *said, chats, counts = said
    file.known = json.loads(chats)
    part = added([[*said, counts]])
    report.add(replace(part, kills=1, faults=[]))
    return faults + part.faults


# A life


def _engine(path: Path, *, threads: bool = True) -> Engine:
    log = logging.getLogger("trials")
    store = Store(path, log=log)
    plugins = PluginRegistry(log=log, find=lambda _: ())
    plugins.add(CHAT_HANDLERS, "default", builtin_class(CHAT_HANDLERS, "default"), distribution="jupyter_ai")
    for handler in HANDLERS:
        plugins.add(CHAT_HANDLERS, handler.id, handler)
    for group in GROUPS:
        plugins.load(group)
    providers = {ReciterProvider.id: ReciterProvider}
    config = ConfigManager(log, providers, {}, {"model_provider_id": _MODEL})
    options = EngineOptions(greet=False, max_chat_history=None, threads=threads)
    return Engine(plugins=plugins, config_manager=config, store=store, log=log, options=options)


async def _warm_up(path: Path) -> None:
    """Do everything once, so that what is imported when first used is there before the first fork."""
    engine = _engine(path, threads=False)
    await engine.start()
    chat = await engine.create_chat()
    for prompt in ("recite 2 0", "/count 2 0", "/pair 2 0", "/whole 2 0", "/late 2 0"):
        await chat.submit(ChatRequest(prompt=prompt), _CLIENT).wait()
    await _history(chat)
    await engine.aclose()


async def _live(path: Path, diary: Diary, seed: str) -> None:
    """Open the chats in `path` and talk in all of them, until killed."""
    engine = _engine(path)
    await engine.start()
    async with asyncio.TaskGroup() as group:
        group.create_task(diary.beat())
        for number, chat in enumerate(await _open_chats(engine)):
            random = Random(f"{seed}/{number}")
            read = partial(_read, diary, chat.id, random.choice((0, 0, 0.002, 0.03)))
            chat.subscribe(Subscriber("trial", read, lambda: None))
            group.create_task(talk(_Talk(chat, diary), random))


async def _open_chats(engine: Engine) -> list[Chat]:
    for _ in range(_CHATS - len(engine.chats())):
        await engine.create_chat()
    return [await engine.chat(chat.id) for chat in engine.chats()]


async def _read(diary: Diary, chat: str, pause: float, frame: bytes) -> None:
    diary.saw(chat, frame)
    await asyncio.sleep(pause)


class _Talk:
    """A person who talks to the engine itself."""

    def __init__(self, chat: Chat, diary: Diary) -> None:
        self._chat = chat
        self._diary = diary

    async def ask(self, prompt: str) -> None:
        self._chat.submit(ChatRequest(prompt=prompt), _CLIENT)

    async def stop(self) -> None:
        self._chat.stop("")

    async def clear(self, target: str | None) -> None:
        self._diary.wishes_to_clear(self._chat.id, target)
        self._chat.clear(target)

    def asked(self) -> list[str]:
        return [message.id for message in self._chat.log if isinstance(message, HumanChatMessage)]

    def waiting(self) -> int:
        return len(self._chat.runs)


# What a life has left behind


async def _examine(file: _File, diary: Path, ended: float, out: IO[str]) -> None:
    """Open what was left with a new engine, and compare it with what was seen."""
    report, chats = Report(), {}
    lives = read_diary(diary, file.known, ended)
    engine = _engine(file.path)
    await engine.start()
    report.faults += [text for text in (engine.store.problem, engine.store.notice) if text]
    for chat in [await engine.chat(row.id) for row in engine.chats()]:
        life, restored = lives.pop(chat.id, Life()), await _history(chat)
        report.count(life, restored)
        report.faults += complaints(life, restored)
        report.faults += memory_complaints(restored.values(), _memory(chat))
        chats[chat.id] = restored
    await engine.aclose()
    report.faults += [f"chat {id} is gone" for id in lives]
    report.faults += closed_complaints(file.path)
    print(json.dumps(chats), file=out)
    print(report.json(), file=out)


def _memory(chat: Chat) -> list[tuple[str, str]]:
    return [(m.additional_kwargs[HUMAN_MSG_ID_KEY], str(m.content)) for m in chat.memory.messages]


async def _history(chat: Chat) -> dict[str, Json]:
    """The messages of a chat as its next reader is sent them."""
    view, sent = View(), asyncio.Event()

    async def send(frame: bytes) -> None:
        view.take(json.loads(frame))
        sent.set()

    reader = Subscriber("examiner", send, lambda: None)
    chat.subscribe(reader)
    await sent.wait()
    chat.unsubscribe(reader)
    return view.messages


if __name__ == "__main__":
    run(kill_engines, "trials.engine_kills", __doc__, 200)
