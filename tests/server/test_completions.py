"""The WebSocket over which editors ask for completions."""

from __future__ import annotations

import asyncio
import json
import socket
from itertools import pairwise
from typing import Any

from jupyter_server.utils import url_path_join
from serving import BASE_URL, Serve, Server, Socket, eventually
from suggesting import Scripted, Streaming, begun, chunk, reply
from tornado.routing import Rule

from jupyter_ai.completions import BaseInlineCompletionProvider, ProviderOptions
from jupyter_ai.completions.handlers import BaseInlineCompletionHandler
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
)
from jupyter_ai.errors import CompletionUnavailable
from jupyter_ai.plugins import INLINE_COMPLETION_PROVIDERS
from jupyter_ai.server.websocket import UpgradePath

PATH = "api/ai/completion/inline"
ALONE = ProviderOptions(excludes=["model", "document-words"])


def asked(number: int = 1, prefix: str = "x = ", **fields: Any) -> dict[str, Any]:
    request = {"number": number, "prefix": prefix, "suffix": "", "mime": "text/x-python", "stream": False}
    return {**request, "path": "a.py", "language": "python", **fields}


class Snippets(BaseInlineCompletionProvider):
    id = "snippets"
    name = "Snippets"

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        items = [InlineCompletionItem(insertText="1 + 1")]
        return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=request.number)


async def completing(serve: Serve, *providers: type[BaseInlineCompletionProvider]) -> Server:
    server = await serve()
    for provider in providers:
        server.host.plugins.add(INLINE_COMPLETION_PROVIDERS, provider.id, provider, distribution="test")
    return server


async def answer(socket: Socket) -> Any:
    frame = await socket.receive()
    assert frame is not None
    return frame


async def test_editor_is_answered_by_an_installed_provider(serve: Serve) -> None:
    server = await completing(serve, Snippets)
    editor = await server.ws(PATH)
    await editor.send(asked(7, trigger=None))

    reply = await answer(editor)

    assert (reply["reply_to"], reply["error"]) == (7, None)
    assert "api_last_activity" in server.settings
    assert [item["insertText"] for item in reply["list"]["items"]] == ["1 + 1"]


async def test_stream_is_a_reply_and_chunks(serve: Serve) -> None:
    server = await serve()
    streaming = Streaming(begun("t"))
    server.host.completions.register(streaming)
    editor = await server.ws(PATH)
    await editor.send(asked(3, stream=True))
    reply = await answer(editor)
    streaming.put(chunk("one", done=True), None)
    end = await answer(editor)

    [item] = reply["list"]["items"]
    assert (item["insertText"], item["isIncomplete"], item["provider"]) == ("", True, "streaming")
    assert (end["type"], end["reply_to"], end["done"], end["error"]) == ("stream", 3, True, None)
    assert (end["response"]["insertText"], end["response"]["token"]) == ("one", item["token"])


async def test_withdrawn_request_is_ended_and_closes_the_provider_s_stream(serve: Serve) -> None:
    server = await serve()
    streaming = Streaming(begun("t"))
    server.host.completions.register(streaming)
    editor = await server.ws(PATH)
    await editor.send(asked(stream=True))
    await answer(editor)
    await editor.send({"type": "cancel", "number": 1})

    assert (await answer(editor))["done"] is True
    await eventually(lambda: streaming.closed == 1)


async def test_end_of_a_connection_withdraws_its_requests(serve: Serve) -> None:
    server = await serve()
    streaming = Streaming(begun("t"))
    server.host.completions.register(streaming)
    editor = await server.ws(PATH)
    await editor.send(asked(stream=True))
    await answer(editor)
    editor.abort()

    await eventually(lambda: streaming.closed == 1)


async def test_failure_is_an_empty_reply_with_the_reason_without_keys(serve: Serve) -> None:
    def refuse(request: Any) -> Any:
        raise CompletionUnavailable("The key an-acme-key-0123456789 is wrong.", type="key-wrong")

    keys = {"ACME_API_KEY": "an-acme-key-0123456789"}
    server = await serve(config={"AiExtension": {"default_api_keys": keys}})
    server.host.completions.register(Scripted(refuse), ALONE)
    editor = await server.ws(PATH)
    await editor.send(asked())
    reply = await answer(editor)

    assert reply["list"]["items"] == []
    assert reply["error"]["type"] == "key-wrong"
    assert "0123456789" not in str(reply)
    assert server.errors == []


async def test_half_a_character_of_a_provider_is_replaced(serve: Serve) -> None:
    server = await serve()
    halves = reply("a\ud83d", "b", filterText="\ud83d")
    server.host.completions.register(Scripted(lambda request: halves), ALONE)
    editor = await server.ws(PATH)
    await editor.send(asked())

    assert [item["insertText"] for item in (await answer(editor))["list"]["items"]] == ["a\ufffd", "b"]


async def ids_told(editor: Socket, *, until_is_there: bool) -> list[str]:
    """The providers of the next status that has, or has not, the scripted one."""
    while True:
        ids = [provider["id"] for provider in (await answer(editor))["providers"]]
        if ("scripted" in ids) is until_is_there:
            return ids


async def test_status_is_told_first_and_when_it_changes(serve: Serve) -> None:
    server = await serve()
    editor = await server.ws(f"{PATH}?status=1")
    first = await answer(editor)
    told = asyncio.Event()
    server.host.completions.observe(told.set)
    server.host.completions.reset("a test")  # which leaves the status as it is
    await told.wait()
    undo = server.host.completions.register(Scripted())
    added = await ids_told(editor, until_is_there=True)
    undo()
    removed = await ids_told(editor, until_is_there=False)

    assert first["type"] == "status"
    assert all(frame != before for before, frame in pairwise(editor.frames))
    assert {"enabled", "model", "mode", "name", "reason", "fixed", "providers"} <= first.keys()
    assert set(added) == {*removed, "scripted"}


async def test_what_became_of_a_suggestion_is_counted(serve: Serve) -> None:
    server = await serve()
    server.host.completions.register(Scripted())
    editor = await server.ws(PATH)
    await editor.send(asked())
    before = server.host.completions.ranking.score("scripted")
    item = (await answer(editor))["list"]["items"][0]
    await editor.send({"type": "event", "event": "accepted", "item": item["id"], "index": 0})

    await eventually(lambda: server.host.completions.ranking.score("scripted") > before)


WRONG_FRAMES: list[tuple[Any, str]] = [
    ("{", "not JSON"),
    ({"number": 1}, "prefix: Field required"),
    ({"type": "inline"}, 'type: "inline" is unknown'),
    ({"type": "event", "event": "eaten", "item": "1"}, "event: "),
    ({"type": "event", "event": "accepted", "item": "1", "index": -1}, "index: "),
    ({"type": "event", "event": "accepted", "item": "1", "characters": 10**30}, "characters: "),
    ({"type": "event", "event": "edited", "item": "1", "edit_distance": True}, "edit_distance: "),
    (b"{}", "binary"),
]


async def test_frame_that_cannot_be_read_costs_that_frame_only(serve: Serve) -> None:
    server = await serve()
    server.host.completions.register(Scripted())
    editor = await server.ws(PATH)
    for frame, reason in WRONG_FRAMES:
        await editor.send(frame)
        error = await answer(editor)

        assert (error["type"], error["code"]) == ("error", "invalid-frame")
        assert reason in error["reason"]
    await editor.send(asked())
    assert (await answer(editor))["reply_to"] == 1


async def test_frame_that_is_too_large_costs_that_frame_only(serve: Serve) -> None:
    server = await serve(config={"AiExtension": {"max_frame_bytes": 2000}})
    server.host.completions.register(Scripted())
    editor = await server.ws(PATH)
    await editor.send(asked(prefix="x" * 2000))
    error = await answer(editor)
    await editor.send(asked())

    assert "larger than 2000 bytes" in error["reason"]
    assert (await answer(editor))["reply_to"] == 1


async def test_5000_chunks_are_a_megabyte_at_most(serve: Serve) -> None:
    text = "".join(f"value_{number:04} = {number}\n" for number in range(1400))[:24_000].strip()
    parts = [chunk(text[: 24 * number // 5 + 5]) for number in range(5000)]
    server = await serve()
    streaming = Streaming(begun("t"), *parts, chunk(text, done=True), None)
    server.host.completions.register(streaming, ALONE)
    editor = await server.ws(PATH)
    await editor.send(asked(prefix="", stream=True, trigger="explicit"))
    frames = [await answer(editor)]
    while not frames[-1].get("done"):
        frames.append(await answer(editor))

    assert frames[-1]["response"]["insertText"] == text
    assert sum(len(json.dumps(frame)) for frame in frames) < 1_000_000


async def test_editor_that_does_not_read_is_cut(serve: Serve) -> None:
    server = await serve(config={"AiExtension": {"max_outbox_bytes": 1 << 16}})
    server.host.completions.register(Scripted(lambda request: reply("x" * 60_000)))
    editor = await server.ws(PATH)
    stream = editor.connection.protocol.stream  # type: ignore[union-attr]
    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
    stream.io_loop.remove_handler(stream.fileno())  # it reads no more
    handler = next(iter(server.host.editors))
    for number in range(1000):
        handler.send_text("x" * 60_000)
        if number % 50 == 0:
            await asyncio.sleep(0)

    await eventually(lambda: not server.host.editors)


async def test_a_65th_request_withdraws_the_oldest_and_cancels_are_read(serve: Serve) -> None:
    server = await serve()
    hanging = Scripted(seconds=3600)
    server.host.completions.register(hanging, ALONE)
    editor = await server.ws(PATH)
    for number in range(65):
        await editor.send(asked(number, path=f"{number}.py"))
    first = await answer(editor)
    await editor.send({"type": "cancel", "number": 7})
    second = await answer(editor)

    assert [(each["reply_to"], each["list"]["items"]) for each in (first, second)] == [(0, []), (7, [])]


class Failing(BaseInlineCompletionHandler):
    """As 2.x's subclasses are: what is not overridden answers nothing."""

    async def handle_request(self, message: InlineCompletionRequest) -> None:
        if message.prefix == "fail":
            raise RuntimeError("no model")
        if message.prefix == "late":
            try:
                await asyncio.sleep(3600)
            finally:
                self.reply(reply("late", number=message.number))
        self.reply(reply(message.prefix, number=message.number))
        self.reply(reply("again", number=message.number))


async def test_subclass_of_the_base_handler_is_guarded(serve: Serve) -> None:
    server = await serve()
    rule = Rule(UpgradePath(url_path_join(BASE_URL, "failing")), Failing)
    server.app.web_app.add_handlers(".*$", [rule])
    editor = await server.ws("failing")
    for number, prefix in enumerate(("fail", "right", "right")):
        await editor.send(asked(number, prefix))
    answers = [await answer(editor) for _ in range(3)]
    told = [(each["reply_to"], [item["insertText"] for item in each["list"]["items"]]) for each in answers]

    assert told == [(0, []), (1, ["right"]), (2, ["right"])]
    assert answers[0]["error"]["title"] == "no model"


async def test_answer_of_an_older_request_with_the_same_number_is_dropped(serve: Serve) -> None:
    server = await serve()
    rule = Rule(UpgradePath(url_path_join(BASE_URL, "failing")), Failing)
    server.app.web_app.add_handlers(".*$", [rule])
    editor = await server.ws("failing")
    for prefix in ("late", "right"):
        await editor.send(asked(1, prefix))
    answers = [(await answer(editor))["list"]["items"] for _ in range(2)]

    assert [[item["insertText"] for item in items] for items in answers] == [[], ["right"]]
