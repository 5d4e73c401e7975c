"""Every route asks who is there, and whether they may."""

from __future__ import annotations

from typing import Any

import pytest
from jupyter_server.auth import Authorizer, User
from serving import Serve, Server
from tornado.httpclient import HTTPClientError

from jupyter_ai.server.routes import ROUTES, WEBSOCKETS

CHAT_ID = "0" * 32
ACTIONS = {"GET": "read", "POST": "write", "PATCH": "write", "DELETE": "write"}


def paths(routes: list[tuple[str, type[Any]]]) -> list[str]:
    filled = [pattern.replace(r"([\w-]+)", CHAT_ID).replace("([^/]+)", "SOME_KEY") for pattern, _ in routes]
    return [path.removesuffix("/?") for path in filled]


def verbs() -> list[tuple[str, str]]:
    """Every REST route with each of its verbs."""
    handlers = zip(paths(ROUTES), [handler for _, handler in ROUTES], strict=True)
    return [
        (verb, path)
        for path, handler in handlers
        for verb in ACTIONS
        if getattr(handler, verb.lower()) is not getattr(handler, "put")  # noqa: B009 - none has a `put`
    ]


class Recorder(Authorizer):
    """Allows the actions in `allowed`, and notes what it was asked."""

    allowed: tuple[str, ...] = ()
    asked: list[tuple[str, str]] = []  # noqa: RUF012 - the test's way to the server's instance

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        self.asked.append((action, resource))
        return action in self.allowed


async def serve_with_authorizer(serve: Serve) -> Server:
    Recorder.asked.clear()
    return await serve(config={"ServerApp": {"authorizer_class": Recorder}})


def test_there_are_routes() -> None:
    assert len(verbs()) >= len(ROUTES)


async def test_no_rest_route_answers_without_a_token(server: Server) -> None:
    statuses = {
        (verb, path): (await server.request(verb, path, authorization="")).status for verb, path in verbs()
    }

    assert set(statuses.values()) == {403}, statuses


async def test_no_websocket_opens_without_a_token(server: Server) -> None:
    for path in paths(WEBSOCKETS):
        with pytest.raises(HTTPClientError, match="403"):
            await server.ws(path, authorization="")


async def test_a_wrong_token_is_no_token(server: Server) -> None:
    with pytest.raises(HTTPClientError, match="403"):
        await server.ws(authorization="token another")

    assert (await server.get("api/ai/chats", authorization="token another")).status == 403


async def test_every_rest_route_asks_the_authorizer(serve: Serve) -> None:
    server = await serve_with_authorizer(serve)

    for verb, path in verbs():
        Recorder.asked.clear()
        response = await server.request(verb, path)

        assert response.status == 403, (verb, path)
        assert "message" in response.json()
        assert Recorder.asked == [(ACTIONS[verb], "jupyter_ai")], (verb, path)


async def test_every_websocket_asks_the_authorizer(serve: Serve) -> None:
    server = await serve_with_authorizer(serve)

    for path in paths(WEBSOCKETS):
        Recorder.asked.clear()
        with pytest.raises(HTTPClientError, match="403"):
            await server.ws(path)

        assert Recorder.asked == [("execute", "jupyter_ai")]


async def test_who_may_only_read_cannot_change_or_chat(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = await serve_with_authorizer(serve)
    monkeypatch.setattr(Recorder, "allowed", ("read",))

    assert (await server.get("api/ai/chats")).status == 200
    assert (await server.post("api/ai/chats", {"title": "x"})).status == 403
    with pytest.raises(HTTPClientError, match="403"):
        await server.ws()


async def test_another_site_cannot_open_a_websocket(server: Server) -> None:
    cookie = (await server.get("api/ai/chats")).headers["Set-Cookie"].partition(";")[0]

    chat = await server.ws(authorization="", cookie=cookie)
    with pytest.raises(HTTPClientError, match="403"):
        await server.ws(authorization="", cookie=cookie, origin="https://evil.example")

    assert (await chat.receive() or {})["type"] == "connection"


async def test_another_site_cannot_post(server: Server) -> None:
    cookie = (await server.get("api/ai/chats")).headers["Set-Cookie"].partition(";")[0]

    forged = await server.post("api/ai/chats", {}, authorization="", cookie=cookie)
    foreign = await server.get("api/ai/chats", authorization="", cookie=cookie, origin="https://evil.example")

    assert forged.status == 403
    assert foreign.status == 404


async def test_where_everybody_may_come_in_our_routes_still_ask(serve: Serve) -> None:
    server = await serve(config={"ServerApp": {"allow_unauthenticated_access": True}})

    assert (await server.get("api/ai/chats", authorization="")).status == 403
    with pytest.raises(HTTPClientError, match="403"):
        await server.ws(authorization="")


async def test_jupyter_server_finds_no_route_without_authentication(serve: Serve) -> None:
    """It warns of such routes, and warnings are errors here."""
    await serve(config={"ServerApp": {"allow_unauthenticated_access": False}})
