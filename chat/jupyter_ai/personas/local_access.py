"""Persona files as one chat has them: whether they are run for its owner, and who may decide it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_ai.engine.run import current_run
from jupyter_ai.errors import NotAllowed

if TYPE_CHECKING:
    from jupyter_ai.personas.local_personas import LocalFiles, LocalPersonas
    from jupyter_ai.plugins import Plugin

__all__ = ["LocalAccess"]


class LocalAccess:
    """The persona files of the nearest folder, for the chats of `owner`."""

    def __init__(self, local: LocalPersonas, owner: str) -> None:
        self._local = local
        self._owner = owner

    @property
    def files(self) -> LocalFiles:
        """What was found last, and what is wrong with it."""
        return self._local.files

    @property
    def allowed(self) -> bool:
        """Whether the files are run for the owner of the chat."""
        return self._local.allows(self._owner)

    @property
    def plugins(self) -> list[Plugin]:
        """The personas that serve in the chat."""
        return self._local.serving(self._owner)

    async def allow(self, folder: Path | None = None) -> LocalFiles:
        """Have the files of the nearest folder run for the owner of the chat, now and from now on.

        Raises `NotAllowed` where a message of anybody else asks for it, where the administrator forbids it,
        where there is no folder, or if the nearest is not `folder`; `ReloadRuns` while files are run, and
        `SecretsError` if it cannot be remembered.
        """
        self._check_owner()
        return await self._local.allow(self._owner, folder)

    async def forget(self) -> LocalFiles:
        """Have them run no more for the owner of the chat. Raises as `allow`."""
        self._check_owner()
        return await self._local.forget(self._owner)

    async def refresh(self) -> LocalFiles:
        """Run what was edited or added, drop what is gone. Raises `ReloadRuns`."""
        return await self._local.refresh()

    def hint(self, name: str) -> str:
        """What to add to "nobody is called `name`" where there are files that nobody has allowed."""
        if not name.startswith("@") or self.allowed or not self.files.names:
            return ""
        return f" There are persona files in `{self.files.folder}` that are not run: `/personas` tells more."

    def _check_owner(self) -> None:
        run = current_run()
        if run is not None and run.user != self._owner:
            raise NotAllowed("Only the owner of this chat can say which code runs in it.")
