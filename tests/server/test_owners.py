"""Whose chats are whose, where the server knows its users and where it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from jupyter_server.auth import IdentityProvider, User
from jupyter_server.auth.identity import LegacyIdentityProvider, PasswordIdentityProvider
from jupyter_server.auth.login import LegacyLoginHandler
from persona_files import WHALE
from serving import Serve, Server, Steps, begin, eventually, stream
from tornado.httpclient import HTTPClientError

from jupyter_ai.auth.identity import LocalIdentityProvider, create_initials
from jupyter_ai.auth.owner import knows_identities


class Named(IdentityProvider):
    """Everybody is who they say they are."""

    def get_user(self, handler: Any) -> User | None:
        name = handler.request.headers.get("X-User")
        handler._token_authenticated = True
        return User(name) if name else None


@pytest.fixture
async def shared_server(serve: Serve) -> Server:
    server = await serve(Steps, config={"ServerApp": {"identity_provider_class": Named}})
    await server.ready()
    return server


async def test_each_user_has_a_default_chat(shared_server: Server) -> None:
    ada, bob = await shared_server.chat(user="ada"), await shared_server.chat(user="bob")

    await ada.ask("/help")
    await ada.until("agent")
    await bob.send({"prompt": ""})
    seen = await bob.until("error")

    assert len(seen) == 1
    history = (await shared_server.get("api/ai/chats/history", user="bob")).json()
    assert history["messages"] == []


async def test_nobody_else_sees_a_chat(shared_server: Server) -> None:
    chat = (await shared_server.post("api/ai/chats", {"title": "Mine"}, user="ada")).json()
    path = f"api/ai/chats/{chat['id']}"

    listed = (await shared_server.get("api/ai/chats", user="bob")).json()["chats"]

    assert chat["owner"] == "ada"
    assert [(c["owner"], c["is_default"]) for c in listed] == [("bob", True)]
    for method in ("GET", "PATCH", "DELETE"):
        response = await shared_server.request(method, path, {} if method == "PATCH" else None, user="bob")
        assert response.status == 404
        assert chat["id"] in response.json()["message"]
    assert (await shared_server.get(f"{path}/history", user="bob")).status == 404
    with pytest.raises(HTTPClientError, match="404"):
        await shared_server.ws(path, user="bob")


async def test_a_shared_chat_is_seen_and_not_changed_by_others(shared_server: Server) -> None:
    chat = (await shared_server.post("api/ai/chats", {"shared": True}, user="ada")).json()
    path = f"api/ai/chats/{chat['id']}"

    described = await shared_server.get(path, user="bob")
    renamed = await shared_server.patch(path, {"title": "x"}, user="bob")
    deleted = await shared_server.delete(path, user="bob")

    assert described.json() == {**chat, "shared": True}
    assert (renamed.status, deleted.status) == (403, 403)
    assert "ada" in renamed.json()["message"]


async def test_a_guest_has_the_lists_of_the_chat_that_is_asked_for(
    shared_server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "root" / ".jupyter" / "personas"
    folder.mkdir(parents=True)
    (folder / "whale.py").write_text(WHALE)
    (folder / "whale.svg").write_text("<svg/>")
    allowed = {"folder": str(folder), "allowed": True}
    assert (await shared_server.post("api/ai/personas/local", allowed, user="ada")).status == 200
    shared = (await shared_server.post("api/ai/chats", {"shared": True}, user="ada")).json()["id"]
    hers = (await shared_server.post("api/ai/chats", {}, user="ada")).json()["id"]

    async def get(path: str, **query: str) -> Any:
        return await shared_server.get(f"api/ai/{path}?{urlencode(query)}", user="bob")

    listed = (await get("personas", chat=shared)).json()["personas"]
    route = next(one["avatar_route"] for one in listed if one["name"] == "Whale").removeprefix("api/ai/")
    options = await get("chats/autocomplete_options", chat=shared, partialCommand="@whale")

    assert [option["label"] for option in options.json()["options"]] == ["@Whale"]
    assert (await get(route, chat=shared)).body == b"<svg/>"
    assert ((await get(route)).status, b"Whale" in (await get("personas")).body) == (403, False)
    for path in ("personas", route, "chats/autocomplete_options"):
        assert (await get(path, chat=hers)).status == 404


async def test_what_is_said_to_a_person_is_not_answered(shared_server: Server) -> None:
    created = (await shared_server.post("api/ai/chats", {"shared": True}, user="ada")).json()
    path = f"api/ai/chats/{created['id']}"
    ada, bob = await shared_server.chat(path, user="ada"), await shared_server.chat(path, user="bob")
    chat = await (await shared_server.host.ready()).chat(created["id"], "ada")

    await ada.ask("@bob what do you think?")  # who reads, and has said nothing yet
    await bob.ask("@Ada I like it")  # who owns the chat
    await eventually(lambda: not chat.runs)
    await bob.ask("@nobody hello")
    reply = await ada.last("agent")

    said = [message.body for message in chat.log]
    assert said == ["@bob what do you think?", "@Ada I like it", "@nobody hello", reply["body"]]
    assert "nobody called `@nobody`" in reply["body"]


async def test_in_a_shared_chat_stop_ends_only_ones_own(shared_server: Server) -> None:
    created = (await shared_server.post("api/ai/chats", {"shared": True}, user="ada")).json()
    path = f"api/ai/chats/{created['id']}"
    ada, bob = await shared_server.chat(path, user="ada"), await shared_server.chat(path, user="bob")
    human, reply = await begin(ada, "a")
    _, others = await begin(bob, "b")

    await bob.send({"type": "stop"})
    await bob.until("agent-stream-chunk", id=others, stream_complete=True)
    await bob.send({"type": "stop", "target": human})
    error = await bob.last("error")
    stream("a").put_nowait(None)
    last = await ada.last("agent-stream-chunk", id=reply, stream_complete=True)

    assert error["code"] == "forbidden"
    assert "stopped" not in last["metadata"]


async def test_who_may_not_see_a_chat_any_more_is_disconnected(shared_server: Server) -> None:
    created = (await shared_server.post("api/ai/chats", {"shared": True}, user="ada")).json()
    path = f"api/ai/chats/{created['id']}"
    ada, bob = await shared_server.chat(path, user="ada"), await shared_server.chat(path, user="bob")

    await shared_server.patch(path, {"shared": False}, user="ada")

    assert await bob.closed() == 4403
    assert await ada.ask("/help")


async def test_where_nobody_is_known_everybody_has_the_same_chats(server: Server) -> None:
    created = (await server.post("api/ai/chats", {"title": "Ours"})).json()

    listed = (await server.get("api/ai/chats")).json()["chats"]

    assert created["owner"] == ""
    assert created in listed


async def test_the_settings_stand_for_the_first_chat_where_users_are_known(shared_server: Server) -> None:
    await shared_server.chat(user="ada")

    handlers = {"default", "/clear", "/help", "/model", "/personas", "/refresh_personas", "/steps"}
    assert set(shared_server.settings["jai_chat_handlers"]) == handlers


class Tokens(IdentityProvider):
    async def get_user_token(self, handler: Any) -> User | None:
        return User("ada")


class Login(LegacyLoginHandler):
    @classmethod
    def get_user(cls, handler: Any) -> str:
        return "ada"


def test_jupyter_servers_own_logins_know_nobody() -> None:
    legacy = LegacyIdentityProvider(login_handler_class=LegacyLoginHandler)

    known = [knows_identities(p) for p in (IdentityProvider(), PasswordIdentityProvider(), legacy)]

    assert known == [False, False, False]


def test_providers_that_name_people_know_them() -> None:
    legacy = LegacyIdentityProvider(login_handler_class=Login)

    known = [knows_identities(p) for p in (Named(), Tokens(), LocalIdentityProvider(), legacy)]

    assert known == [True, True, True, True]


async def test_local_identity_provider_names_the_systems_user(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada.lovelace")
    server = await serve(config={"ServerApp": {"identity_provider_class": LocalIdentityProvider}})
    await server.ready()

    chat = await server.chat()
    await chat.send({"prompt": "/help"})
    human = await chat.last("human")

    assert (human["client"]["username"], human["client"]["initials"]) == ("ada.lovelace", "AL")
    assert (await server.get("api/ai/chats", authorization="")).status == 403


@pytest.mark.parametrize(
    ("name", "initials"), [("ada lovelace", "AL"), ("ada", "A"), ("a.b_c", "AC"), ("", ""), ("...", "")]
)
def test_initials(name: str, initials: str) -> None:
    assert create_initials(name) == initials
