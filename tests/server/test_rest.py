"""The REST routes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from serving import Serve, Server, begin

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import ListOptionsEntry
from jupyter_ai.plugins import CHAT_HANDLERS, CONTEXT_PROVIDERS, MODEL_PROVIDERS
from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy

PERSONA_COMMANDS = ("personas", "refresh_personas")


class Broken(BaseChatHandler):
    """Has neither an id nor a `process_message`."""

    routing_type = SlashCommandRoutingType(slash_id="broken")


class Files:
    id = "file"
    help = "Names a file"
    command_id = "@file"
    requires_arg = True
    only_start = False

    def __init__(self, **_: Any) -> None:
        """Takes what every context provider takes."""

    def get_arg_options(self, prefix: str) -> list[ListOptionsEntry]:
        if prefix == "!":
            raise RuntimeError("no such place")
        label = f"@file:{prefix}th.txt"
        return [ListOptionsEntry(id=label, label=label, description="A file", only_start=False)]


class Shy(Files):
    """Does not say what it does."""

    id = "shy"
    command_id = "@shy"

    @property
    def help(self) -> str:  # type: ignore[override]  # that of `Files` is a plain text
        raise RuntimeError("no word of it")


class Keyed(BaseProvider, FakeListChatModel):
    id = "keyed"
    name = "Keyed"  # type: ignore[misc]
    models = ["large"]  # noqa: RUF012
    auth_strategy = EnvAuthStrategy(name="KEYED_API_KEY")
    unsupported_slash_commands = {"/help"}  # noqa: RUF012


class TestChats:
    async def test_the_default_chat_is_always_there(self, server: Server) -> None:
        chats = (await server.get("api/ai/chats")).json()["chats"]

        assert [(c["is_default"], c["owner"], c["shared"]) for c in chats] == [(True, "", False)]

    async def test_create_describe_rename_share_delete(self, server: Server) -> None:
        created = await server.post("api/ai/chats", {"title": "Plans"})
        path = f"api/ai/chats/{created.json()['id']}"

        described = await server.get(path)
        renamed = await server.patch(path, {"title": "More plans"})
        shared = await server.patch(path, {"shared": True})
        deleted = await server.delete(path)

        assert created.status == 201
        assert described.json() == created.json()
        assert renamed.json() == {**created.json(), "title": "More plans"}
        assert shared.json() == {**created.json(), "title": "More plans", "shared": True}
        assert (deleted.status, deleted.body) == (204, b"")
        assert (await server.get(path)).status == 404

    async def test_a_chat_without_a_title_gets_its_first_prompt_as_one(self, server: Server) -> None:
        created = (await server.post("api/ai/chats")).json()
        chat = await server.chat(f"api/ai/chats/{created['id']}")

        await chat.ask("/help me with this")

        described = (await server.get(f"api/ai/chats/{created['id']}")).json()
        assert (created["title"], described["title"]) == ("", "/help me with this")

    async def test_whoever_reads_a_deleted_chat_is_disconnected(self, server: Server) -> None:
        created = (await server.post("api/ai/chats", {"title": "x"})).json()
        chat = await server.chat(f"api/ai/chats/{created['id']}")

        await server.delete(f"api/ai/chats/{created['id']}")

        assert await chat.closed() == 4404
        assert server.errors == []

    async def test_the_default_chat_is_not_deleted(self, server: Server) -> None:
        chats = (await server.get("api/ai/chats")).json()["chats"]

        response = await server.delete(f"api/ai/chats/{chats[0]['id']}")

        assert response.status == 400
        assert "default chat" in response.json()["message"]

    async def test_history_of_a_chat(self, server: Server) -> None:
        created = (await server.post("api/ai/chats", {"title": "x"})).json()
        path = f"api/ai/chats/{created['id']}"
        chat = await server.chat(path)
        human, reply = await begin(chat, "a")

        history = (await server.get(f"{path}/history")).json()

        assert [m["id"] for m in history["messages"]] == [human, reply]
        assert history["pending_messages"] == []
        assert (await server.get("api/ai/chats/history")).json()["messages"] == []

    @pytest.mark.parametrize("path", ["api/ai/chats/nobody", "api/ai/chats/nobody/history"])
    async def test_an_unknown_chat_is_not_found(self, server: Server, path: str) -> None:
        response = await server.get(path)

        assert response.status == 404
        assert response.headers["Content-Type"].startswith("application/json")
        assert response.json()["code"] == "not-found"
        assert "nobody" in response.json()["message"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"title": 1}, "title"),
            ({"title": "x" * 201}, "title"),
            ({"title": "x\u0000"}, "title"),
            ({"title": "two\nlines"}, "title"),
            ({"shared": "x"}, "shared"),
            ({"colour": "red"}, "colour"),
            ([], "object"),
            (b"{", "JSON"),
        ],
    )
    async def test_bad_input_is_told_by_the_field(self, server: Server, body: Any, field: str) -> None:
        response = await server.post("api/ai/chats", body)

        assert response.status == 400
        assert field in response.json()["message"]
        assert len((await server.get("api/ai/chats")).json()["chats"]) == 1

    async def test_a_title_is_stripped(self, server: Server) -> None:
        created = await server.post("api/ai/chats", {"title": f"  {'x' * 200}\n"})

        assert created.json()["title"] == "x" * 200

    async def test_a_blank_title_is_none_for_a_new_chat_and_no_name_for_another(self, server: Server) -> None:
        created = await server.post("api/ai/chats", {"title": " \n"})
        renamed = await server.patch(f"api/ai/chats/{created.json()['id']}", {"title": " \n"})

        assert (created.status, created.json()["title"]) == (201, "")
        assert (renamed.status, renamed.json()["message"].split(":")[0]) == (400, "title")

    async def test_what_is_answered_is_on_disk(self, server: Server) -> None:
        store = server.host.engine.store

        created = await server.post("api/ai/chats", {"title": "x"})
        after_post = store.durable, store.last_ticket
        path = f"api/ai/chats/{created.json()['id']}"
        await server.patch(path, {"title": "y", "shared": True})
        after_patch = store.durable, store.last_ticket
        (await server.host.engine.chat(created.json()["id"])).update(title="z")
        await server.get(f"{path}/history")
        after_history = store.durable, store.last_ticket

        for durable, last in (after_post, after_patch, after_history):
            assert durable == last
        assert after_post < after_patch < after_history


class TestLists:
    async def test_slash_commands_are_sorted(self, server: Server) -> None:
        listed = (await server.get("api/ai/chats/slash_commands")).json()["slash_commands"]

        assert [entry["slash_id"] for entry in listed] == [
            "clear",
            "help",
            "model",
            *PERSONA_COMMANDS,
            "steps",
        ]
        assert all(entry["description"] for entry in listed)

    async def test_what_the_model_does_not_support_is_left_out(self, serve: Serve) -> None:
        server = await serve(config={"AiExtension": {"default_language_model": "keyed:large"}})
        server.host.plugins.add(MODEL_PROVIDERS, "keyed", Keyed)

        listed = (await server.get("api/ai/chats/slash_commands")).json()["slash_commands"]

        assert [entry["slash_id"] for entry in listed] == ["clear", "model", *PERSONA_COMMANDS]

    async def test_there_are_none_without_a_model(self, serve: Serve) -> None:
        server = await serve(config={"AiExtension": {"default_language_model": "nobody:large"}})

        assert (await server.get("api/ai/chats/slash_commands")).json() == {"slash_commands": []}

    async def test_completions(self, serve: Serve) -> None:
        server = await serve()
        server.host.plugins.add(CONTEXT_PROVIDERS, "file", Files)
        server.host.plugins.add(CONTEXT_PROVIDERS, "shy", Shy)

        async def labels(partial: str) -> list[str]:
            url = f"api/ai/chats/autocomplete_options?partialCommand={partial}"
            return [option["label"] for option in (await server.get(url)).json()["options"]]

        everything = (await server.get("api/ai/chats/autocomplete_options")).json()["options"]
        assert [(o["label"], o["only_start"]) for o in everything] == [
            ("/clear", True),
            ("/help", True),
            ("/model", True),
            *((f"/{command}", True) for command in PERSONA_COMMANDS),
            ("@Jupyternaut", False),
            ("@Reviewer", False),
            *(("@" + name, False) for name in ("cell", "chat", "error", "file:", "notebook", "selection")),
            ("@url:", False),
        ]
        assert await labels("/h") == ["/help"]
        assert await labels("@f") == ["@file:"]
        assert await labels("@file:pa") == ["@file:path.txt"]
        assert await labels("@file:!") == []

    async def test_personas(self, server: Server) -> None:
        listed = (await server.get("api/ai/personas")).json()["personas"]

        expected = [
            ("Jupyternaut", "@Jupyternaut", "api/ai/static/jupyternaut.svg"),
            ("Reviewer", "@Reviewer", "api/ai/personas/reviewer/avatar"),
        ]
        assert expected == [(one["name"], one["address"], one["avatar_route"]) for one in listed]

    async def test_plugins_with_what_is_wrong_with_them(self, serve: Serve) -> None:
        server = await serve()
        server.host.plugins.add(CHAT_HANDLERS, "broken", Broken, distribution="acme", version="1")

        listed = (await server.get("api/ai/plugins")).json()["plugins"]

        states = {plugin["name"]: plugin["state"] for plugin in listed if plugin["group"] == CHAT_HANDLERS}
        builtin = dict.fromkeys(("clear", "default", "help", "model", *PERSONA_COMMANDS), "loaded")
        assert states == {"broken": "failed", **builtin}
        broken = next(plugin for plugin in listed if plugin["name"] == "broken")
        assert (broken["distribution"], broken["version"]) == ("acme", "1")
        assert "process_message" in broken["reason"]

    async def test_providers(self, server: Server) -> None:
        listed = (await server.get("api/ai/providers")).json()["providers"]

        [offline] = [entry for entry in listed if entry["id"] == "mockllm"]
        assert offline["chat_models"] == ["offline"]
        assert (offline["installed"], offline["install_hint"]) == (True, None)

    async def test_a_blocked_provider_is_neither_offered_nor_used(self, serve: Serve) -> None:
        server = await serve(config={"AiExtension": {"blocked_providers": ["mockllm"]}})

        assert "mockllm" not in [p["id"] for p in (await server.get("api/ai/providers")).json()["providers"]]
        plugins = (await server.get("api/ai/plugins")).json()["plugins"]
        assert [p["state"] for p in plugins if p["name"] == "mockllm"] == ["blocked"]

    async def test_only_allowed_providers_are_offered(self, serve: Serve) -> None:
        server = await serve(config={"AiExtension": {"allowed_providers": ["keyed"]}})
        server.host.plugins.add(MODEL_PROVIDERS, "another-name", Keyed)

        assert [p["id"] for p in (await server.get("api/ai/providers")).json()["providers"]] == ["keyed"]

    async def test_settings_tell_the_names_of_keys_only(self, serve: Serve) -> None:
        keys = {"KEYED_API_KEY": "sk-secret"}
        server = await serve(config={"AiExtension": {"default_api_keys": keys}})

        response = await server.get("api/ai/config")

        assert response.json()["api_keys"] == ["KEYED_API_KEY"]
        assert response.json()["model_provider_id"] == "mockllm:offline"
        assert b"sk-secret" not in response.body

    async def test_the_avatar(self, server: Server) -> None:
        response = await server.get("api/ai/static/jupyternaut.svg")

        assert response.headers["Content-Type"] == "image/svg+xml"
        assert response.body.startswith(b"<svg")


class TestHealth:
    async def test_all_is_well(self, server: Server) -> None:
        health = (await server.get("api/ai/health")).json()

        assert health["ok"] is True
        assert health["problems"] == []
        assert health["engine"] == {"state": "ready", "connections": 0}
        assert health["plugins"]["states"].keys() <= {"loaded", "not loaded", "not installed"}
        assert health["store"]["mode"] == "disk"
        assert health["model"] == {
            "id": "mockllm:offline",
            "provider": "MockLLM (offline)",
            "problem": None,
        }
        assert health["versions"]["jupyter_ai"]
        assert health["epoch"]

    async def test_a_plugin_that_failed(self, serve: Serve) -> None:
        server = await serve(Broken)

        health = (await server.get("api/ai/health")).json()

        assert health["ok"] is False
        assert [failed["name"] for failed in health["plugins"]["failed"]] == ["broken"]
        assert "process_message" in health["problems"][0]

    async def test_a_plugin_that_was_loaded_and_has_trouble(self, server: Server) -> None:
        server.host.plugins.handlers()["/steps"].trouble = "KeyError in its constructor: 'x'"

        health = (await server.get("api/ai/health")).json()
        listed = (await server.get("api/ai/plugins")).json()["plugins"]

        assert health["ok"] is False
        assert [problem.partition(": ")[2] for problem in health["problems"]] == [
            "KeyError in its constructor: 'x'"
        ]
        assert [(p["state"], p["trouble"]) for p in listed if p["slash_id"] == "steps"] == [
            ("loaded", "KeyError in its constructor: 'x'")
        ]

    async def test_a_model_whose_provider_is_not_installed(self, serve: Serve) -> None:
        server = await serve(config={"AiExtension": {"default_language_model": "nobody:large"}})

        health = (await server.get("api/ai/health")).json()

        assert health["problems"] == [
            "model: nobody:large is selected, but its provider nobody is not installed."
        ]

    async def test_a_key_that_is_missing(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("KEYED_API_KEY", raising=False)
        server = await serve(config={"AiExtension": {"default_language_model": "keyed:large"}})
        server.host.plugins.add(MODEL_PROVIDERS, "keyed", Keyed)

        health = (await server.get("api/ai/health")).json()

        assert health["problems"] == ["model: keyed:large needs KEYED_API_KEY, which is not set."]

    async def test_no_key_is_told(self, serve: Serve) -> None:
        config = {"default_language_model": "keyed:large", "default_api_keys": {"KEYED_API_KEY": "sk-secret"}}
        server = await serve(config={"AiExtension": config})
        server.host.plugins.add(MODEL_PROVIDERS, "keyed", Keyed)

        response = await server.get("api/ai/health")

        assert json.loads(response.body)["ok"] is True
        assert b"sk-secret" not in response.body

    async def test_a_store_that_cannot_write(self, serve: Serve) -> None:
        server = await serve(config={"AiExtension": {"chat_store_path": "/proc/nowhere/chats.db"}})

        health = (await server.get("api/ai/health")).json()

        assert health["ok"] is False
        assert health["store"]["mode"] == "memory"
        assert health["problems"][0].startswith("store: Chats cannot be saved in /proc/nowhere/chats.db")
        assert await (await server.chat()).ask("/help")
