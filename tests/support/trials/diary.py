"""A diary outlives the process that keeps it: what a client saw and wished, and that a loop turned."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from time import monotonic, process_time

from trials.fold import Json
from trials.verdict import BEAT, Beat, Life, time_to_save

__all__ = ["Diary", "read_diary"]

_BEAT = "-"  # in the place of a chat


class Diary:
    """A file to which each note goes at once, in one write; several processes may keep it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def saw(self, chat: str, frame: bytes) -> None:
        """A client of this chat was sent a frame."""
        self._note(chat, frame)

    def wishes_to_clear(self, chat: str, target: str | None) -> None:
        """To be noted before the wish is carried out."""
        self._note(chat, json.dumps({"type": "wish", "clear": target}).encode())

    async def beat(self) -> None:
        """Note again and again that the loop turns."""
        while True:
            self._note(_BEAT, b"%.6f" % process_time())
            await asyncio.sleep(BEAT)

    def _note(self, chat: str, record: bytes) -> None:
        os.write(self._file, b"%.6f %s %s\n" % (monotonic(), chat.encode(), record))


def read_diary(path: Path, known: dict[str, dict[str, Json]], ended: float) -> dict[str, Life]:
    """What a diary tells of each chat until the kill at `ended`; `known` is what was there before."""
    lives = {chat: Life() for chat in known}
    for chat, life in lives.items():
        life.view.messages = dict(known[chat])
    beats: list[Beat] = []
    for line in path.read_text().split("\n")[:-1] if path.exists() else ():  # the last may be torn
        at, chat, record = line.split(" ", 2)
        if chat == _BEAT:
            beats.append((float(at), float(record)))
        else:
            _take(lives.setdefault(chat, Life()), json.loads(record), float(at))
    for life in lives.values():
        life.due, life.ended = time_to_save(beats, ended), ended
    return lives


def _take(life: Life, frame: Json, at: float) -> None:
    if frame["type"] != "wish":
        life.frames += 1
        life.view.take(frame, at)
    elif frame["clear"] is None:
        life.cleared_all = True
    else:
        life.cleared.add(frame["clear"])
