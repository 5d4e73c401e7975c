"""The tables of the chat store: numbered migrations, and what a crash left behind."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from jupyter_ai.engine.store_records import decode

__all__ = [
    "MIGRATIONS",
    "UnknownSchemaError",
    "check_schema",
    "migrate",
    "recover",
    "schema_version",
    "transaction",
]

# Released scripts are never edited: a change of the tables is a new script at the end.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE chat (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        title TEXT NOT NULL,
        created REAL NOT NULL,
        shared INTEGER NOT NULL,
        is_default INTEGER NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE message (
        seq INTEGER PRIMARY KEY,
        chat TEXT NOT NULL,
        id TEXT NOT NULL,
        reply_to TEXT NOT NULL,
        open INTEGER NOT NULL,
        json TEXT NOT NULL,
        UNIQUE (chat, id)
    );
    CREATE INDEX message_open ON message (chat) WHERE open = 1;

    CREATE TABLE piece (
        seq INTEGER PRIMARY KEY,
        message INTEGER NOT NULL,
        text TEXT NOT NULL
    );
    CREATE INDEX piece_message ON piece (message);

    CREATE TRIGGER message_finished AFTER UPDATE ON message WHEN OLD.open = 1 AND NEW.open = 0
    BEGIN
        DELETE FROM piece WHERE message = OLD.seq;
    END;
    CREATE TRIGGER message_deleted AFTER DELETE ON message WHEN OLD.open = 1
    BEGIN
        DELETE FROM piece WHERE message = OLD.seq;
    END;

    CREATE TABLE memory (
        seq INTEGER PRIMARY KEY,
        chat TEXT NOT NULL,
        human_id TEXT NOT NULL,
        json TEXT NOT NULL
    );
    CREATE INDEX memory_human ON memory (chat, human_id);

    CREATE TABLE run (
        chat TEXT NOT NULL,
        id TEXT NOT NULL,
        handler TEXT NOT NULL,
        state TEXT NOT NULL,
        remembers INTEGER NOT NULL,
        PRIMARY KEY (chat, id)
    ) WITHOUT ROWID;
    CREATE INDEX run_running ON run (chat) WHERE state = 'running';
    """,
    """
    ALTER TABLE chat ADD COLUMN persona TEXT NOT NULL DEFAULT '';
    """,
)


class UnknownSchemaError(Exception):
    """The file belongs to a newer version or to another program; nothing in it was changed."""


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; whatever fails, no transaction stays open."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # A full disk and an I/O error have rolled it back already.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def schema_version(db: sqlite3.Connection) -> int:
    """The number of the last migration that the file has been through."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def check_schema(db: sqlite3.Connection, newest: int = len(MIGRATIONS)) -> int:
    """The version of a file that we may migrate; raises UnknownSchemaError for any other. Changes nothing."""
    version = schema_version(db)
    if version > newest:
        raise UnknownSchemaError(f"has schema {version}, and this version knows {newest} at most")
    if version == 0 and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise UnknownSchemaError("holds the tables of another program")
    return version


def migrate(db: sqlite3.Connection, migrations: tuple[str, ...] = MIGRATIONS) -> int:
    """Bring the file to the newest schema, each step in its own transaction; the version it has then."""
    version = check_schema(db, len(migrations))
    for number, script in enumerate(migrations[version:], version + 1):
        try:
            db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    return len(migrations)


def recover(db: sqlite3.Connection) -> None:
    """End what a crash cut short: open streams are whole and marked, running runs are interrupted."""
    with transaction(db):
        for seq, text in db.execute("SELECT seq, json FROM message WHERE open = 1").fetchall():
            ended = _interrupted(text, _pieces(db, seq))
            db.execute("UPDATE message SET json = ?, open = 0 WHERE seq = ?", (ended, seq))
        db.execute("DELETE FROM piece")
        db.execute("UPDATE run SET state = 'interrupted' WHERE state = 'running'")


def _pieces(db: sqlite3.Connection, message: int) -> list[str]:
    rows = db.execute("SELECT text FROM piece WHERE message = ? ORDER BY seq", (message,))
    return [text for (text,) in rows]


def _interrupted(text: str, pieces: list[str]) -> str:
    message = decode(text, pieces)
    if message is None:
        return text
    metadata = message.get("metadata")
    marked = {**(metadata if isinstance(metadata, dict) else {}), "interrupted": True}
    return json.dumps({**message, "complete": True, "metadata": marked})
