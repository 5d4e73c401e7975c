"""What the store knows, in memory or in a database, on whichever thread owns it."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeAlias

from jupyter_ai.engine.schema import transaction
from jupyter_ai.engine.store_records import (
    AddMemory,
    AppendPiece,
    ChatContents,
    ChatRow,
    ClearMemory,
    DeleteChat,
    DeleteMessages,
    FinishStream,
    Limits,
    MemoryRow,
    Op,
    PutChat,
    PutMessage,
    PutRun,
    RunRow,
    StoreError,
    decode,
    weight,
)

__all__ = ["DiskLedger", "Log", "MemoryLedger", "commit", "dropped", "is_delete"]

Log: TypeAlias = logging.Logger | logging.LoggerAdapter[Any]

_SQL: dict[type[Op], str] = {
    PutChat: "INSERT INTO chat (id, owner, title, created, shared, is_default, persona)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, title = excluded.title,"
    " created = excluded.created, shared = excluded.shared, is_default = excluded.is_default,"
    " persona = excluded.persona",
    PutMessage: "INSERT INTO message (chat, id, reply_to, json, open) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (chat, id) DO UPDATE SET reply_to = excluded.reply_to, json = excluded.json,"
    " open = excluded.open",
    AppendPiece: "INSERT INTO piece (text, message)"
    " SELECT ?, seq FROM message WHERE chat = ? AND id = ? AND open = 1",
    FinishStream: "UPDATE message SET json = ?, open = 0 WHERE chat = ? AND id = ?",
    PutRun: "INSERT INTO run (chat, id, handler, state, remembers) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (chat, id) DO UPDATE SET handler = excluded.handler, state = excluded.state,"
    " remembers = excluded.remembers",
    AddMemory: "INSERT INTO memory (chat, human_id, json) VALUES (?, ?, ?)",
}
_KEYS = {"message": "id", "memory": "human_id", "run": "id"}  # by what the rows of a chat are deleted
_EMPTIED: dict[type[Op], tuple[str, ...]] = {
    DeleteChat: ("message", "memory", "run"),
    DeleteMessages: ("message", "memory", "run"),
    ClearMemory: ("memory",),
}

# The inner query reads an index only; the outer one then visits the rows in the order of the log, unsorted.
_CHATS = "SELECT id, owner, title, created, shared, is_default, persona FROM chat"
# Of the messages only an index is read, but for one of each chat.
_NEWEST = (
    "SELECT chat, id, reply_to, json, open FROM message"
    " WHERE seq IN (SELECT max(seq) FROM message GROUP BY chat)"
)
_MESSAGES = (
    "SELECT chat, id, reply_to, json, open FROM message"
    " WHERE seq IN (SELECT seq FROM message WHERE chat = ?) ORDER BY seq"
)
_PIECES = (
    "SELECT piece.text, message.chat, message.id FROM message JOIN piece ON piece.message = message.seq"
    " WHERE message.chat = ? AND message.open = 1 ORDER BY piece.seq"
)
_MEMORY = (
    "SELECT chat, human_id, json FROM memory"
    " WHERE seq IN (SELECT seq FROM memory WHERE chat = ?) ORDER BY seq"
)
_RUNS = "SELECT chat, id, handler, state, remembers FROM run WHERE chat = ? AND state = 'interrupted'"

# What is wrong with one operation, not with the disk.
_REFUSALS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ValueError,
    TypeError,
    OverflowError,
)

_REASONS = {
    sqlite3.SQLITE_FULL: "there is no space left on the disk. Free some space",
    sqlite3.SQLITE_READONLY: "the file or its disk is read-only. Make it writable",
    sqlite3.SQLITE_PERM: "the server may not write it. Give it the permission",
    sqlite3.SQLITE_BUSY: "another program has locked it. Close that program",
    sqlite3.SQLITE_LOCKED: "another program has locked it. Close that program",
    sqlite3.SQLITE_IOERR: "the disk reports an input/output error. Check the disk and its quota",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. Check its directory",
    sqlite3.SQLITE_CORRUPT: "it is damaged. Restart the server, which puts it aside and begins a new one",
    sqlite3.SQLITE_NOTADB: "it is damaged. Restart the server, which puts it aside and begins a new one",
}

_CHECKPOINT_PAGES = 1000  # SQLite's own default


def is_delete(op: Op) -> bool:
    """Whether it must outlive a dropped backlog, so that what was cleared does not come back."""
    return type(op) in _EMPTIED


def dropped(backlog: int, since: str) -> str:
    """What to say once more waits for the disk than may wait."""
    return (
        f"More than {backlog / 2**20:.0f} MiB were waiting and were dropped:"
        f" chats since {since} are only in memory and are gone after a restart."
    )


# ---- in memory ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Message:
    json: str
    open: bool
    pieces: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Contents:
    messages: dict[str, _Message] = field(default_factory=dict)
    memory: list[MemoryRow] = field(default_factory=list)
    runs: dict[str, RunRow] = field(default_factory=dict)


class MemoryLedger:
    """Chats in plain dictionaries: no thread, no disk, nothing that blocks an event loop."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._chats: dict[str, ChatRow] = {}
        self._contents: dict[str, _Contents] = {}  # by chat

    def write(self, ops: Iterable[Op]) -> None:
        for op in ops:
            self._apply(op)

    def chats(self) -> list[ChatRow]:
        return sorted(self._chats.values(), key=lambda row: (row.created, row.id))

    def load(self, chat: str) -> ChatContents:
        contents = self._contents.get(chat, _Contents())
        runs = [run for run in contents.runs.values() if run.state == "interrupted"]
        return ChatContents(list(self._decoded(chat, contents)), list(contents.memory), runs)

    def newest(self) -> dict[str, float]:
        known = [(chat, found.messages) for chat, found in self._contents.items() if found.messages]
        last = {chat: messages[next(reversed(messages))] for chat, messages in known}
        times = {chat: (decode(message.json) or {}).get("time") for chat, message in last.items()}
        return {chat: time for chat, time in times.items() if isinstance(time, int | float)}

    def _decoded(self, chat: str, contents: _Contents) -> Iterator[dict[str, Any]]:
        for id, message in contents.messages.items():
            decoded = decode(message.json, message.pieces)
            if decoded is None:
                self._log.warning("Message %s of chat %s is stored in no readable form: skipped.", id, chat)
            else:
                yield decoded

    def _apply(self, op: Op) -> None:
        match op:
            case PutChat(id, owner, title, created, shared, is_default, persona):
                self._chats[id] = ChatRow(id, owner, title, created, bool(shared), bool(is_default), persona)
            case DeleteChat(chat):
                self._chats.pop(chat, None)
                self._contents.pop(chat, None)
            case PutMessage():
                self._put_message(op)
            case AppendPiece(text, chat, stream):
                if (found := self._message(chat, stream)) and found.open:
                    found.pieces.append(text)
            case FinishStream(json, chat, stream):
                if found := self._message(chat, stream):
                    found.json, found.open, found.pieces = json, False, []
            case DeleteMessages(chat, ids):
                self._delete_messages(chat, ids)
            case ClearMemory(chat, ids):
                self._clear_memory(chat, ids)
            case PutRun(chat, id, handler, state, remembers):
                self._of(chat).runs[id] = RunRow(chat, id, handler, state, bool(remembers))
            case AddMemory(chat, human_id, json):
                self._of(chat).memory.append(MemoryRow(human_id, json))

    def _of(self, chat: str) -> _Contents:
        return self._contents.setdefault(chat, _Contents())

    def _message(self, chat: str, id: str) -> _Message | None:
        contents = self._contents.get(chat)
        return contents.messages.get(id) if contents else None

    def _put_message(self, op: PutMessage) -> None:
        old = self._message(op.chat, op.id)
        pieces = old.pieces if old and op.open else []
        self._of(op.chat).messages[op.id] = _Message(op.json, bool(op.open), pieces)

    def _delete_messages(self, chat: str, ids: tuple[str, ...] | None) -> None:
        if ids is None:
            self._contents.pop(chat, None)
        elif contents := self._contents.get(chat):
            for id in ids:
                contents.messages.pop(id, None)
                contents.runs.pop(id, None)
            self._clear_memory(chat, ids)

    def _clear_memory(self, chat: str, ids: tuple[str, ...] | None) -> None:
        if contents := self._contents.get(chat):
            gone = frozenset(ids or ())
            contents.memory = [row for row in contents.memory if ids is not None and row.human_id not in gone]


# ---- in a database ------------------------------------------------------------------------------------


def commit(db: sqlite3.Connection, ops: Sequence[Op]) -> list[tuple[Op, Exception]]:
    """Write a group in one transaction; what the database refuses of it is left out and returned.

    Raises sqlite3.Error or MemoryError, with nothing written, if the trouble is the disk's.
    """
    try:
        _write_together(db, ops)
    except _REFUSALS:
        return _write_one_by_one(db, ops)
    return []


def _write_together(db: sqlite3.Connection, ops: Sequence[Op]) -> None:
    if len(ops) == 1 and (sql := _SQL.get(type(ops[0]))):
        # A statement alone is its own transaction: one call that waits instead of three.
        db.execute(sql, ops[0])
        return
    with transaction(db):
        for kind, run in groupby(ops, type):
            if sql := _SQL.get(kind):
                db.executemany(sql, run)
            else:
                for op in run:
                    _execute(db, op)


def _write_one_by_one(db: sqlite3.Connection, ops: Sequence[Op]) -> list[tuple[Op, Exception]]:
    refused: list[tuple[Op, Exception]] = []
    with transaction(db):
        for op in map(_encodable, ops):
            try:
                with _savepoint(db):
                    _execute(db, op)
            except _REFUSALS as error:
                refused.append((op, error))
    return refused


@contextmanager
def _savepoint(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("SAVEPOINT op")
    try:
        yield
    except _REFUSALS:
        db.execute("ROLLBACK TO op")
        raise
    finally:
        if db.in_transaction:
            db.execute("RELEASE op")


def _execute(db: sqlite3.Connection, op: Op) -> None:
    if sql := _SQL.get(type(op)):
        db.execute(sql, op)
    elif isinstance(op, DeleteMessages | ClearMemory) and op.ids is not None:
        for table in _EMPTIED[type(op)]:
            sql = f"DELETE FROM {table} WHERE chat = ? AND {_KEYS[table]} = ?"
            db.executemany(sql, [(op.chat, id) for id in op.ids])
    elif isinstance(op, DeleteChat | DeleteMessages | ClearMemory):
        for table in _EMPTIED[type(op)]:
            db.execute(f"DELETE FROM {table} WHERE chat = ?", (op.chat,))
        if isinstance(op, DeleteChat):
            db.execute("DELETE FROM chat WHERE id = ?", op)


def _encodable(op: Op) -> Op:
    """The same with a mark for every half of a surrogate pair: models do send them, UTF-8 has none."""
    fields = [f.encode("utf-8", "replace").decode() if isinstance(f, str) else f for f in op]
    return type(op)(*fields)  # type: ignore[arg-type]  # as many fields, of the same types


class DiskLedger:
    """A database, and what it could not take yet."""

    def __init__(
        self,
        db: sqlite3.Connection,
        name: str,
        *,
        notice: str | None,
        limits: Limits,
        clock: Callable[[], float],
        log: Log,
    ) -> None:
        self.db = db
        self.notice = notice  # what the user should know, although all is well now
        self._name = name  # of the file, for messages
        self._limits = limits
        self._clock = clock
        self._log = log
        self._held: list[Op] = []  # not written yet, the oldest first
        self._held_size = 0
        self._cause: str | None = None  # why the last attempt failed
        self._lost_since: str | None = None  # the time at which a backlog was dropped
        self._try_at = 0.0  # not before, once an attempt failed
        self._pages = 0  # in the write-ahead log, estimated

    @property
    def problem(self) -> str | None:
        if self._cause is None or self._lost_since is None:
            return self._cause
        return f"{self._cause} {dropped(self._limits.backlog, self._lost_since)}"

    def write(self, ops: Sequence[Op], size: int) -> None:
        """Commit a group with all that is held from before, or hold it. Raises nothing of the disk's."""
        self._held.extend(ops)
        self._held_size += size
        if self._cause is None or self._clock() >= self._try_at:
            self.flush()
        if self._held_size > self._limits.backlog:
            self._drop()

    def flush(self) -> None:
        """One attempt to write what is held."""
        if not self._held:
            return
        try:
            refused = commit(self.db, self._held)
        except (sqlite3.Error, MemoryError) as error:
            self._failed(error)
        else:
            self._written(refused)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file when it is long; called when no write waits for it."""
        if self._pages < _CHECKPOINT_PAGES:
            return
        self._pages = 0
        # What cannot be moved stays in the log, where it is safe; a failing disk shows at the next write.
        with suppress(sqlite3.Error):
            self.db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def lost(self) -> None:
        """Note that others dropped writes on their way here."""
        self._lost_since = self._lost_since or time.strftime("%H:%M")

    def chats(self) -> list[ChatRow]:
        return self._replayed(_chats).chats()

    def newest(self) -> dict[str, float]:
        return self._replayed(_newest).newest()

    def load(self, chat: str) -> ChatContents:
        return self._replayed(lambda db: _contents(db, chat)).load(chat)

    def close(self) -> None:
        """A last attempt to write, then the end."""
        self.flush()
        if self._held:
            self._log.error("%d changes of chats were not saved in %s.", len(self._held), self._name)
        self.db.close()

    def _failed(self, error: sqlite3.Error | MemoryError) -> None:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        reason = _REASONS.get(code, f"{error or type(error).__name__}. See the server's log")
        cause = (
            f"Chats cannot be saved in {self._name}: {reason}."
            f" Until then they are kept in memory, and saved as soon as it is possible."
        )
        if cause != self._cause:
            self._log.error("%s (%s)", cause, error)
        self._cause = cause
        self._try_at = self._clock() + self._limits.retry

    def _written(self, refused: Iterable[tuple[Op, Exception]]) -> None:
        for op, error in refused:
            self._log.error("A change could not be stored and was left out: %.200r (%s)", op, error)
        if self._cause is not None:
            self._log.warning("Chats are saved in %s again.", self._name)
        if self._lost_since is not None:
            gap = f"Chats from {self._lost_since} to {time.strftime('%H:%M')} were not saved."
            self.notice = f"{self.notice} {gap}" if self.notice else gap
        self._pages += 4 + self._held_size // 4096 + len(self._held) // 16
        self._held, self._held_size = [], 0
        self._cause = self._lost_since = None

    def _drop(self) -> None:
        self.lost()
        self._held = [op for op in self._held if is_delete(op)]
        self._held_size = sum(map(weight, self._held))
        self._log.error("%s", self.problem)

    def _replayed(self, stored: Callable[[sqlite3.Connection], Iterable[Op]]) -> MemoryLedger:
        """What `stored` finds, as it will be once all that is held is written."""
        replayed = MemoryLedger(self._log)
        try:
            replayed.write(stored(self.db))
        except sqlite3.Error as error:
            raise StoreError(f"Chats cannot be read from {self._name}: {error}. Check its disk.") from error
        replayed.write(self._held)
        return replayed


def _chats(db: sqlite3.Connection) -> Iterator[Op]:
    return (PutChat(*row) for row in db.execute(_CHATS))


def _newest(db: sqlite3.Connection) -> Iterator[Op]:
    return (PutMessage(*row) for row in db.execute(_NEWEST))


def _contents(db: sqlite3.Connection, chat: str) -> Iterator[Op]:
    key = (chat,)
    yield from (PutMessage(*row) for row in db.execute(_MESSAGES, key))
    yield from (AppendPiece(*row) for row in db.execute(_PIECES, key))
    yield from (AddMemory(*row) for row in db.execute(_MEMORY, key))
    yield from (PutRun(*row) for row in db.execute(_RUNS, key))
