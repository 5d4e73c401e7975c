"""Kills the bare engine again and again: `python -m trials.engine_kills --count 200`.

One process imports everything, once, and has one thread; it forks a process for each life of an engine and
for each examination of what a kill left behind. A life writes every frame that its readers were sent, with
the time, to a file that outlives it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import selectors
import signal
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic, process_time

from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.engine import Engine, EngineOptions
from jupyter_ai.engine.store import Store
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.history import HUMAN_MSG_ID_KEY
from jupyter_ai.models import ChatClient, ChatRequest, HumanChatMessage
from jupyter_ai.plugins import CHAT_HANDLERS, GROUPS, PluginRegistry, builtin_class

from trials.fold import Json, View
from trials.recital import CountHandler, LateHandler, PairHandler, ReciterProvider, WholeHandler
from trials.verdict import BEAT, Beat, Life, complaints, memory_complaints, time_to_save

__all__ = ["kill_engines", "main"]

CHATS = 3
_AT_ONCE = 8
_KILLS_PER_FILE = 5
_PATIENCE = 30.0  # seconds for an examination

_CLIENT = ChatClient(id="c", username="ada", initials="A", name="Ada", display_name="Ada")
_MODEL = f"{ReciterProvider.id}:{ReciterProvider.models[0]}"


# A life


def _engine(path: Path) -> Engine:
    log = logging.getLogger("trials")
    plugins = PluginRegistry(log=log, find=lambda _: ())
    plugins.add(CHAT_HANDLERS, "default", builtin_class(CHAT_HANDLERS, "default"), distribution="jupyter_ai")
    for handler in (CountHandler, LateHandler, PairHandler, WholeHandler):
        plugins.add(CHAT_HANDLERS, handler.id, handler)
    for group in GROUPS:
        plugins.load(group)
    providers = {ReciterProvider.id: ReciterProvider}
    config = ConfigManager(log, providers, {}, {"model_provider_id": _MODEL})
    options = EngineOptions(greet=False, max_chat_history=None)
    return Engine(plugins=plugins, config_manager=config, store=Store(path, log=log), log=log, options=options)


async def _open_chats(engine: Engine) -> list[Chat]:
    for _ in range(CHATS - len(engine.chats())):
        await engine.create_chat()
    return [await engine.chat(chat.id) for chat in engine.chats()]


class _Diary:
    """A file to which every record goes at once, in one write."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def read(self, chat: Chat, pause: float, frame: bytes) -> None:
        """What a reader of `chat` does with a frame."""
        self._note(chat.id, frame)
        await asyncio.sleep(pause)

    def mean_to_clear(self, chat: Chat, target: str | None) -> None:
        """Note a wish before it is carried out."""
        self._note(chat.id, json.dumps({"type": "wish", "clear": target}).encode())

    async def beat(self) -> None:
        """Tell now and then that the loop turns."""
        while True:
            self._note("-", b"%.6f" % process_time())
            await asyncio.sleep(BEAT)

    def _note(self, chat: str, record: bytes) -> None:
        os.write(self._file, b"%.6f %s %s\n" % (monotonic(), chat.encode(), record))


async def live(path: Path, diary: _Diary, seed: str) -> None:
    """Open the chats in `path` and talk in all of them, until killed."""
    engine = _engine(path)
    await engine.start()
    async with asyncio.TaskGroup() as group:
        group.create_task(diary.beat())
        for number, chat in enumerate(await _open_chats(engine)):
            random = Random(f"{seed}/{number}")
            pause = random.choice((0, 0, 0.002, 0.03))
            chat.subscribe(Subscriber("trial", partial(diary.read, chat, pause), lambda: None))
            group.create_task(_Person(chat, diary, random).talk())


class _Person:
    """Somebody who talks in a chat, as `random` has it."""

    def __init__(self, chat: Chat, diary: _Diary, random: Random) -> None:
        self._chat = chat
        self._diary = diary
        self._random = random

    async def talk(self) -> None:
        while True:
            await self._random.choices((self._ask, self._stop, self._clear), (12, 2, 1))[0]()

    async def _ask(self) -> None:
        random = self._random
        run = self._chat.submit(ChatRequest(prompt=_prompt(random)), _CLIENT)
        if len(self._chat.runs) > 4 or random.random() < 0.3:
            await run.wait()
        else:
            await asyncio.sleep(random.choice((0, 0.001, 0.02)))

    async def _stop(self) -> None:
        await asyncio.sleep(self._random.random() / 20)
        self._chat.stop("")

    async def _clear(self) -> None:
        humans = [message.id for message in self._chat.log if isinstance(message, HumanChatMessage)]
        if not humans:
            return
        target = None if self._random.random() < 0.1 else self._random.choice(humans)
        self._diary.mean_to_clear(self._chat, target)
        self._chat.clear(target)


def _prompt(random: Random) -> str:
    command = random.choice(("recite", "recite", "recite", "/count", "/pair", "/whole", "/late"))
    if command == "/whole":
        return f"/whole {random.randint(1, 5)} {random.choice((0, 2, 20))}"
    if random.random() < 0.04:
        return f"{command} {random.choice((1500, 60000))} 0"
    count, delay = random.choice(((5, 0), (40, 1), (20, 3), (30, 10), (100, 10)))
    return f"{command} {random.randint(1, count)} {delay}"


# What a life left behind


@dataclass
class Finding:
    """What an examination has found."""

    faults: list[str] = field(default_factory=list)
    chats: dict[str, dict[str, Json]] = field(default_factory=dict)
    frames: int = 0
    cut: int = 0
    lost: float = 0.0  # seconds before the kill of the oldest text that is lost


def read_diary(path: Path, known: dict[str, dict[str, Json]], ended: float) -> tuple[dict[str, Life], int]:
    """The lives of the chats that were noted, and the number of frames; `known` is what was there before."""
    lives = {chat: Life() for chat in known}
    for chat, life in lives.items():
        life.view.messages = dict(known[chat])
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []  # the last may be torn
    beats: list[Beat] = []
    for line in lines:
        at, chat, record = line.decode().split(" ", 2)
        if chat == "-":
            beats.append((float(at), float(record)))
        else:
            _take(lives.setdefault(chat, Life()), json.loads(record), float(at))
    for life in lives.values():
        life.due = time_to_save(beats, ended)
    return lives, len(lines) - len(beats)


def _take(life: Life, frame: Json, at: float) -> None:
    if frame["type"] != "wish":
        life.view.take(frame, at)
    elif frame["clear"] is None:
        life.cleared_all = True
    else:
        life.cleared.add(frame["clear"])


async def examine(path: Path, diary: Path, known: dict[str, dict[str, Json]], ended: float) -> Finding:
    """Open what was left with a new engine, and compare it with what was seen."""
    finding = Finding()
    lives, finding.frames = read_diary(diary, known, ended)
    engine = _engine(path)
    await engine.start()
    if engine.store.problem or engine.store.notice:
        finding.faults.append(f"{engine.store.problem} {engine.store.notice}")
    try:
        for chat in [await engine.chat(row.id) for row in engine.chats()]:
            await _examine_chat(chat, lives.pop(chat.id, Life()), finding, ended)
    finally:
        await engine.aclose()
    finding.faults += [f"chat {id} is gone" for id in lives]
    finding.faults += database_complaints(path)
    return finding


async def _examine_chat(chat: Chat, life: Life, finding: Finding, ended: float) -> None:
    restored = finding.chats[chat.id] = await _history(chat)
    memory = [(m.additional_kwargs[HUMAN_MSG_ID_KEY], str(m.content)) for m in chat.memory.messages]
    finding.faults += complaints(life, restored)
    finding.faults += memory_complaints(restored.values(), memory)
    for id, seen in life.view.messages.items():
        if id in restored and not seen.get("complete", True):
            finding.cut += 1
            marks = life.view.marks.get(id, [])
            lost = [at for at, length in marks if length > len(restored[id]["body"])]
            finding.lost = max(finding.lost, ended - min(lost, default=ended))


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


def database_complaints(path: Path) -> Iterator[str]:
    """What is wrong with a closed database in which every chat has been opened."""
    db = sqlite3.connect(path)
    try:
        for (found,) in db.execute("PRAGMA integrity_check"):
            if found != "ok":
                yield f"integrity_check: {found}"
        for sql in (
            "SELECT count(*) FROM piece",
            "SELECT count(*) FROM message WHERE open = 1",
            "SELECT count(*) FROM run WHERE state IN ('running', 'interrupted')",
        ):
            if (left := db.execute(sql).fetchone()[0]) != 0:
                yield f"{sql}: {left}"
    finally:
        db.close()


# The one who kills


@dataclass
class Report:
    """What came of many kills."""

    kills: int = 0
    faults: list[str] = field(default_factory=list)
    frames: int = 0
    cut: int = 0
    lost: float = 0.0
    seconds: float = 0.0


@dataclass
class _Chain:
    """One file and the kills that it goes through."""

    name: str
    directory: Path
    random: Random
    left: int
    known: dict[str, dict[str, Json]] = field(default_factory=dict)
    life: int = 0
    pid: int = 0
    pipe: int = -1
    ends: float = 0.0
    examining: bool = False

    @property
    def path(self) -> Path:
        return self.directory / f"{self.name}.db"

    @property
    def diary(self) -> Path:
        return self.directory / f"{self.name}.{self.life}.diary"

    @property
    def seed(self) -> str:
        return f"{self.name}.{self.life}"


class _Killer:
    def __init__(self, directory: Path, count: int, seed: int) -> None:
        self.report = Report()
        self._selector = selectors.DefaultSelector()
        self._waiting = [
            _Chain(f"{seed}-{first}", directory, Random(f"{seed}-{first}"), min(_KILLS_PER_FILE, count - first))
            for first in range(0, count, _KILLS_PER_FILE)
        ]
        self._chains: list[_Chain] = []

    def run(self) -> Report:
        began = monotonic()
        while self._chains or self._waiting:
            while self._waiting and len(self._chains) < _AT_ONCE:
                self._chains.append(chain := self._waiting.pop(0))
                self._begin(chain)
            self._turn()
        self.report.seconds = monotonic() - began
        return self.report

    def _turn(self) -> None:
        next_end = min(chain.ends for chain in self._chains)
        ready = [key.data for key, _ in self._selector.select(max(0.0, next_end - monotonic()))]
        for chain in ready:
            self._reap(chain)
        for chain in [c for c in self._chains if c not in ready and c.ends <= monotonic()]:
            self._kill(chain)

    def _begin(self, chain: _Chain) -> None:
        chain.life += 1
        chain.examining = False
        self._fork(chain, lambda _: asyncio.run(live(chain.path, _Diary(chain.diary), chain.seed)))
        chain.ends = monotonic() + _span(chain.random)

    def _kill(self, chain: _Chain) -> None:
        killed = monotonic()
        os.kill(chain.pid, signal.SIGKILL)
        self._forget(chain)
        if chain.examining:
            self._fault(chain, "the examination took too long")
            self._chains.remove(chain)
            return
        self.report.kills += 1
        chain.examining = True
        self._fork(chain, lambda pipe: _examine(chain, killed, pipe))
        chain.ends = killed + _PATIENCE

    def _reap(self, chain: _Chain) -> None:
        """The process has ended by itself."""
        text = b"".join(iter(partial(os.read, chain.pipe, 65536), b"")).decode()
        self._forget(chain)
        finding = Finding(**json.loads(text)) if chain.examining and text else Finding([text or "it ended"])
        for fault in finding.faults:
            self._fault(chain, fault)
        self.report.frames += finding.frames
        self.report.cut += finding.cut
        self.report.lost = max(self.report.lost, finding.lost)
        chain.known = finding.chats
        chain.left -= 1
        if chain.left and not finding.faults:
            chain.diary.unlink(missing_ok=True)
            self._begin(chain)
        else:
            self._chains.remove(chain)

    def _fork(self, chain: _Chain, work: Callable[[int], None]) -> None:
        chain.pipe, end = os.pipe()
        chain.pid = os.fork()
        if chain.pid == 0:
            _work(work, end)
        os.close(end)
        self._selector.register(chain.pipe, selectors.EVENT_READ, chain)

    def _forget(self, chain: _Chain) -> None:
        self._selector.unregister(chain.pipe)
        os.close(chain.pipe)
        os.waitpid(chain.pid, 0)

    def _fault(self, chain: _Chain, fault: str) -> None:
        self.report.faults.append(f"{chain.path} life {chain.life}: {fault}")


def _work(work: Callable[[int], None], pipe: int) -> None:
    """The whole of a forked process."""
    # Nothing may get back into the code of the process that forked.
    try:
        logging.basicConfig(stream=os.fdopen(os.dup(pipe), "w"), level=logging.ERROR, force=True)
        work(pipe)
    except BaseException:  # noqa: BLE001
        os.write(pipe, traceback.format_exc().encode())
    finally:
        os._exit(0)


def _examine(chain: _Chain, killed: float, pipe: int) -> None:
    finding = asyncio.run(examine(chain.path, chain.diary, chain.known, killed))
    with suppress(BrokenPipeError), os.fdopen(pipe, "w") as out:
        json.dump(vars(finding), out)


def _span(random: Random) -> float:
    """How long a life lasts: most die young, some in the middle of their recovery."""
    return random.choice((random.uniform(0.0, 0.1), random.uniform(0.02, 0.4), random.uniform(0.4, 1.5)))


def kill_engines(count: int, seed: int, directory: Path) -> Report:
    """Kill `count` engines; the process that calls it has one thread."""
    gc.collect()
    gc.freeze()
    return _Killer(directory, count, seed).run()


def main(arguments: list[str] | None = None) -> int:
    """Kill, print the report as JSON, and tell by the exit code whether there are faults."""
    parser = argparse.ArgumentParser(prog="trials.engine_kills", description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory", type=Path, help="where the files go; kept (default: a temporary one)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.directory or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        report = kill_engines(options.count, options.seed, directory)
    print(json.dumps(vars(report)))
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
