"""Kills a whole Jupyter Server again and again: `python -m trials.server_kills --count 20`.

One process imports everything, once; it forks a few that kill. For each life they fork a server and a client,
which compares what it finds with what was seen before the last kill, and then talks until the server is gone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random
from time import monotonic
from typing import IO, Any

from jupyter_server.serverapp import ServerApp
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect
from traitlets.config import Config

from jupyter_ai.errors import UnknownMessage
from jupyter_ai.extension import AiExtension
from trials.command import run
from trials.database import closed_complaints, killed_complaints
from trials.diary import Diary, read_diary
from trials.fold import Json, View
from trials.forks import Forked, in_parallel, settle
from trials.people import talk
from trials.plugin import MODEL, install
from trials.report import Report, added
from trials.verdict import Life, complaints, memory_complaints

__all__ = ["kill_servers"]

_CHATS = 3
_AT_ONCE = 2
_KILLS_PER_FILE = 10
_PATIENCE = 30.0  # seconds for a server to start, and for a client to look around
_TOKEN = "a-token"

_FIRST_USED = (
    "jupyter_ai.chat_handlers.base",
    "jupyter_ai.engine.engine",
    "jupyter_ai.history",
    "jupyter_ai.personas.manager",
    "jupyter_ai_builtin_handlers.default",
    "jupyter_ai_magics.templates",
    "jupyter_server.services.contents.handlers",
    "langchain_core.language_models",
    "langchain_core.prompts",
)

Chats = dict[str, dict[str, Json]]


def kill_servers(count: int, seed: int, directory: Path) -> Report:
    """Kill `count` servers; the process that calls it has one thread."""
    _import_all()
    settle()
    began = monotonic()
    homes = [
        _Home(directory / f"{seed}-{first}", min(_KILLS_PER_FILE, count - first))
        for first in range(0, count, _KILLS_PER_FILE)
    ]
    report = added(in_parallel(homes, _kill_all, _AT_ONCE))
    report.seconds = monotonic() - began
    return report


def _import_all() -> None:
    """What a server imports when it is first used."""
    for module in _FIRST_USED:
        import_module(module)


# The one who kills


@dataclass
class _Home:
    """A server's directories and database, and the kills that it goes through."""

    directory: Path
    kills: int
    known: Chats = field(default_factory=dict)
    ended: float = 0.0

    @property
    def database(self) -> Path:
        return self.directory / "chats.db"

    def diary(self, life: int) -> Path:
        return self.directory / f"{life}.diary"


def _kill_all(homes: Iterable[_Home], out: IO[str]) -> None:
    report = Report()
    for home in homes:
        home.directory.mkdir(parents=True)
        random = Random(home.directory.name)
        for life in range(home.kills):
            found = _live_and_die(home, life, random.uniform(0.0, 1.2), report)
            report.faults += [f"{home.directory} life {life}: {fault}" for fault in found]
        found = _live_and_die(home, home.kills, None, report)
        report.faults += [f"{home.directory} in the end: {fault}" for fault in found]
    print(report.json(), file=out)


def _live_and_die(home: _Home, life: int, span: float | None, report: Report) -> list[str]:
    """One life; without a span it ends in peace."""
    server = Forked(lambda out: _serve(home, life, out))
    port = server.line(_PATIENCE)
    if port is None or not port.isdigit():
        return ["the server did not start", str(port), *server.end()]
    client = Forked(lambda out: asyncio.run(_visit(home, life, int(port), out)))
    chats, counts = client.line(_PATIENCE) or "", client.line(_PATIENCE) or ""
    if not chats.startswith("{") or not counts.startswith("{"):
        return ["the client gave up", chats, counts, *client.end(), *server.end()]
    home.known = json.loads(chats)
    part = added([[counts]])
    faults = part.faults
    if span is not None and not client.lives(span):
        faults.append("the client went away")
    home.ended = monotonic()
    faults += server.end(_PATIENCE if span is None else None)
    client.rest(_PATIENCE)  # what the server had sent is seen
    faults += client.end()
    faults += killed_complaints(home.database) if span is not None else closed_complaints(home.database)
    part.kills, part.faults = int(span is not None), []
    report.add(part)
    return faults


# A server


def _serve(home: _Home, life: int, out: IO[str]) -> None:
    directory = home.directory
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        os.environ[f"JUPYTER_{kind}_DIR"] = str(directory / kind.lower())
    os.environ["JUPYTER_NO_CONFIG"] = "1"
    sys.path.insert(0, str(install(directory / "site")))
    (directory / "root").mkdir(exist_ok=True)
    app = ServerApp.instance(
        config=_config(home), jpserver_extensions={"jupyter_ai": True}, root_dir=str(directory / "root")
    )
    app.initialize(argv=[], find_extensions=False)
    _tell_errors(app, out)
    app.io_loop.add_callback(lambda: print(app.port, file=out))
    app.io_loop.add_callback(Diary(home.diary(life)).beat)
    app.start()


def _config(home: _Home) -> Config:
    return Config(
        {
            "ServerApp": {"port": 0, "allow_root": True, "open_browser": False, "log_level": "CRITICAL"},
            "IdentityProvider": {"token": _TOKEN},
            "AiExtension": {
                "chat_store_path": str(home.database),
                "default_language_model": MODEL,
                "default_max_chat_history": None,
            },
        }
    )


def _tell_errors(app: ServerApp, out: IO[str]) -> None:
    handler = logging.StreamHandler(out)
    handler.addFilter(lambda record: record.levelno == logging.ERROR)
    extension: Any = next(iter(app.extension_manager.extension_apps["jupyter_ai"]))
    assert isinstance(extension, AiExtension)
    for log in (app.log, extension.log, *map(logging.getLogger, ("tornado", "asyncio"))):
        logger: Any = getattr(log, "logger", log)
        logger.setLevel(logging.ERROR)
        logger.addHandler(handler)


# A client


async def _visit(home: _Home, life: int, port: int, out: IO[str]) -> None:
    """Compare what is there with what was seen in the last life, then talk until the server is gone."""
    logging.getLogger("tornado").setLevel(logging.CRITICAL)
    url, diary, report = f"http://127.0.0.1:{port}/api/ai/chats", Diary(home.diary(life)), Report()
    lives = read_diary(home.diary(life - 1), home.known, home.ended)
    async with asyncio.TaskGroup() as group:
        talks = [_Talk(chat, diary) for chat in await _chats(url)]
        for chat in talks:
            group.create_task(chat.listen(url, lives.get(chat.id, Life()).view))
        for chat in talks:
            await chat.compare(lives.pop(chat.id, Life()), report)
        report.faults += [f"chat {id} is gone" for id in lives]
        print(json.dumps({chat.id: chat.restored for chat in talks}), file=out)
        print(report.json(), file=out)
        for number, chat in enumerate(talks):
            group.create_task(chat.talk(Random(f"{home.directory.name}/{life}/{number}")))


async def _chats(url: str) -> list[str]:
    chats = (await _request(url, "GET"))["chats"]
    for _ in range(_CHATS - len(chats)):
        chats.append(await _request(url, "POST", "{}"))
    return [chat["id"] for chat in chats]


async def _request(url: str, method: str, body: str | None = None) -> Any:
    headers = {"Authorization": f"token {_TOKEN}"}
    answer = await AsyncHTTPClient().fetch(HTTPRequest(url, method=method, body=body, headers=headers))
    return json.loads(answer.body)


class _Talk:
    """A person who talks over a WebSocket."""

    def __init__(self, id: str, diary: Diary) -> None:
        self.id = id
        self.restored: dict[str, Json] = {}  # what was there at first
        self._diary = diary
        self._view = View()
        self._news = asyncio.Event()
        self._connection: WebSocketClientConnection | None = None
        self._gone = False

    async def listen(self, url: str, old: View) -> None:
        """Take frames until the server is gone; connects like one that was cut off and comes back."""
        request = HTTPRequest(
            f"ws{url.removeprefix('http')}/{self.id}?epoch={old.epoch}&since={old.seq}",
            headers={"Authorization": f"token {_TOKEN}"},
        )
        self._connection = await websocket_connect(request, max_message_size=1 << 30)
        while (text := await self._connection.read_message()) is not None:
            frame = json.loads(text)
            if frame.get("code") == UnknownMessage.code:
                continue  # it was cleared twice, or as one and with all
            self._diary.saw(self.id, str(text).encode())
            self._view.take(frame)
            if not self.restored:
                self.restored = {id: dict(message) for id, message in self._view.messages.items()}
            self._news.set()
        self._gone = True
        self._news.set()

    async def compare(self, life: Life, report: Report) -> None:
        """Look at what is there."""
        await self._until(lambda: self._view.histories)
        report.count(life, self.restored)
        report.faults += complaints(life, self.restored)
        await self.ask("/memory")
        await self._until(self._told_memory)
        memory = [(human, text) for human, text in json.loads(self._told_memory() or "[]")]
        report.faults += memory_complaints(self.restored.values(), memory)

    async def talk(self, random: Random) -> None:
        """Talk until the server is gone."""
        talking = asyncio.ensure_future(talk(self, random, personas=True))
        await self._until(lambda: self._gone)
        talking.cancel()
        with suppress(asyncio.CancelledError, WebSocketClosedError):
            await talking

    async def ask(self, prompt: str) -> None:
        await self._send({"prompt": prompt})

    async def stop(self) -> None:
        await self._send({"type": "stop"})

    async def clear(self, target: str | None) -> None:
        self._diary.wishes_to_clear(self.id, target)
        await self._send({"type": "clear", "target": target})

    def asked(self) -> list[str]:
        return [id for id, message in self._view.messages.items() if message["type"] == "human"]

    def waiting(self) -> int:
        answered = {m.get("reply_to") for m in self._view.messages.values() if m.get("complete", True)}
        return sum(id not in answered for id in self.asked())

    def _told_memory(self) -> str | None:
        asked = {id for id in self.asked() if self._view.messages[id]["prompt"] == "/memory"}
        replies = (m for m in self._view.messages.values() if m.get("reply_to") in asked)
        return next((m["body"] for m in replies if m["id"] not in self.restored), None)

    async def _send(self, frame: Json) -> None:
        if self._connection is not None:
            await self._connection.write_message(json.dumps(frame))

    async def _until(self, condition: Any) -> None:
        while not condition() and not self._gone:
            self._news.clear()
            await self._news.wait()


if __name__ == "__main__":
    run(kill_servers, "trials.server_kills", __doc__, 20)
