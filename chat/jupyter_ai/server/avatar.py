"""The default avatar."""

from __future__ import annotations

import functools
from importlib.resources import files

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler

__all__ = ["AvatarHandler", "avatar_path"]


class AvatarHandler(AiHandler):
    """The picture beside what Jupyternaut says."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The picture; a browser keeps it for a day."""
        self.set_header("Cache-Control", "private, max-age=86400")
        self.finish(_picture(), set_content_type="image/svg+xml")


def avatar_path() -> str:
    """The file of the picture."""
    return str(files("jupyter_ai") / "static" / "jupyternaut.svg")


@functools.cache
def _picture() -> bytes:
    return (files("jupyter_ai") / "static" / "jupyternaut.svg").read_bytes()
