"""What is called when, and that what hangs or raises hurts nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest

from jupyter_ai.personas import BasePersona, lifecycle
from jupyter_ai.testing import FakeModel
from jupyter_ai_magics import BaseProvider


async def never(self: BasePersona, *_: Any) -> None:
    await asyncio.get_running_loop().create_future()


async def fail(self: BasePersona, *_: Any) -> None:
    raise RuntimeError("broken")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines that pass at once."""
    monkeypatch.setattr(lifecycle, "_PREPARING", 0.01)
    monkeypatch.setattr(lifecycle, "_TELLING", 0.01)


def notes(calls: list[str], call: str) -> Any:
    async def method(self: BasePersona) -> None:
        calls.append(call)

    return method


async def test_it_is_prepared_once_and_shut_down_once(make_chat: Any, persona: Any) -> None:
    calls: list[str] = []
    methods = {name: notes(calls, name) for name in ("prepare", "shutdown", "cancel_response")}
    chat = make_chat(personas=[persona("Ada", lambda self, m: "hi", **methods)])
    await asyncio.gather(*(chat.send("@Ada go") for _ in range(3)))
    assert calls == ["prepare"]

    await chat.aclose()

    assert calls == ["prepare", "shutdown"]


async def test_plain_methods_of_older_personas_are_called(make_chat: Any, persona: Any) -> None:
    calls: list[str] = []
    cls = persona("Ada", lambda self, m: "hi", shutdown=lambda self: calls.append("shutdown"))
    chat = make_chat(personas=[cls])
    await chat.send("@Ada go")

    await chat.aclose()

    assert calls == ["shutdown"]


async def test_nothing_is_shut_down_that_was_not_made(make_chat: Any, persona: Any) -> None:
    calls: list[str] = []
    chat = make_chat(personas=[persona("Ada", lambda self, m: "hi", shutdown=notes(calls, "shutdown"))])
    await chat.send("hello")

    await chat.aclose()

    assert calls == []


async def test_failed_preparation_is_told_and_tried_again(make_chat: Any, persona: Any) -> None:
    async def prepare(self: BasePersona) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("no key")

    tries: list[int] = []
    chat = make_chat(personas=[persona("Ada", lambda self, m: "hi", prepare=prepare)])

    assert "no key" in (await chat.send("@Ada go")).text
    assert (await chat.send("@Ada go")).text == "hi"


@pytest.mark.usefixtures("impatient")
async def test_preparation_that_hangs_costs_its_own_answer_only(
    make_chat: Any, persona: Any, echo: type
) -> None:
    chat = make_chat(personas=[persona("Ada", lambda self, m: "hi", prepare=never), echo])

    reply = await chat.send("@Ada @Echo go")

    said = {message.persona.name: message.body for message in reply.messages}
    assert said["Echo"] == "go"
    assert "was not ready within" in said["Ada"]


@pytest.mark.usefixtures("impatient")
async def test_shutdown_that_hangs_is_left_behind(make_chat: Any, persona: Any, caplog: Any) -> None:
    chat = make_chat(personas=[persona("Ada", lambda self, m: "hi", shutdown=never)])
    await chat.send("@Ada go")

    await chat.aclose()

    assert "shutdown of Ada did not end" in caplog.text


async def test_shutdown_that_raises_is_logged(make_chat: Any, persona: Any, caplog: Any) -> None:
    chat = make_chat(personas=[persona("Ada", lambda self, m: "hi", shutdown=fail)])
    await chat.send("@Ada go")

    await chat.aclose()

    assert "broken" in caplog.text


async def test_stop_cancels_an_answer_and_tells_of_it(make_chat: Any, persona: Any) -> None:
    async def hang(self: BasePersona, message: Any) -> None:
        begun.set()
        await never(self)

    begun = asyncio.Event()
    calls: list[str] = []
    chat = make_chat(personas=[persona("Ada", hang, cancel_response=notes(calls, "cancelled"))])
    asking = asyncio.create_task(chat.send("@Ada go"))
    await begun.wait()

    await chat.stop()

    assert (await asking).state == "stopped"
    assert calls == ["cancelled"]


async def test_who_was_stopped_before_a_word_is_named(make_chat: Any, persona: Any) -> None:
    async def hang(self: BasePersona, message: Any) -> None:
        if self.name == "Bob":
            begun.set()
        await never(self)

    begun = asyncio.Event()
    chat = make_chat(personas=[persona("Bob", hang), persona("Ada", hang)])
    asking = asyncio.create_task(chat.send("@Ada @Bob go"))
    await begun.wait()

    await chat.stop()

    assert [message.persona.name for message in (await asking).messages] == ["Ada"]


async def test_what_was_said_until_stop_is_remembered(make_chat: Any, persona: Any) -> None:
    """Also where the next piece comes at the same moment, and closing the model takes a while."""

    async def pieces(self: BasePersona, message: Any) -> AsyncIterator[str]:
        try:
            yield "hm"
            begun.set()
            await go_on.wait()
            yield "!"
        finally:
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def answer(self: BasePersona, message: Any) -> None:
        said[self.name] = await self.stream_message(pieces(self, message))

    begun, go_on, said = asyncio.Event(), asyncio.Event(), {}  # type: ignore[var-annotated]
    chat = make_chat(personas=[persona("Ada", answer), persona("Bob", answer)])
    asking = asyncio.create_task(chat.send("@Ada @Bob go"))
    await begun.wait()

    go_on.set()
    await chat.stop()
    await asking

    assert said == {"Ada": "hm", "Bob": "hm"}


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError()])
async def test_odd_ends_are_told(make_chat: Any, persona: Any, echo: type, error: BaseException) -> None:
    def answer(self: BasePersona, message: Any) -> None:
        raise error

    reply = await make_chat(personas=[persona("Ada", answer), echo]).send("@Ada @Echo go")

    assert "`Ada` failed" in reply.text
    assert "go" in [message.body for message in reply.messages]


def coroutine(quit: Any) -> Any:
    async def method(*arguments: Any) -> None:
        quit(*arguments)

    return method


PLACES: dict[str, Any] = {
    "__init__": staticmethod,
    "as_user": staticmethod,
    "send_message": staticmethod,
    "clear_status": staticmethod,
    "defaults": property,
    "name": property,
    "id": property,
    "prepare": coroutine,
    "process_message": coroutine,
    "handle_uncaught_exception": coroutine,
    "cancel_response": coroutine,
    "shutdown": coroutine,
}


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("place", PLACES)
async def test_what_would_end_the_server_costs_its_persona_only_and_is_told(
    make_chat: Any, persona: Any, caplog: Any, place: str, error: BaseException
) -> None:
    def quit(*_: Any, **__: Any) -> Any:
        raise error

    async def answer(self: BasePersona, message: Any) -> None:
        self.send_message("@Echo hm")
        if place == "handle_uncaught_exception":
            raise RuntimeError("broken")
        await never(self)

    def listen(self: BasePersona, message: Any) -> str:
        heard.set()
        return str(message.body)

    heard = asyncio.Event()
    ada = persona("Ada", answer)
    setattr(ada, place, PLACES[place](quit))
    chat = make_chat(personas=[ada, persona("Echo", listen)])
    asking = asyncio.create_task(chat.send("@Echo go, and you, @Ada"))
    async with asyncio.timeout(20):  # must not pass
        await heard.wait()

    await chat.stop()
    reply = await asking
    await chat.aclose()

    assert "go, and you, @Ada" in [message.body for message in reply.messages]
    assert type(error).__name__ in f"{caplog.text}{[m.body for m in chat.messages]}"


async def test_account_of_a_failure_may_fail(make_chat: Any, persona: Any) -> None:
    cls = persona("Ada", fail, handle_uncaught_exception=fail)

    assert "`Ada` failed: **RuntimeError**: broken" in (await make_chat(personas=[cls]).send("@Ada go")).text


async def test_answer_that_swallows_stop_is_left_behind_and_says_no_more(
    make_chat: Any, persona: Any
) -> None:
    async def hang(self: BasePersona, message: Any) -> None:
        begun.set()
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                self.send_message("never mind")

    begun, let_go = asyncio.Event(), asyncio.Event()
    chat = make_chat(personas=[persona("Ada", hang)])
    asking = asyncio.create_task(chat.send("@Ada go"))
    await begun.wait()

    await chat.stop()
    reply = await asking
    let_go.set()

    assert (reply.state, reply.messages[-1].body) == ("stopped", "(AI response stopped by user)")


async def test_model_that_takes_one_request_at_a_time_gets_one(make_chat: Any, persona: Any) -> None:
    async def wait() -> None:
        begun.set()
        await let_go.wait()

    class Single(BaseProvider, FakeModel):
        id = "single"
        name = "Single"
        models: ClassVar[list[str]] = ["single"]
        allows_concurrency: ClassVar[bool] = False  # type: ignore[misc]
        model_id_key = "model_id"

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**{"script": ["hm", wait], **kwargs})

    begun, let_go = asyncio.Event(), asyncio.Event()
    names = ("Ada", "Bob")
    personas = [persona(name, lambda self, m: self.stream_reply(m.body, m)) for name in names]
    chat = make_chat(personas=personas, model=Single)
    asking = asyncio.create_task(chat.send("@Ada go"))
    await begun.wait()

    refused = await chat.send("@Bob go")
    let_go.set()

    assert refused.text == "Single answers one request at a time and is at work. Try again when it is done."
    assert (await asking).text == "hm"
    assert (await chat.send("@Bob go")).text == "hm"
