"""Persona files over REST: what was found, and whether it may be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler, answers

if TYPE_CHECKING:
    from jupyter_ai.personas.manager import PersonaManager

__all__ = ["LocalPersonasHandler"]


class LocalPersonasHandler(AiHandler):
    """The files of the nearest `.jupyter/personas`, for the user's own chats."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """The folder that was found last, its files, whether they are run, and what is wrong with them."""
        self._tell(await self._personas())

    @web.authenticated
    @authorized
    @answers
    async def post(self) -> None:
        """Allow the files of `folder` to be run (`allowed`), or take that back; answer as `get` does.

        403 if that is not the nearest folder now, or if the administrator forbids it; 409 while files run.
        """
        from jupyter_ai.models import LocalPersonasRequest

        request, personas = self.body(LocalPersonasRequest), await self._personas()
        if request.allowed:
            await personas.local.allow(request.folder)
        else:
            await personas.local.forget()
        self._tell(personas)

    async def _personas(self) -> PersonaManager:
        engine = await self.engine()
        await engine.commands_ready()
        return (await engine.default_chat(self.owner)).personas

    def _tell(self, personas: PersonaManager) -> None:
        from jupyter_ai.models import DescribeLocalPersonas

        files = personas.local.files
        self.send(
            DescribeLocalPersonas(
                folder=str(files.folder) if files.folder is not None else None,
                files=list(files.names),
                allowed=personas.local.allowed,
                problems={**files.problems, **personas.troubles()},
            )
        )
