"""The command: a query is shown, and run once it was confirmed."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage
from jupyter_ai_sql.database import MOST_ROWS, Database, Plan, Rows

__all__ = ["SqlChatHandler"]


class SqlChatHandler(BaseChatHandler):
    """`/sql --db FILE` chooses a database, `/sql <query>` proposes a query, `/sql --run` runs it.

    There is one instance for each chat: a query that was proposed in one is not run from another.
    """

    id = "sql"
    name = "SQL"
    help = "Runs a query on a SQLite database, once you confirm it"
    routing_type = SlashCommandRoutingType(slash_id="sql")
    uses_llm = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.parser.add_mutually_exclusive_group(required=True)
        choice.add_argument("--db", metavar="FILE", help="the database, below the server's root directory")
        choice.add_argument("--run", action="store_true", help="run the query that was proposed")
        choice.add_argument("--cancel", action="store_true", help="forget it")
        self._database: Database | None = None
        self._proposed: str | None = None

    async def process_message(self, message: HumanChatMessage) -> None:
        """Propose the query that follows the command, or do what an option says.

        Stop ends a query that runs; it changes nothing then.
        """
        query = message.prompt.removeprefix("/sql").strip()
        if query and not query.startswith("--"):
            await self._propose(query.rstrip("; \n"), message)
        elif args := self.parse_args(message):
            if args.db:
                self._choose(args.db, message)
            elif args.run:
                await self._run(message)
            else:
                self._proposed = None
                self.reply("Forgotten.", message)

    def _choose(self, file: str, message: HumanChatMessage) -> None:
        root = Path(self.root_dir).resolve()
        path = (root / file).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            self.reply(f"There is no file `{file}` below the server's root directory.", message)
            return
        self._database, self._proposed = Database(path), None
        self.reply(f"Queries go to `{file}` from now on.", message)

    async def _propose(self, query: str, message: HumanChatMessage) -> None:
        if self._database is None:
            self.reply("Choose a database first: `/sql --db <file>`.", message)
            return
        try:
            plan = await asyncio.to_thread(self._database.plan, query)
        except (sqlite3.Error, sqlite3.Warning) as error:
            self.reply(f"SQLite does not take this: {error}", message)
            return
        self._proposed = query
        self.reply(
            f"```sql\n{query}\n```\nThis {_in_words(plan)}. `/sql --run` runs it, `/sql --cancel` does not.",
            message,
        )

    async def _run(self, message: HumanChatMessage) -> None:
        query, self._proposed = self._proposed, None  # a confirmation counts once
        if query is None or self._database is None:
            self.reply("There is nothing to run: propose a query with `/sql <query>`.", message)
            return
        stopped = threading.Event()
        with self.pending("Running the query", message):
            try:
                rows = await asyncio.to_thread(self._database.run, query, stopped.is_set)
            except sqlite3.Error as error:
                self.reply(f"The query failed: {error}", message)
                return
            finally:
                stopped.set()  # cancelled, the thread must not go on
        self.reply(_table(rows), message)


def _in_words(plan: Plan) -> str:
    reads = [f"reads {', '.join(f'`{name}`' for name in sorted(plan.reads))}"] if plan.reads else []
    changes = [f"**{change}**" for change in sorted(plan.changes)]
    return " and ".join([*changes, *reads]) or "reads no table"


def _table(rows: Rows) -> str:
    if not rows.columns:
        return f"Done; {max(rows.changed, 0)} rows changed."
    lines = [rows.columns, ["---"] * len(rows.columns), *rows.rows]
    table = "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)
    return table if rows.is_whole else f"{table}\n\nThese are the first {MOST_ROWS} rows; there are more."


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
