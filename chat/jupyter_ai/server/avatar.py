"""The default avatar, and those of personas."""

from __future__ import annotations

import functools
from pathlib import Path

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler, answers
from jupyter_ai_magics.threads import run_in_thread

__all__ = ["AVATAR_PATH", "AvatarHandler", "PersonaAvatarHandler"]

AVATAR_PATH = Path(__file__).parent.parent / "static" / "jupyternaut.svg"


class AvatarHandler(AiHandler):
    """The picture beside what Jupyternaut says."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The picture; a browser keeps it for a day."""
        self.set_header("Cache-Control", "private, max-age=86400")
        self.finish(_picture(), set_content_type="image/svg+xml")


class PersonaAvatarHandler(AiHandler):
    """The picture beside what a persona of the chat `chat` says, or one of one's own chats."""

    _track_activity = False

    @web.authenticated
    @authorized
    @answers
    async def get(self, key: str) -> None:
        """The picture that the persona of this entry point declares; it may have changed whenever asked."""
        await (await self.engine()).commands_ready()
        personas = (await self.chat()).personas
        personas.members()  # made here, and not on the thread
        picture, kind = await run_in_thread(personas.avatar, key)
        self.set_header("Cache-Control", "private, no-cache")  # kept, and asked for by its ETag
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(picture, set_content_type=kind)


@functools.cache
def _picture() -> bytes:
    return AVATAR_PATH.read_bytes()
