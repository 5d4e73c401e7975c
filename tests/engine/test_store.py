"""The chat store keeps what was said, tells what it cannot keep, and holds nobody up."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from filelock import FileLock

from jupyter_ai.engine import schema, store_ledger, store_records
from jupyter_ai.engine import store_path as store_path_module
from jupyter_ai.engine.store import (
    ChatRow,
    Limits,
    MemoryRow,
    RunRow,
    Store,
    StoreError,
    store_path,
)
from jupyter_ai.engine.store_ledger import DiskLedger, MemoryLedger
from jupyter_ai.engine.store_path import network_file_system

T = TypeVar("T")

CHAT = ChatRow("c1", "ada", "Primes", 10.0, False, True)
BUSY_AT_ONCE = Limits(busy=0.0)

# As released: a file that was made with it must open for ever.
SCHEMA_1 = """
    CREATE TABLE chat (id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, created REAL NOT NULL,
        shared INTEGER NOT NULL, is_default INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE message (seq INTEGER PRIMARY KEY, chat TEXT NOT NULL, id TEXT NOT NULL,
        reply_to TEXT NOT NULL, open INTEGER NOT NULL, json TEXT NOT NULL, UNIQUE (chat, id));
    CREATE INDEX message_open ON message (chat) WHERE open = 1;
    CREATE TABLE piece (seq INTEGER PRIMARY KEY, message INTEGER NOT NULL, text TEXT NOT NULL);
    CREATE INDEX piece_message ON piece (message);
    CREATE TRIGGER message_finished AFTER UPDATE ON message WHEN OLD.open = 1 AND NEW.open = 0
        BEGIN DELETE FROM piece WHERE message = OLD.seq; END;
    CREATE TRIGGER message_deleted AFTER DELETE ON message WHEN OLD.open = 1
        BEGIN DELETE FROM piece WHERE message = OLD.seq; END;
    CREATE TABLE memory (seq INTEGER PRIMARY KEY, chat TEXT NOT NULL, human_id TEXT NOT NULL,
        json TEXT NOT NULL);
    CREATE INDEX memory_human ON memory (chat, human_id);
    CREATE TABLE run (chat TEXT NOT NULL, id TEXT NOT NULL, handler TEXT NOT NULL, state TEXT NOT NULL,
        remembers INTEGER NOT NULL, PRIMARY KEY (chat, id)) WITHOUT ROWID;
    CREATE INDEX run_running ON run (chat) WHERE state = 'running';
    PRAGMA user_version = 1;
"""


def body(id: str, text: str = "", **more: object) -> str:
    return json.dumps({"id": id, "body": text, **more})


def put(store: Store, id: str, text: str = "") -> int:
    return store.put_message("c1", id, "", body(id, text))


async def bodies(store: Store, chat: str = "c1") -> list[str]:
    return [message["body"] for message in (await store.load(chat)).messages]


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """What another program finds in the file."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def make(path: Path, script: str, *statements: tuple[str, tuple[object, ...]]) -> None:
    """A database as another program leaves it."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(script)
        for sql, args in statements:
            db.execute(sql, args)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir())


def spoil(path: Path, damage: str) -> bytes:
    """What is in the file then."""
    data = path.read_bytes()
    half = len(data) // 2 // 4096 * 4096
    spoilt = (
        data[:half] + b"\xa5" * (len(data) - half) if damage == "a half overwritten" else b"spoilt " * 1000
    )
    path.write_bytes(spoilt)
    return spoilt


def can_lock(path: Path) -> bool:
    with FileLock(f"{path}.lock", blocking=False) as lock:
        return lock.is_locked


def join_writers() -> None:
    """Until no store's thread is left."""
    for thread in threading.enumerate():
        if thread.name == "jupyter-ai-store":
            thread.join()


async def off_loop(function: Callable[..., T], *args: Any) -> T:
    """What would block the loop."""
    return await asyncio.to_thread(function, *args)


@asynccontextmanager
async def opened(path: Path | None, **options: Any) -> AsyncIterator[Store]:
    store = Store(path, **options)
    await store.open()
    try:
        yield store
    finally:
        await store.aclose()


async def on_thread(store: Store, query: Callable[[DiskLedger], T]) -> T:
    """The writer's answer to a question that no user asks."""
    assert store._writer is not None
    return await store._writer.ask(query)


class Hung:
    """A disk that does not answer until it is released."""

    def __init__(self, store: Store) -> None:
        self._go_on = threading.Event()
        self._begun = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(on_thread(store, self._hang))

    def _hang(self, ledger: DiskLedger) -> None:
        self._loop.call_soon_threadsafe(self._begun.set)
        self._go_on.wait()

    async def __aenter__(self) -> Hung:
        await self._begun.wait()
        return self

    async def release(self) -> None:
        self._go_on.set()
        await self._task

    async def __aexit__(self, *exc: object) -> None:
        await self.release()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Another program holds the database's write lock."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    await off_loop(db.execute, "BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chats" / "root.db"


@pytest.fixture
async def disk(path: Path) -> AsyncIterator[Store]:
    async with opened(path) as store:
        yield store


@pytest.fixture(params=["disk", "memory"])
async def store(request: pytest.FixtureRequest, path: Path) -> AsyncIterator[Store]:
    async with opened(path if request.param == "disk" else None) as store:
        yield store


# ---- what it keeps, on disk and in memory alike -------------------------------------------------------


async def test_a_new_store_has_no_chats_and_no_problem(store: Store) -> None:
    assert await store.chats() == []
    assert (store.problem, store.notice) == (None, None)


async def test_chats_come_in_the_order_of_their_creation(store: Store) -> None:
    late, early = replace(CHAT, id="a", created=20.0), replace(CHAT, id="b", created=5.0, shared=True)
    for row in (late, CHAT, early):
        store.put_chat(row)

    assert await store.chats() == [early, CHAT, late]


async def test_putting_a_chat_again_updates_it(store: Store) -> None:
    store.put_chat(CHAT)
    renamed = replace(CHAT, title="Composites", is_default=False, shared=True)
    store.put_chat(renamed)

    assert await store.chats() == [renamed]


async def test_the_time_of_the_newest_message_of_each_chat(store: Store) -> None:
    for chat, id, more in (
        ("c1", "m1", {"time": 1.5}),
        ("c1", "m2", {"time": 2.5}),
        ("c2", "m1", {"time": 9}),
        ("c3", "m1", {}),
    ):
        store.put_message(chat, id, "", body(id, **more))
    store.put_message("c4", "m1", "", "{")
    store.put_message("c1", "m1", "", body("m1", time=7.5))  # keeps its place

    assert await store.newest() == {"c1": 2.5, "c2": 9}
    store.delete_messages("c1", ["m2"])
    store.delete_messages("c2", None)
    assert await store.newest() == {"c1": 7.5}


async def test_messages_come_in_the_order_of_the_log(store: Store) -> None:
    for id in ("m3", "m1", "m2"):
        put(store, id, id)

    assert await bodies(store) == ["m3", "m1", "m2"]


async def test_a_message_put_again_keeps_its_place(store: Store) -> None:
    for id in ("m1", "m2"):
        put(store, id, id)
    put(store, "m1", "edited")

    assert await bodies(store) == ["edited", "m2"]


async def test_a_chat_knows_nothing_of_another(store: Store) -> None:
    put(store, "m1", "mine")
    store.put_message("c2", "m1", "", body("m1", "yours"))
    store.add_memory("c2", MemoryRow("m1", "{}"))
    store.delete_messages("c2", ["m1"])

    assert await bodies(store) == ["mine"]
    assert await bodies(store, "c2") == []


async def test_an_open_stream_is_read_whole(store: Store) -> None:
    store.put_message("c1", "s1", "m1", body("s1", "2, "), open=True)
    store.append_piece("c1", "s1", "3, ")
    store.append_piece("c1", "s1", "5")

    assert await bodies(store) == ["2, 3, 5"]


async def test_a_finished_stream_is_what_it_was_finished_with(store: Store) -> None:
    store.put_message("c1", "s1", "m1", body("s1"), open=True)
    store.append_piece("c1", "s1", "never mind")
    store.finish_stream("c1", "s1", body("s1", "whole", complete=True))

    assert (await store.load("c1")).messages == [{"id": "s1", "body": "whole", "complete": True}]


async def test_a_piece_for_a_finished_or_unknown_stream_is_dropped(store: Store) -> None:
    store.put_message("c1", "s1", "m1", body("s1"), open=True)
    store.finish_stream("c1", "s1", body("s1", "whole"))
    store.append_piece("c1", "s1", "late")
    store.append_piece("c1", "s2", "lost")
    store.finish_stream("c1", "s2", body("s2", "lost"))

    assert await bodies(store) == ["whole"]


async def test_an_open_stream_put_again_keeps_its_pieces_and_a_closed_one_does_not(store: Store) -> None:
    store.put_message("c1", "s1", "m1", body("s1"), open=True)
    store.append_piece("c1", "s1", "kept")
    store.put_message("c1", "s1", "m1", body("s1"), open=True)
    before = await bodies(store)
    store.put_message("c1", "s1", "m1", body("s1", "closed"))

    assert before == ["kept"]
    assert await bodies(store) == ["closed"]


async def test_a_deleted_message_takes_its_memory_and_run_along(store: Store) -> None:
    for id in ("m1", "m2"):
        put(store, id, id)
        store.add_memory("c1", MemoryRow(id, "{}"))
        store.put_run(RunRow("c1", id, "default", "interrupted", True))
    store.delete_messages("c1", ["m1"])
    contents = await store.load("c1")

    assert [message["id"] for message in contents.messages] == ["m2"]
    assert contents.memory == [MemoryRow("m2", "{}")]
    assert [run.id for run in contents.runs] == ["m2"]


async def test_deleting_all_messages_leaves_the_chat(store: Store) -> None:
    store.put_chat(CHAT)
    put(store, "m1")
    store.add_memory("c1", MemoryRow("m1", "{}"))
    store.put_run(RunRow("c1", "m1", "default", "interrupted", True))
    store.delete_messages("c1", None)
    contents = await store.load("c1")

    assert (contents.messages, contents.memory, contents.runs) == ([], [], [])
    assert await store.chats() == [CHAT]


async def test_a_deleted_stream_does_not_come_back_with_its_end(store: Store) -> None:
    store.put_message("c1", "s1", "m1", body("s1"), open=True)
    store.append_piece("c1", "s1", "x")
    store.delete_messages("c1", ["s1"])
    store.append_piece("c1", "s1", "y")
    store.finish_stream("c1", "s1", body("s1", "whole"))

    assert await bodies(store) == []


async def test_a_deleted_chat_is_gone_with_all_that_belongs_to_it(store: Store) -> None:
    store.put_chat(CHAT)
    put(store, "m1")
    store.add_memory("c1", MemoryRow("m1", "{}"))
    store.put_run(RunRow("c1", "m1", "default", "interrupted", True))
    store.delete_chat("c1")
    contents = await store.load("c1")

    assert await store.chats() == []
    assert (contents.messages, contents.memory, contents.runs) == ([], [], [])


async def test_memory_comes_in_order_and_several_rows_may_belong_to_a_message(store: Store) -> None:
    rows = [MemoryRow("m2", '"a"'), MemoryRow("m1", '"b"'), MemoryRow("m2", '"c"')]
    for row in rows:
        store.add_memory("c1", row)

    assert (await store.load("c1")).memory == rows


async def test_forgetting_keeps_the_messages(store: Store) -> None:
    for id in ("m1", "m2"):
        put(store, id, id)
        store.add_memory("c1", MemoryRow(id, "{}"))
    store.clear_memory("c1", ["m1"])
    one = (await store.load("c1")).memory
    store.clear_memory("c1", None)

    assert one == [MemoryRow("m2", "{}")]
    assert (await store.load("c1")).memory == []
    assert await bodies(store) == ["m1", "m2"]


async def test_only_interrupted_runs_are_loaded(store: Store) -> None:
    cut = RunRow("c1", "m3", "/ask", "interrupted", False)
    for row in (RunRow("c1", "m1", "/ask", "running", True), RunRow("c1", "m2", "/ask", "done", True), cut):
        store.put_run(row)
    store.put_run(RunRow("c1", "m4", "/ask", "interrupted", True))
    store.put_run(RunRow("c1", "m4", "/ask", "failed", True))

    assert (await store.load("c1")).runs == [cut]


async def test_a_message_in_no_readable_form_is_skipped_and_logged(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    for id, text in (("m1", "{"), ("m2", "[]")):
        store.put_message("c1", id, "", text)
    put(store, "m3", "fine")

    assert await bodies(store) == ["fine"]
    assert ["m1" in record.getMessage() for record in caplog.records] == [True, False]


async def test_tickets_rise_and_become_durable(store: Store) -> None:
    first, second = put(store, "m1"), put(store, "m2")
    await store.wait(second)

    assert first < second == store.last_ticket == store.durable


async def test_a_closed_store_refuses_writes_and_reads(store: Store) -> None:
    await store.aclose()
    await store.aclose()

    with pytest.raises(StoreError, match="closed"):
        put(store, "m1")
    with pytest.raises(StoreError, match="closed"):
        await store.load("c1")
    with pytest.raises(StoreError, match="closed"):
        await store.open()


# ---- in memory ----------------------------------------------------------------------------------------


def test_the_store_in_memory_needs_no_thread_and_no_loop() -> None:
    def result(coroutine: Coroutine[Any, Any, T]) -> T:
        with pytest.raises(StopIteration) as stop:
            coroutine.send(None)
        value: T = stop.value.value
        return value

    threads = threading.active_count()
    store = Store(None)
    result(store.open())
    ticket = put(store, "m1", "hello")
    result(store.wait(ticket))

    assert result(bodies(store)) == ["hello"]
    assert store.durable == ticket
    assert threading.active_count() == threads
    assert store.health()["mode"] == "memory"


async def test_the_store_in_memory_never_wakes_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    wake_ups: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "call_soon_threadsafe", wake_ups.append)
        async with opened(None) as store:
            await store.wait(put(store, "m1"))

            assert len(await bodies(store)) == 1
    assert wake_ups == []


# ---- one thread, groups, tickets ----------------------------------------------------------------------


def test_a_store_on_disk_must_be_opened_first(path: Path) -> None:
    with pytest.raises(StoreError, match="not open"):
        put(Store(path), "m1")


async def test_what_was_written_is_there_after_a_restart(path: Path) -> None:
    async with opened(path) as store:
        store.put_chat(CHAT)
        put(store, "m1", "hello")
        store.add_memory("c1", MemoryRow("m1", "{}"))
    async with opened(path) as store:
        contents = await store.load("c1")

        assert await store.chats() == [CHAT]
        assert contents.messages == [{"id": "m1", "body": "hello"}]
        assert contents.memory == [MemoryRow("m1", "{}")]


async def test_a_durable_write_is_in_the_file(disk: Store, path: Path) -> None:
    await disk.wait(put(disk, "m1", "hello"))

    assert await off_loop(rows, path, "SELECT json FROM message") == [(body("m1", "hello"),)]


async def test_all_that_waits_is_one_transaction_and_one_wake_up(
    disk: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, wake_ups = asyncio.get_running_loop(), 0
    call_soon_threadsafe = loop.call_soon_threadsafe

    def counting(*args: Any, **kwargs: Any) -> asyncio.Handle:
        nonlocal wake_ups
        wake_ups += args[0] == disk._reported
        return call_soon_threadsafe(*args, **kwargs)

    statements: list[str] = []
    await on_thread(disk, lambda ledger: ledger.db.set_trace_callback(statements.append))
    async with Hung(disk):
        monkeypatch.setattr(loop, "call_soon_threadsafe", counting)
        for number in range(100):
            ticket = put(disk, f"m{number}", str(number))
        store_before = disk.durable
    await disk.wait(ticket)

    assert (store_before, wake_ups) == (0, 1)
    assert (statements.count("BEGIN IMMEDIATE"), statements.count("COMMIT")) == (1, 1)
    assert await bodies(disk) == [str(number) for number in range(100)]


async def test_a_group_keeps_the_order_of_writes_of_different_kinds(disk: Store) -> None:
    async with Hung(disk):
        put(disk, "m1")
        disk.delete_messages("c1", None)
        disk.put_message("c1", "s1", "", body("s1"), open=True)
        disk.append_piece("c1", "s1", "a")
        disk.append_piece("c1", "s1", "b")
        put(disk, "m2", "last")
        disk.delete_messages("c2", None)

    assert await bodies(disk) == ["ab", "last"]


async def test_a_read_sees_all_earlier_writes_and_no_later_one(disk: Store) -> None:
    async with Hung(disk):
        put(disk, "m1", "earlier")
        reading = asyncio.create_task(bodies(disk))
        await asyncio.sleep(0)
        ticket = put(disk, "m2", "later")
    await disk.wait(ticket)

    assert await reading == ["earlier"]


async def test_cancelling_a_wait_harms_nobody(disk: Store) -> None:
    async with Hung(disk):
        ticket = put(disk, "m1")
        waits = [asyncio.create_task(disk.wait(ticket)) for _ in range(3)]
        reading = asyncio.create_task(disk.load("c1"))
        await asyncio.sleep(0)
        for task in (waits[1], reading):
            task.cancel()
    results = await asyncio.gather(*waits, reading, return_exceptions=True)

    assert [type(result).__name__ for result in results] == [
        "NoneType",
        "CancelledError",
        "NoneType",
        "CancelledError",
    ]
    await disk.wait(put(disk, "m2"))


async def test_giving_way_to_a_disk_that_does_not_answer_is_soon_over(disk: Store) -> None:
    async with Hung(disk):
        waiting = asyncio.create_task(disk.wait(put(disk, "m1")))
        await asyncio.sleep(0)
        async with asyncio.timeout(1):
            await disk.give_way()

        assert not waiting.done()
    await waiting


async def test_waits_end_in_the_order_of_their_tickets_whoever_began_first(disk: Store) -> None:
    ended: list[int] = []

    async def wait(ticket: int) -> None:
        await disk.wait(ticket)
        ended.append(ticket)

    async with Hung(disk):
        first, second = put(disk, "m1"), put(disk, "m2")
        waits = asyncio.gather(wait(second), wait(first))
        await asyncio.sleep(0)
    await waits

    assert ended == [first, second]


async def test_a_bad_write_in_a_group_does_not_lose_the_others(
    disk: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with Hung(disk):
        put(disk, "m1", "a")
        disk.put_message("c1", "bad", "", object())  # type: ignore[arg-type]  # what a faulty plug-in might do
        disk.delete_messages("c1", ["m1", 2**70])  # type: ignore[list-item]
        put(disk, "m2", "b")

    assert await bodies(disk) == ["a", "b"]
    assert disk.problem is None
    assert len([r for r in caplog.records if "left out" in r.getMessage()]) == 2


async def test_half_a_surrogate_pair_is_marked_and_not_lost(disk: Store) -> None:
    disk.put_message("c1", "s1", "", body("s1"), open=True)
    disk.append_piece("c1", "s1", "a\ud83d")
    await disk.wait(disk.append_piece("c1", "s1", "b"))

    assert await bodies(disk) == ["a?b"]


async def test_a_piece_costs_the_same_however_long_the_stream_is(disk: Store) -> None:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    async def cost() -> int:
        nonlocal steps
        steps = 0
        for _ in range(50):
            await disk.wait(disk.append_piece("c1", "s1", "x" * 500))
        return steps

    disk.put_message("c1", "s1", "", body("s1"), open=True)
    await on_thread(disk, lambda ledger: ledger.db.set_progress_handler(count, 1))
    early = await cost()
    for _ in range(5000):
        ticket = disk.append_piece("c1", "s1", "x" * 500)
    await disk.wait(ticket)
    late = await cost()

    assert late == pytest.approx(early, rel=0.02)
    assert [len(text) for text in await bodies(disk)] == [5100 * 500]


@pytest.mark.parametrize("name", ["_MESSAGES", "_PIECES", "_MEMORY", "_RUNS"])
async def test_loading_a_chat_scans_no_table(disk: Store, name: str) -> None:
    sql = f"EXPLAIN QUERY PLAN {getattr(store_ledger, name)}"
    plan = await on_thread(disk, lambda ledger: ledger.db.execute(sql, ("c1",)).fetchall())

    assert [step[3] for step in plan if step[3].startswith("SCAN")] == []


async def test_the_log_is_moved_into_the_file_when_it_is_long(disk: Store, path: Path) -> None:
    before = (await off_loop(path.stat)).st_size
    for number in range(20):
        await disk.wait(put(disk, f"m{number}", "x" * 500_000))
    await disk.load("c1")

    assert (await off_loop(path.stat)).st_size > before + 4_000_000


async def test_closing_writes_what_waits_and_releases_the_file(path: Path) -> None:
    async with opened(path) as store:
        for number in range(1000):
            ticket = put(store, f"m{number}")
        await store.aclose()

        assert store.durable == ticket
    assert await off_loop(rows, path, "SELECT count(*) FROM message") == [(1000,)]
    assert await off_loop(names, path) == ["root.db", "root.db.lock"]
    assert await off_loop(can_lock, path)


def test_a_closed_loop_does_not_break_the_thread(path: Path) -> None:
    store = Store(path)

    async def leave() -> None:
        await store.open()
        put(store, "m1")

    asyncio.run(leave())
    assert store._writer is not None
    store._writer.close()
    join_writers()

    assert rows(path, "SELECT id FROM message") == [("m1",)]


# ---- opening ------------------------------------------------------------------------------------------


async def test_the_file_and_its_directory_are_for_their_owner_alone(disk: Store, path: Path) -> None:
    await disk.wait(put(disk, "m1"))

    found = {name: await off_loop(mode, path.parent / name) for name in await off_loop(names, path)}
    assert set(found) >= {"root.db", "root.db-wal", "root.db.lock"}
    assert set(found.values()) == {0o600}
    assert await off_loop(mode, path.parent) == 0o700


async def test_a_file_that_others_can_read_is_closed_to_them(path: Path) -> None:
    await off_loop(make, path, "PRAGMA user_version = 0")
    await off_loop(path.touch)
    await off_loop(path.chmod, 0o644)
    async with opened(path):
        assert await off_loop(mode, path) == 0o600


async def test_a_local_disk_has_a_write_ahead_log(disk: Store, path: Path) -> None:
    await disk.wait(put(disk, "m1"))
    health = disk.health()

    assert health | {"size": 0} == {
        "path": str(path),
        "mode": "disk",
        "journal_mode": "wal",
        "synchronous": "NORMAL",
        "schema_version": len(schema.MIGRATIONS),
        "size": 0,
        "problem": None,
        "notice": None,
    }
    assert isinstance(health["size"], int)
    assert health["size"] > 0


async def test_a_network_disk_has_a_rollback_journal(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    await off_loop(mounts.write_text, "22 1 0:1 / / rw - nfs4 server:/home rw\n")
    async with opened(path) as store:
        await store.wait(put(store, "m1", "before"))
    monkeypatch.setattr(store_path_module, "_MOUNTS", mounts)
    async with opened(path) as store:
        assert store.health()["journal_mode"] == "delete"
        assert await bodies(store) == ["before"]
        await store.wait(put(store, "m2"))
        assert "root.db-wal" not in await off_loop(names, path)


async def test_full_synchronous_is_a_choice(path: Path) -> None:
    async with opened(path, synchronous="FULL") as store:
        level = await on_thread(store, lambda ledger: ledger.db.execute("PRAGMA synchronous").fetchone())

        assert level == (2,)
        assert store.health()["synchronous"] == "FULL"


MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /home rw,relatime - nfs4 files:/home rw,vers=4.2
31 30 0:41 / /home/ada/local rw - xfs /dev/vdb rw
32 22 0:42 / /mnt/my\\040share rw - cifs //files/share rw
33 22 0:43 / /mnt/cloud rw master:1 propagate_from:2 - fuse.sshfs ada@host: rw
34 22 0:44 / /scratch rw - lustre 10.0.0.1@tcp:/scratch rw
35 22 0:45 / /over rw - nfs4 files:/over rw
36 35 0:46 / /over rw - tmpfs tmpfs rw
37 22 0:47 / /windows rw - fuseblk /dev/vdc rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/lib/x.db", None),
        ("/home/ada/x.db", "nfs4"),
        ("/homework/x.db", None),
        ("/home/ada/local/x.db", None),
        ("/mnt/my share/x.db", "cifs"),
        ("/mnt/cloud/x.db", "fuse.sshfs"),
        ("/scratch/x.db", "lustre"),
        ("/over/x.db", None),
        ("/windows/x.db", None),
    ],
)
def test_a_network_disk_is_known_by_the_longest_mount_above_it(path: str, expected: str | None) -> None:
    assert network_file_system(Path(path), MOUNTS) == expected


def test_without_a_list_of_mounts_every_disk_is_local() -> None:
    assert network_file_system(Path("/home/x.db"), "") is None


async def test_a_file_in_use_by_another_server_is_left_to_it(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    second, third = path.with_name("root-2.db"), path.with_name("root-3.db")
    async with opened(path) as a, opened(path) as b, opened(path) as c:
        for number, store in enumerate((a, b, c)):
            await store.wait(put(store, "m1", str(number)))

        assert [a.path, b.path, c.path] == [path, second, third]
        assert [await bodies(store) for store in (a, b, c)] == [["0"], ["1"], ["2"]]
        assert a.notice is None
        assert b.notice == f"{path} is in use by another server: this one writes its chats to {second}."
        assert b.problem is None
        assert [r.getMessage() for r in caplog.records if str(second) in r.getMessage()] == [b.notice]
    async with opened(path) as store:
        assert (store.path, store.notice) == (path, None)


async def test_a_file_of_a_newer_version_is_left_as_it_is(path: Path) -> None:
    await off_loop(make, path, "CREATE TABLE future (x); PRAGMA user_version = 999;")
    before = await off_loop(path.read_bytes)
    async with opened(path) as store:
        await store.wait(put(store, "m1"))

        assert store.path == path.with_name("root-2.db")
        assert store.problem is None
        assert "schema 999" in str(store.notice)
    assert await off_loop(path.read_bytes) == before


async def test_a_file_of_another_program_is_left_as_it_is(path: Path) -> None:
    await off_loop(make, path, "CREATE TABLE chat (x)")
    async with opened(path) as store:
        assert store.path == path.with_name("root-2.db")
        assert "another program" in str(store.notice)


@pytest.mark.parametrize("damage", ["no database at all", "a half overwritten"])
async def test_a_damaged_file_is_kept_and_a_new_one_begun(path: Path, damage: str) -> None:
    async with opened(path) as store:
        for number in range(200):
            put(store, f"m{number}", "x" * 1000)
    spoilt = await off_loop(spoil, path, damage)
    async with opened(path) as store:
        await store.wait(put(store, "m1", "new"))
        [kept] = [path.parent / name for name in await off_loop(names, path) if ".corrupt-" in name]

        assert await off_loop(kept.read_bytes) == spoilt
        assert store.path == path
        assert store.problem is None
        assert str(kept) in str(store.notice)
        assert await bodies(store) == ["new"]


async def test_two_damaged_files_of_one_second_are_both_kept(path: Path) -> None:
    await off_loop(make, path, "PRAGMA user_version = 0")
    for _ in range(2):
        await off_loop(spoil, path, "no database at all")
        async with opened(path):
            pass

    assert len([name for name in await off_loop(names, path) if ".corrupt-" in name]) == 2


async def test_an_unusable_place_is_told_and_the_chat_goes_on_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str | None] = []
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "chats" / "root.db"
    async with opened(place, on_problem=told.append) as store:
        ticket = put(store, "m1", "hello")
        await store.wait(ticket)

        assert await bodies(store) == ["hello"]
        assert store.durable == ticket
        assert str(place) in str(store.problem)
        assert told == [store.problem]
        assert store.path is None
        assert store.health()["mode"] == "memory"
    assert [r.levelno for r in caplog.records] == [logging.ERROR]


async def test_a_directory_in_the_place_of_the_file_is_told(path: Path) -> None:
    await off_loop(os.makedirs, path)
    async with opened(path) as store:
        assert "memory only" in str(store.problem)


async def test_a_disk_that_does_not_answer_does_not_hold_up_opening(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    real = schema.recover

    def recover(db: sqlite3.Connection) -> None:
        go_on.wait()
        real(db)

    monkeypatch.setattr(store_path_module, "recover", recover)
    async with opened(path, limits=Limits(opening=0.0)) as store:
        assert "no answer" in str(store.problem)
        await store.wait(put(store, "m1", "hello"))
        assert await bodies(store) == ["hello"]
    go_on.set()
    await off_loop(join_writers)
    assert await off_loop(can_lock, path)


async def test_cancelling_open_closes_the_store(path: Path) -> None:
    store = Store(path)
    task = asyncio.create_task(store.open())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await off_loop(join_writers)

    with pytest.raises(StoreError, match="closed"):
        put(store, "m1")
    async with opened(path) as other:
        assert other.path == path


# ---- migrations and recovery --------------------------------------------------------------------------


OLD_ROWS = (
    ("INSERT INTO chat VALUES ('c1', 'ada', 'Primes', 10.0, 0, 1)", ()),
    ("INSERT INTO message VALUES (1, 'c1', 'm1', '', 0, ?)", (body("m1", "hello"),)),
    ("INSERT INTO message VALUES (2, 'c1', 's1', 'm1', 1, ?)", (body("s1"),)),
    ("INSERT INTO piece VALUES (1, 2, 'half')", ()),
    ("INSERT INTO memory VALUES (1, 'c1', 'm1', '{}')", ()),
    ("INSERT INTO run VALUES ('c1', 'm1', 'default', 'running', 1)", ()),
)


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "with rows"])
async def test_a_file_of_the_oldest_schema_opens(path: Path, filled: bool) -> None:
    await off_loop(make, path, SCHEMA_1, *(OLD_ROWS if filled else ()))
    async with opened(path) as store:
        contents = await store.load("c1")

        assert store.health()["schema_version"] == len(schema.MIGRATIONS)
        assert await store.chats() == ([CHAT] if filled else [])
        assert [m["body"] for m in contents.messages] == (["hello", "half"] if filled else [])
        assert contents.memory == ([MemoryRow("m1", "{}")] if filled else [])
        assert len(contents.runs) == int(filled)
        await store.wait(put(store, "m9"))


def test_the_oldest_schema_is_as_it_was_released() -> None:
    def tables(script: str) -> list[str]:
        with closing(sqlite3.connect(":memory:")) as db:
            db.executescript(script)
            return sorted(
                " ".join(sql.split()) for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql")
            )

    assert tables(schema.MIGRATIONS[0]) == tables(SCHEMA_1)


def test_a_failed_migration_leaves_the_version_before_it() -> None:
    steps = ("CREATE TABLE a (x)", "CREATE TABLE b (x)", "CREATE TABLE c (x); INSERT INTO nowhere VALUES (1)")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            schema.migrate(db, steps)
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master ORDER BY name")]

        assert schema.schema_version(db) == 2
        assert tables == ["a", "b"]
        assert schema.migrate(db, (*steps[:2], "CREATE TABLE c (x)")) == 3


async def test_a_cut_stream_comes_back_complete_and_marked_and_its_run_interrupted(path: Path) -> None:
    text = body("s1", "2, ", complete=False, metadata={"model": "x"})
    statements = (
        ("INSERT INTO message VALUES (1, 'c1', 's1', 'm1', 1, ?)", (text,)),
        ("INSERT INTO message VALUES (2, 'c1', 's2', 'm1', 1, 'unreadable')", ()),
        ("INSERT INTO piece VALUES (1, 1, '3, '), (2, 1, '5')", ()),
        ("INSERT INTO run VALUES ('c1', 'm1', 'default', 'running', 1)", ()),
        ("INSERT INTO run VALUES ('c1', 'm0', 'default', 'done', 1)", ()),
    )
    await off_loop(make, path, SCHEMA_1, *statements)
    async with opened(path) as store:
        contents = await store.load("c1")

        metadata = {"model": "x", "interrupted": True}
        assert contents.messages == [{"id": "s1", "body": "2, 3, 5", "complete": True, "metadata": metadata}]
        assert contents.runs == [RunRow("c1", "m1", "default", "interrupted", True)]
    assert await off_loop(rows, path, "SELECT count(*) FROM piece") == [(0,)]
    assert await off_loop(rows, path, "SELECT sum(open) FROM message") == [(0,)]


WRITER = """
import asyncio, sys
from pathlib import Path
from jupyter_ai.engine.store import RunRow, Store

async def main():
    store = Store(Path(sys.argv[1]))
    await store.open()
    store.put_run(RunRow("c1", "m0", "default", "running", True))
    store.put_message("c1", "s1", "m0", '{"id": "s1", "body": ""}', open=True)
    number = 0
    while True:
        store.append_piece("c1", "s1", f"{number},")
        json = '{"id": "m%d", "body": "%s"}' % (number, "x" * 3000)
        ticket = store.put_message("c1", f"m{number}", "", json)
        await store.wait(ticket)
        print(number, flush=True)
        number += 1

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that cannot be caught")
def test_what_was_durable_survives_a_kill_in_the_middle_of_writing(path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(300):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        last = 299 + len(child.stdout.read().split("\n")) - 1

    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    asyncio.run(_assert_recovered(path, last))


async def _assert_recovered(path: Path, last: int) -> None:
    async with opened(path) as store:
        contents = await store.load("c1")
        stream, *messages = contents.messages

        assert store.path == path
        assert [m["id"] for m in messages[: last + 1]] == [f"m{number}" for number in range(last + 1)]
        assert stream["body"].startswith("".join(f"{number}," for number in range(last + 1)))
        assert (stream["complete"], stream["metadata"]) == (True, {"interrupted": True})
        assert [run.state for run in contents.runs] == ["interrupted"]


# ---- disks that fail ----------------------------------------------------------------------------------


async def test_a_full_disk_is_told_and_nobody_waits_for_it(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str | None] = []
    async with opened(path, on_problem=told.append) as store:
        await store.wait(put(store, "m1", "before"))
        await on_thread(store, lambda ledger: ledger.db.execute("PRAGMA max_page_count = 20").fetchone())
        ticket = put(store, "m2", "x" * 500_000)
        await store.wait(ticket)

        assert store.durable == ticket
        assert told == [store.problem]
        assert str(path) in str(store.problem)
        assert "no space left" in str(store.problem)
        assert [r.levelno for r in caplog.records] == [logging.ERROR]

        await on_thread(store, lambda ledger: ledger.db.execute("PRAGMA max_page_count = 100000").fetchone())
    assert await off_loop(rows, path, "SELECT id FROM message") == [("m1",), ("m2",)]


async def test_a_read_only_file_is_told(disk: Store) -> None:
    await on_thread(disk, lambda ledger: ledger.db.execute("PRAGMA query_only = ON").fetchall())
    await disk.wait(put(disk, "m1"))

    assert "read-only" in str(disk.problem)


async def test_an_input_output_error_is_told(disk: Store) -> None:
    def fail(ledger: DiskLedger) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
        ledger._failed(error)

    await on_thread(disk, fail)
    await disk.wait(put(disk, "m1"))

    assert "input/output error" in str(disk.problem)


async def test_what_failed_is_tried_again_with_a_later_write_and_at_most_every_five_seconds(
    path: Path,
) -> None:
    clock = Clock()
    told: list[str | None] = []
    async with opened(path, limits=BUSY_AT_ONCE, clock=clock, on_problem=told.append) as store:
        await store.wait(put(store, "m1", "a"))
        async with locked(path):
            await store.wait(put(store, "m2", "b"))
        assert "another program" in str(store.problem)

        clock.now += 4.9
        await store.wait(put(store, "m3", "c"))
        too_early = await off_loop(rows, path, "SELECT id FROM message")
        clock.now += 0.1
        await store.wait(put(store, "m4", "d"))
        in_time = await off_loop(rows, path, "SELECT id FROM message ORDER BY seq")

        assert too_early == [("m1",)]
        assert in_time == [("m1",), ("m2",), ("m3",), ("m4",)]
        assert store.problem is None
        assert [problem is None for problem in told] == [False, True]
        assert store.notice is None


async def test_reads_see_what_could_not_be_written_yet(path: Path) -> None:
    async with opened(path, limits=BUSY_AT_ONCE) as store:
        store.put_chat(CHAT)
        store.put_message("c1", "s1", "", body("s1"), open=True)
        store.add_memory("c1", MemoryRow("m0", "{}"))
        await store.wait(store.append_piece("c1", "s1", "a"))
        async with locked(path):
            store.append_piece("c1", "s1", "b")
            store.put_chat(replace(CHAT, title="Composites"))
            store.clear_memory("c1", ["m0"])
            await store.wait(put(store, "m1", "c"))

            assert store.problem is not None
            assert await bodies(store) == ["ab", "c"]
            assert [row.title for row in await store.chats()] == ["Composites"]
            assert (await store.load("c1")).memory == []


async def test_a_backlog_past_its_bound_is_dropped_and_told(path: Path) -> None:
    clock = Clock()
    limits = replace(BUSY_AT_ONCE, backlog=100_000)
    async with opened(path, limits=limits, clock=clock) as store:
        await store.wait(put(store, "m0", "kept"))
        await store.wait(put(store, "m1", "cleared"))
        async with locked(path):
            store.delete_messages("c1", ["m1"])
            for number in range(2, 10):
                await store.wait(put(store, f"m{number}", "x" * 40_000))
        dropped = str(store.problem)
        clock.now += 5
        await store.wait(put(store, "m99", "after"))
        texts = await bodies(store)

        assert "only in memory" in dropped
        assert store.problem is None
        assert "not saved" in str(store.notice)
        assert texts[0] == "kept"
        assert "cleared" not in texts
        assert texts[-1] == "after"
        assert len(texts) < 6


async def test_closing_tries_once_more_whatever_the_clock_says(path: Path) -> None:
    async with opened(path, limits=BUSY_AT_ONCE, clock=Clock()) as store, locked(path):
        await store.wait(put(store, "m1"))

    assert await off_loop(rows, path, "SELECT id FROM message") == [("m1",)]


async def test_what_cannot_be_written_at_the_end_is_logged(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(path, limits=BUSY_AT_ONCE) as store, locked(path):
        await store.wait(put(store, "m1"))
        await store.aclose()

    assert "1 changes of chats were not saved" in caplog.text


async def test_a_listener_that_fails_harms_nobody(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(problem: str | None) -> None:
        raise RuntimeError("listener")

    async with opened(path, limits=BUSY_AT_ONCE, on_problem=fail) as store:
        async with locked(path):
            await store.wait(put(store, "m1"))

        assert store.problem is not None
        assert await bodies(store) == [""]
    assert "listener" in caplog.text


async def test_a_file_that_was_removed_is_told(disk: Store, path: Path) -> None:
    problem = asyncio.Event()
    disk.on_problem = lambda text: problem.set()
    await off_loop(path.unlink)
    put(disk, "m1")
    await problem.wait()

    assert "removed or replaced" in str(disk.problem)


async def test_a_read_that_fails_raises_what_to_do(disk: Store) -> None:
    await on_thread(disk, lambda ledger: ledger.db.execute("DROP TABLE memory"))

    with pytest.raises(StoreError, match="cannot be read"):
        await disk.load("c1")
    assert await disk.chats() == []


# ---- disks that do not answer -------------------------------------------------------------------------


async def test_nobody_waits_for_a_disk_that_does_not_answer(path: Path) -> None:
    clock, told = Clock(), list[str | None]()
    async with opened(path, clock=clock, on_problem=told.append) as store:
        async with Hung(store):
            first = put(store, "m1", "a")
            clock.now += 10
            await store.wait(first)
            await store.wait(put(store, "m2", "b"))
            problem = str(store.problem)
        await on_thread(store, lambda ledger: None)

        assert "has not answered" in problem
        assert told == [problem, None]
        assert await bodies(store) == ["a", "b"]


async def test_a_disk_has_ten_seconds_however_long_it_was_idle(path: Path) -> None:
    clock = Clock()
    async with opened(path, clock=clock) as store:
        clock.now += 3600
        async with Hung(store):
            put(store, "m1")
            writer = store._writer
            assert writer is not None
            clock.now += 9.9
            in_time = writer.stuck()
            clock.now += 0.1

            assert (in_time, writer.stuck()) == (False, True)


async def test_a_read_that_gets_no_answer_raises(path: Path) -> None:
    async with opened(path, limits=Limits(reading=0.0)) as store, Hung(store):
        with pytest.raises(StoreError, match="no answer"):
            await store.load("c1")


async def test_what_waits_for_a_disk_that_does_not_answer_is_bounded(path: Path) -> None:
    clock = Clock()
    async with opened(path, limits=Limits(backlog=100_000), clock=clock) as store:
        await store.wait(put(store, "m0", "cleared"))
        async with Hung(store):
            store.delete_messages("c1", ["m0"])
            for number in range(1, 20):
                put(store, f"m{number}", "x" * 40_000)
            healthy = store.problem
            clock.now += 10
            ticket = put(store, "m20", "x" * 40_000)
            reading = asyncio.create_task(bodies(store))
            await store.wait(ticket)
            stuck = str(store.problem)
            assert store._writer is not None
            assert store._writer.backlog < 100_000
        assert await reading == []
        await store.wait(put(store, "m21", "after"))

        assert healthy is None
        assert "only in memory" in stuck
        assert store.problem is None
        assert "not saved" in str(store.notice)
        assert await bodies(store) == ["after"]


async def test_a_disk_that_does_not_answer_does_not_hold_up_shutdown(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(path, limits=Limits(closing=0.0))
    await store.open()
    async with Hung(store):
        ticket = put(store, "m1")
        waiting = asyncio.create_task(store.wait(ticket))
        await asyncio.sleep(0)
        await store.aclose()
        await waiting

        assert store.durable == ticket
        assert "does not answer" in caplog.text
    assert store._writer is not None
    await store._writer.closed

    assert await off_loop(rows, path, "SELECT id FROM message") == [("m1",)]


async def test_a_loop_that_is_never_idle_does_not_starve_the_writer(disk: Store) -> None:
    """Each wait ends in time, although the loop lets go of the interpreter for moments only."""
    spinning = True

    async def spin() -> None:
        while spinning:
            sum(range(5000))
            await asyncio.sleep(0)

    task = asyncio.create_task(spin())
    for number in range(100):
        await disk.wait(put(disk, f"m{number}"))
    spinning = False
    await task

    assert disk.problem is None


# ---- which file ---------------------------------------------------------------------------------------


def test_each_root_has_a_file_of_its_own_with_a_readable_name(tmp_path: Path) -> None:
    a, b = tmp_path / "a" / "My Notebooks", tmp_path / "b" / "My Notebooks"
    first, second = store_path(tmp_path, str(a)), store_path(tmp_path, str(b))

    assert first.parent == tmp_path / "jupyter_ai" / "chats"
    assert first != second
    assert first.name.startswith("my-notebooks-")
    assert first.suffix == ".db"


def test_a_root_has_one_file_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "root")
    ways = [tmp_path / "root", tmp_path / "link", tmp_path / "root" / ".." / "root", f"{tmp_path}/root/"]

    assert len({store_path(tmp_path, str(way)) for way in ways}) == 1


@pytest.mark.parametrize("root", ["/", "/ñandú/数", "/" + "x" * 200])
def test_any_root_gives_a_name_that_every_file_system_takes(tmp_path: Path, root: str) -> None:
    name = store_path(tmp_path, root).name

    assert name.isascii()
    assert len(name) < 80


def test_importing_the_store_imports_nothing_heavy() -> None:
    code = "import sys, jupyter_ai.engine.store; print(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    heavy = {"tornado", "jupyter_server", "langchain_core", "pydantic", "filelock", "traitlets"}
    assert heavy & set(done.stdout.split()) == set()


def test_both_ledgers_take_every_operation() -> None:
    """A new kind of operation must be known in memory and on disk."""
    ops: list[store_records.Op] = [
        store_records.PutChat("c", "o", "t", 1.0, False, False),
        store_records.PutMessage("c", "s", "", body("s"), True),
        store_records.AppendPiece("x", "c", "s"),
        store_records.PutRun("c", "m", "h", "interrupted", True),
        store_records.AddMemory("c", "m", "{}"),
        store_records.ClearMemory("c", ("n",)),
        store_records.FinishStream(body("s", "whole"), "c", "s"),
        store_records.DeleteMessages("c", ("n",)),
        store_records.DeleteChat("other"),
    ]
    memory = MemoryLedger(logging.getLogger())
    memory.write(ops)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.migrate(db)
        assert store_ledger.commit(db, ops) == []
        disk = DiskLedger(db, "x", notice=None, limits=Limits(), clock=Clock(), log=logging.getLogger())

        assert {type(op) for op in ops} == set(store_records.Op.__args__)
        assert disk.chats() == memory.chats()
        assert disk.load("c") == memory.load("c")
