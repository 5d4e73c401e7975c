"""Pictures of personas over HTTP."""

from __future__ import annotations

from pathlib import Path

from persona_files import WHALE
from serving import Serve, Server

from jupyter_ai.personas import BasePersona, PersonaDefaults
from jupyter_ai.plugins import PERSONAS


class Thief(BasePersona):
    """Declares a file that is none of its own."""

    @property
    def defaults(self) -> PersonaDefaults:
        return PersonaDefaults(name="Thief", avatar_path="/etc/hosts.svg")

    async def process_message(self, message: object) -> None: ...


async def test_picture_of_a_built_in_persona(server: Server) -> None:
    response = await server.get("api/ai/personas/reviewer/avatar")

    assert response.status == 200
    assert response.headers["Content-Type"].startswith("image/svg+xml")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.body.startswith(b"<svg")


async def test_picture_is_sent_anew_only_if_it_was_edited(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "root" / ".jupyter" / "personas"
    folder.mkdir(parents=True)
    (folder / "whale.py").write_text(WHALE)
    (folder / "whale.svg").write_text("<svg/>")
    server = await serve(config={"AiExtension": {"local_personas": "allow"}})
    listed = (await server.get("api/ai/personas")).json()["personas"]
    route = next(one["avatar_route"] for one in listed if one["name"] == "Whale")
    first = await server.get(route)
    known = {"If-None-Match": first.headers["Etag"]}

    again = await server.get(route, **known)
    (folder / "whale.svg").write_text("<svg></svg>")
    edited = await server.get(route, **known)

    assert (first.body, first.headers["Cache-Control"]) == (b"<svg/>", "private, no-cache")
    assert (again.status, again.body) == (304, b"")
    assert (edited.status, edited.body) == (200, b"<svg></svg>")


async def test_no_other_file_is_served(serve: Serve, tmp_path: Path) -> None:
    server = await serve()
    server.host.plugins.add(PERSONAS, "thief", Thief)

    for key in ("thief", "nobody", "..%2F..%2Fetc%2Fpasswd", "jupyternaut"):
        response = await server.get(f"api/ai/personas/{key}/avatar")

        assert (response.status, response.json()["code"]) == (403, "file-refused"), key


async def test_picture_is_for_who_may_come_in(server: Server) -> None:
    response = await server.request("GET", "api/ai/personas/reviewer/avatar", Authorization="token wrong")

    assert response.status in (302, 403)


async def test_persona_of_a_chat_is_chosen(server: Server) -> None:
    chat = (await server.get("api/ai/chats")).json()["chats"][0]
    assert chat["persona"] == ""

    chosen = await server.request("PATCH", f"api/ai/chats/{chat['id']}", {"persona": "reviewer"})
    unknown = await server.request("PATCH", f"api/ai/chats/{chat['id']}", {"persona": "nobody"})
    back = await server.request("PATCH", f"api/ai/chats/{chat['id']}", {"persona": ""})

    assert (chosen.json()["persona"], unknown.status, back.json()["persona"]) == ("Reviewer", 404, "")
