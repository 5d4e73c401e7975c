"""The default avatar."""

from __future__ import annotations

import functools
from pathlib import Path

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler

__all__ = ["AVATAR_PATH", "AvatarHandler"]

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


@functools.cache
def _picture() -> bytes:
    return AVATAR_PATH.read_bytes()
