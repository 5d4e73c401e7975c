"""A SQLite file: what a query would touch, and what it gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["MOST_ROWS", "Database", "Plan", "Rows"]

MOST_ROWS = 100
_STEPS = 10_000  # of SQLite's machine, between two looks at whether a query was stopped

_WRITES = {
    sqlite3.SQLITE_INSERT: "inserts into",
    sqlite3.SQLITE_UPDATE: "updates",
    sqlite3.SQLITE_DELETE: "deletes from",
    sqlite3.SQLITE_CREATE_TABLE: "creates the table",
    sqlite3.SQLITE_CREATE_INDEX: "creates the index",
    sqlite3.SQLITE_CREATE_VIEW: "creates the view",
    sqlite3.SQLITE_CREATE_TRIGGER: "creates the trigger",
    sqlite3.SQLITE_DROP_TABLE: "drops the table",
    sqlite3.SQLITE_DROP_INDEX: "drops the index",
    sqlite3.SQLITE_DROP_VIEW: "drops the view",
    sqlite3.SQLITE_DROP_TRIGGER: "drops the trigger",
    sqlite3.SQLITE_ALTER_TABLE: "alters the table",
}
_HARMLESS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_REINDEX,  # as a part of making an index
}
# SQLite's own account of what is created and dropped, and the indexes that it makes by itself.
_OWN = ("sqlite_master", "sqlite_temp_master", "sqlite_autoindex_")
# What would reach beyond this file.
_FORBIDDEN = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH}


@dataclass
class Plan:
    """What a query would do: the tables that it reads, and what it changes, in words."""

    reads: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)

    def note(self, action: int, first: str | None, second: str | None, *_: Any) -> int:
        """Called by SQLite for everything that a query is about to do; what has no words here is refused."""
        name = str((second if action == sqlite3.SQLITE_ALTER_TABLE else first) or "")
        if action not in {sqlite3.SQLITE_READ, *_WRITES, *_HARMLESS}:
            return sqlite3.SQLITE_DENY
        if not name.startswith(_OWN):
            if action == sqlite3.SQLITE_READ:
                self.reads.add(name)
            elif action in _WRITES:
                self.changes.add(f"{_WRITES[action]} {name}")
        return sqlite3.SQLITE_OK


@dataclass(frozen=True)
class Rows:
    """The first `MOST_ROWS` rows of an answer; `changed` is how many rows a query changed, or -1."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    is_whole: bool
    changed: int


class Database:
    """A SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def plan(self, query: str) -> Plan:
        """What a query would do; it is compiled, not run.

        Raises sqlite3.Error for one that is wrong, holds several statements, or does anything else than to
        read and change tables, indexes, views and triggers.
        """
        plan = Plan()
        with self._open("ro") as connection:
            connection.set_authorizer(plan.note)
            connection.execute(f"EXPLAIN {query}").close()
        return plan

    def run(self, query: str, is_stopped: Callable[[], bool]) -> Rows:
        """Run a query and commit what it changes.

        `is_stopped` is asked now and then; once it says so the query ends and changes nothing. Raises
        sqlite3.Error.
        """
        with self._open("rw") as connection:
            connection.set_authorizer(_confine)
            connection.set_progress_handler(is_stopped, _STEPS)
            with connection, closing(connection.execute(query)) as cursor:
                rows = cursor.fetchmany(MOST_ROWS + 1)
                columns = [column[0] for column in cursor.description or ()]
                return Rows(columns, rows[:MOST_ROWS], len(rows) <= MOST_ROWS, cursor.rowcount)

    @contextmanager
    def _open(self, mode: str) -> Iterator[sqlite3.Connection]:
        uri = f"{self.path.as_uri()}?mode={mode}"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            yield connection


def _confine(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_DENY if action in _FORBIDDEN else sqlite3.SQLITE_OK
