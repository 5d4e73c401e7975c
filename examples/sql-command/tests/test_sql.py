"""`/sql` in a chat without a server."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from jupyter_ai_sql import SqlChatHandler
from jupyter_ai_sql.database import Database


@pytest.fixture
def chat(make_chat, tmp_path):
    with closing(sqlite3.connect(tmp_path / "sea.db")) as database, database:
        database.execute("CREATE TABLE whale (name TEXT, tons REAL)")
        database.executemany("INSERT INTO whale VALUES (?, ?)", [("blue", 150.5), ("a|b", None)])
    return make_chat(handlers=[SqlChatHandler])


def names(tmp_path):
    with closing(sqlite3.connect(tmp_path / "sea.db")) as database:
        return [name for (name,) in database.execute("SELECT name FROM whale")]


async def test_query_is_shown_first_and_run_when_confirmed(chat):
    await chat.send("/sql --db sea.db")

    proposed = await chat.send("/sql SELECT * FROM whale")
    assert "```sql\nSELECT * FROM whale\n```\nThis reads `whale`." in proposed.text
    answer = await chat.send("/sql --run")

    assert answer.text == "| name | tons |\n| --- | --- |\n| blue | 150.5 |\n| a\\|b |  |"


async def test_change_is_named_and_happens_only_when_confirmed(chat, tmp_path):
    await chat.send("/sql --db sea.db")

    proposed = await chat.send("/sql DELETE FROM whale WHERE name = 'blue'")
    assert "**deletes from whale**" in proposed.text
    assert names(tmp_path) == ["blue", "a|b"]
    await chat.send("/sql --run")

    assert names(tmp_path) == ["a|b"]


@pytest.mark.parametrize("then", ["/sql --cancel", "/sql --run"])
async def test_confirmation_counts_once_and_not_after_a_cancel(chat, then):
    await chat.send("/sql --db sea.db")
    await chat.send("/sql SELECT 1")
    await chat.send(then)

    assert "nothing to run" in (await chat.send("/sql --run")).text


async def test_trigger_is_named(chat):
    await chat.send("/sql --db sea.db")

    proposed = await chat.send("/sql CREATE TRIGGER gone AFTER INSERT ON whale BEGIN DELETE FROM whale; END")

    assert "**creates the trigger gone**" in proposed.text


@pytest.mark.parametrize(
    "query",
    ["SELEC 1", "SELECT 1; DROP TABLE whale", "ATTACH 'other.db' AS other", "PRAGMA user_version = 7"],
)
async def test_query_that_is_wrong_or_reaches_further_is_refused(chat, query):
    await chat.send("/sql --db sea.db")

    refused = await chat.send(f"/sql {query}")

    assert refused.text.startswith("SQLite does not take this: ")
    assert "nothing to run" in (await chat.send("/sql --run")).text


@pytest.mark.parametrize("file", ["none.db", "../outside.db", "/etc/passwd"])
async def test_database_lies_below_the_root(chat, tmp_path, file):
    (tmp_path.parent / "outside.db").touch()

    assert "There is no file" in (await chat.send(f"/sql --db {file}")).text


async def test_stop_ends_a_query(make_chat, tmp_path, monkeypatch):
    loop, started = asyncio.get_running_loop(), asyncio.Event()

    class Watched(Database):
        def run(self, query, is_stopped):
            loop.call_soon_threadsafe(started.set)
            return super().run(query, is_stopped)

    monkeypatch.setattr("jupyter_ai_sql.handler.Database", Watched)
    (tmp_path / "sea.db").touch()
    chat = make_chat(handlers=[SqlChatHandler], threads=True)
    await chat.send("/sql --db sea.db")
    await chat.send("/sql WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT sum(i) FROM n")

    running = asyncio.create_task(chat.send("/sql --run"))
    await started.wait()
    await chat.stop()

    assert (await running).state == "stopped"
