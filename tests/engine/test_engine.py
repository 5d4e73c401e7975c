"""Whose chats there are, and what of them survives a change of model, a restart and a crash."""

import asyncio
from typing import Any

import pytest

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.errors import ChatError, ChatNotFound, NotAllowed
from jupyter_ai.testing import HANG, FakeModel, FakeSyncModel
from jupyter_ai.testkit.chat import configure

CUT = "(The server stopped before this was answered.)"


@pytest.fixture
def path(tmp_path: Any) -> Any:
    return tmp_path / "chats.sqlite"


def bodies(chat: Any) -> list[str]:
    return [message.body for message in chat.log]


# Chats and their owners


async def test_everybody_has_a_default_chat_of_their_own(make_engine) -> None:
    engine = await make_engine()
    ada, bob = await engine.default_chat("ada"), await engine.default_chat("bob")

    assert ada is not bob
    assert await engine.default_chat("ada") is ada
    assert [(c.owner, c.title, c.is_default) for c in engine.chats("ada")] == [("ada", "Chat", True)]


async def test_a_chat_tells_when_its_newest_message_came_also_before_it_is_opened(
    make_engine, path, ask
) -> None:
    engine = await make_engine(path=path, model=FakeModel(["a"]))
    chat, empty = await engine.default_chat("ada"), await engine.create_chat("ada", "Empty")
    assert [c.updated == c.created for c in engine.chats("ada")] == [True, True]
    await ask(chat, "hello", "ada").wait()
    newest = chat.log[-1].time
    assert {c.id: c.updated for c in engine.chats("ada")} == {chat.id: newest, empty.id: empty.row.created}
    await engine.aclose()

    engine = await make_engine(path=path)
    assert {c.id: c.updated for c in engine.chats("ada")} == {chat.id: newest, empty.id: empty.row.created}
    again = await engine.default_chat("ada")
    again.clear()
    assert engine.chats("ada")[0].updated == again.row.created


async def test_opening_a_chat_many_times_at_once_builds_one(make_engine, path, ask) -> None:
    engine = await make_engine(path=path, model=FakeModel(["a"]))
    await ask(await engine.default_chat("ada"), "hello", "ada").wait()
    id = engine.chats("ada")[0].id
    await engine.aclose()

    engine = await make_engine(path=path)
    opened = await asyncio.gather(
        *(engine.default_chat("ada") for _ in range(10)), *(engine.chat(id, "ada") for _ in range(10))
    )
    assert len(set(map(id_of, opened))) == 1
    assert bodies(opened[0]) == ["hello", "a"]


def id_of(chat: Any) -> int:
    return id(chat)


async def test_the_first_default_chat_is_created_once_however_many_ask(make_engine, path) -> None:
    engine = await make_engine(path=path)
    opened = await asyncio.gather(*(engine.default_chat("ada") for _ in range(10)))

    assert len(set(map(id_of, opened))) == len(engine.chats("ada")) == 1


async def test_others_see_a_chat_only_when_it_is_shared_and_never_change_it(make_engine) -> None:
    engine = await make_engine()
    chat = await engine.create_chat("ada", "Plans")
    with pytest.raises(ChatNotFound):
        await engine.chat(chat.id, "bob")
    with pytest.raises(ChatNotFound):
        await engine.delete_chat(chat.id, "bob")
    assert engine.chats("bob") == []

    await engine.update_chat(chat.id, "ada", shared=True)
    assert await engine.chat(chat.id, "bob") is chat
    assert [c.title for c in engine.chats("bob")] == ["Plans"]
    for change in (engine.update_chat(chat.id, "bob", title="Mine"), engine.delete_chat(chat.id, "bob")):
        with pytest.raises(NotAllowed, match="Plans"):
            await change

    await engine.update_chat(chat.id, "ada", shared=False)
    assert engine.chats("bob") == []


async def test_who_sees_a_chat_may_choose_who_answers_and_no_more(make_engine) -> None:
    engine = await make_engine()
    chat = await engine.create_chat("ada", "Plans")
    await engine.update_chat(chat.id, "ada", shared=True)

    chosen = await engine.update_chat(chat.id, "bob", persona="jupyternaut")
    with pytest.raises(NotAllowed):
        await engine.update_chat(chat.id, "bob", persona="", title="Mine")

    assert (chosen.persona, chat.row.persona, chat.row.title) == ("Jupyternaut", "Jupyternaut", "Plans")


@pytest.mark.parametrize(
    ("prompt", "title"),
    [("Hello\nthere", "Hello"), ("  x  ", "x"), ("long " * 20, f"{('long ' * 20)[:59]}…"), (" \n", "")],
)
async def test_the_first_prompt_becomes_the_title_of_a_chat_without_one(
    make_engine, ask, prompt, title
) -> None:
    engine = await make_engine(model=FakeModel(["a"]))
    chat = await engine.create_chat("ada")
    await ask(chat, prompt).wait()
    assert chat.describe().title == title

    await engine.update_chat(chat.id, "ada", title="Renamed")
    await ask(chat, "another").wait()
    assert engine.chats("ada")[0].title == "Renamed"


async def test_a_deleted_chat_is_gone_with_all_that_was_said(make_engine, path, ask, read) -> None:
    engine = await make_engine(path=path, model=FakeModel(["a", HANG]))
    chat = await engine.create_chat("ada")
    reader, run = read(chat), ask(chat, "hello")
    await engine.delete_chat(chat.id, "ada")
    await run.wait()

    assert (engine.chats("ada"), reader._subscriber.lost) == ([], True)
    with pytest.raises(ChatNotFound):
        await engine.chat(chat.id, "ada")
    await engine.aclose()
    engine = await make_engine(path=path)
    assert (engine.chats("ada"), (await engine.store.load(chat.id)).messages) == ([], [])


async def test_the_default_chat_cannot_be_deleted(make_engine) -> None:
    engine = await make_engine()
    chat = await engine.default_chat("ada")

    with pytest.raises(ChatError, match="Clear it"):
        await engine.delete_chat(chat.id, "ada")


async def test_chats_are_listed_in_the_order_of_their_creation(make_engine, path) -> None:
    engine = await make_engine(path=path)
    for title in "abc":
        await engine.create_chat("ada", title)
    assert [c.title for c in engine.chats("ada")] == ["a", "b", "c"]
    await engine.aclose()

    assert [c.title for c in (await make_engine(path=path)).chats("ada")] == ["a", "b", "c"]


async def test_the_default_chat_can_be_had_at_once_when_it_is_open(make_engine) -> None:
    engine = await make_engine()
    assert engine.open_default_chat("ada") is None

    chat = await engine.default_chat("ada")
    assert engine.open_default_chat("ada") is chat
    assert engine.open_default_chat("bob") is None


# Memory


async def test_the_memory_survives_a_change_of_model(make_engine, ask) -> None:
    engine = await make_engine(model=FakeModel(["one"]))
    chat = await engine.default_chat()
    await ask(chat, "first").wait()
    other = FakeModel(["two"])
    chat.handlers["default"].config_manager = configure(other, engine.log)
    await ask(chat, "second").wait()

    (asked,) = other.asked
    assert [m.content for m in asked[-3:]] == ["first", "one", "second"]


async def test_the_memory_and_the_history_survive_a_restart(make_engine, path, ask) -> None:
    engine = await make_engine(path=path, model=FakeModel(["one"]))
    await ask(await engine.default_chat(), "first").wait()
    await engine.aclose()
    model = FakeModel(["two"])
    chat = await (await make_engine(path=path, model=model)).default_chat()
    assert bodies(chat) == ["first", "one"]
    await ask(chat, "second").wait()

    (asked,) = model.asked
    assert [m.content for m in asked[-3:]] == ["first", "one", "second"]


async def test_what_was_cleared_does_not_come_back(make_engine, path, ask) -> None:
    engine = await make_engine(path=path, model=FakeModel(["a"]))
    chat = await engine.default_chat()
    runs = [ask(chat, prompt) for prompt in ("one", "two")]
    for run in runs:
        await run.wait()
    chat.clear(runs[0].id)
    await engine.aclose()

    engine = await make_engine(path=path)
    chat = await engine.default_chat()
    assert (bodies(chat), [m.content for m in chat.memory.messages]) == (["two", "a"], ["two", "a"])
    chat.clear()
    await engine.aclose()

    chat = await (await make_engine(path=path)).default_chat()
    assert (bodies(chat), chat.memory.messages) == ([], [])


async def test_a_model_sees_the_last_exchanges_only(make_engine, ask) -> None:
    model = FakeModel(["a"])
    chat = await (await make_engine(model=model, max_chat_history=1)).default_chat()
    for prompt in ("one", "two", "three"):
        await ask(chat, prompt).wait()

    assert [m.content for m in model.asked[-1]][1:] == ["two", "a", "three"]


# Crashes and restarts


async def crash(engine: Any) -> None:
    """What was written stays, and nothing is ended."""
    await engine.store.aclose()
    chats = list(engine._chats.values())
    engine._chats.clear()
    for run in [run for chat in chats for run in chat.runs.values()]:
        run.over = True
        run.task.cancel()


async def test_a_stream_cut_by_a_crash_comes_back_whole_marked_and_remembered(
    make_engine, path, ask, until
) -> None:
    engine = await make_engine(path=path, model=FakeModel(["so ", "far", HANG]))
    chat = await engine.default_chat()
    run = ask(chat, "hello")
    await until(lambda: chat.log[-1].body == "so far")
    chat.streams._save(next(iter(chat.streams._open.values())))
    await crash(engine)

    again = await (await make_engine(path=path)).default_chat()
    human, cut = again.log
    assert (human.id, cut.reply_to, cut.body) == (run.id, run.id, "so far")
    assert (cut.complete, cut.metadata) == (True, {"interrupted": True})
    assert [m.content for m in again.memory.messages] == ["hello", "so far"]


@pytest.mark.parametrize("orderly", [True, False])
async def test_a_run_cut_before_it_said_anything_is_told_once_and_not_remembered(
    make_engine, path, ask, until, orderly: bool
) -> None:
    model = FakeModel([HANG])
    engine = await make_engine(path=path, model=model)
    ask(await engine.default_chat(), "hello")
    await until(model.hanging.is_set)
    await (engine.aclose() if orderly else crash(engine))

    for _ in range(2):
        engine = await make_engine(path=path)
        chat = await engine.default_chat()
        assert bodies(chat) == ["hello", CUT]
        assert (chat.log[-1].metadata["interrupted"], chat.memory.messages) == (True, [])
        await engine.aclose()


async def test_a_server_that_stops_marks_the_stream_and_does_not_say_that_the_user_stopped_it(
    make_engine, path, ask, until
) -> None:
    model = FakeModel(["so far", HANG])
    engine = await make_engine(path=path, model=model)
    chat = await engine.default_chat()
    run = ask(chat, "hello")
    await until(model.hanging.is_set)
    await engine.aclose()
    assert (run.state, bodies(chat), model.closed) == ("interrupted", ["hello", "so far"], 1)

    again = await (await make_engine(path=path)).default_chat()
    assert (bodies(again), again.log[-1].metadata) == (["hello", "so far"], {"interrupted": True})
    assert [m.content for m in again.memory.messages] == ["hello", "so far"]


async def test_what_was_stopped_by_its_user_stays_stopped_after_a_restart(
    make_engine, path, ask, until
) -> None:
    model = FakeModel(["so far", HANG])
    engine = await make_engine(path=path, model=model)
    chat = await engine.default_chat()
    run = ask(chat, "hello")
    await until(model.hanging.is_set)
    chat.stop("")
    await run.wait()
    await engine.aclose()

    again = await (await make_engine(path=path)).default_chat()
    assert bodies(again) == bodies(chat) == ["hello", "so far\n\n(AI response stopped by user)"]
    assert again.log[-1].metadata.get("interrupted") is None
    assert [m.content for m in again.memory.messages] == ["hello", "so far"]


async def test_the_end_of_the_engine_waits_for_no_hung_model_or_handler(make_engine, ask, until) -> None:
    async def process_message(self: Any, message: Any) -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    released, model = asyncio.Event(), FakeSyncModel(["a", HANG])
    members = {"id": "go", "name": "go", "help": "go", "process_message": process_message}
    routing = {"routing_type": SlashCommandRoutingType(slash_id="go")}
    stubborn = type("Stubborn", (BaseChatHandler,), {**members, **routing})
    engine = await make_engine([stubborn], model=model, threads=True)
    chat = await engine.default_chat()
    runs = [ask(chat, "hello"), ask(chat, "/go")]
    await until(lambda: runs[0].streams and runs[1].handler == "/go")
    async with asyncio.timeout(5):
        await engine.aclose()

    assert [run.state for run in runs] == ["interrupted", "interrupted"]
    released.set()
    model.release.set()


# The disk


async def test_a_disk_that_cannot_be_used_is_told_in_the_chat_which_goes_on(
    make_engine, ask, tmp_path
) -> None:
    (tmp_path / "file").write_text("")
    engine = await make_engine(path=tmp_path / "file" / "chats.sqlite", model=FakeModel(["a"]))
    chat = await engine.default_chat()
    warning = chat.log[0]
    await ask(chat, "hello").wait()

    assert (warning.body, warning.metadata) == (engine.store.problem, {"warning": True})
    assert "cannot be saved" in warning.body
    assert bodies(chat)[1:] == ["hello", "a"]


async def test_a_disk_that_recovers_is_told_in_every_open_chat(make_engine, path) -> None:
    engine = await make_engine(path=path)
    chats = [await engine.default_chat(owner) for owner in ("ada", "bob")]
    engine.store.on_problem("The disk is full.")
    engine.store.on_problem(None)

    for chat in chats:
        assert bodies(chat) == ["The disk is full.", "What is said here is being saved again."]
