"""The personas of the files in the nearest `.jupyter/personas`, once that folder is allowed."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

from jupyter_ai.errors import FileRefused, NotAllowed, ReloadRuns
from jupyter_ai.personas.allowed_folders import AllowedFolders
from jupyter_ai.personas.local_folder import PLACE, nearest_folder, persona_files, read_source
from jupyter_ai.personas.local_module import LocalModule, failed_file
from jupyter_ai.plugins import Plugin
from jupyter_ai_magics.threads import run_in_thread

__all__ = ["LocalFiles", "LocalPersonas", "LocalPolicy"]

LocalPolicy = Literal["ask", "allow", "forbid"]
"""Whether persona files are run: where their folder was allowed, everywhere, or nowhere."""

_PATIENCE = 30.0  # seconds for the code of all files

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class LocalFiles:
    """What was found, and what of it was run; `owners` have allowed the folder."""

    folder: Path | None = None
    owners: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    modules: dict[Path, LocalModule] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)  # why, by the name of the file or the folder

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by the name of the file or the folder."""
        failed = {path.name: module.problem for path, module in self.modules.items() if module.problem}
        return {**self.refused, **failed}

    def listed(self) -> list[Plugin]:
        """What became of them, as the plug-ins of installed packages are listed."""
        refused = [failed_file((self.folder or Path()) / name, why) for name, why in self.refused.items()]
        found = [plugin for module in self.modules.values() for plugin in module.listed()]
        return sorted([*found, *refused], key=lambda plugin: plugin.name)


class LocalPersonas:
    """Those of one engine: a folder's files are run once, and serve the chats of whoever allowed it.

    `start` is the folder that chats are about, in `root`. It lives on one event loop; files are read and run
    on a thread, or with `threads` False at once. `on_change` is called after a change.
    """

    def __init__(
        self,
        start: Path,
        root: Path,
        policy: LocalPolicy,
        allowed: AllowedFolders,
        *,
        log: Log,
        on_change: Callable[[], None],
        threads: bool = True,
    ) -> None:
        self.policy = policy
        self.files = LocalFiles()
        self._start = start
        self._root = root
        self._allowed = allowed
        self._log = log
        self._on_change = on_change
        self._threads = threads
        self._looking: asyncio.Task[None] | None = None  # for the first time
        self._looked = False
        self._running = threading.Lock()  # held while files are run

    def serving(self, owner: str) -> list[Plugin]:
        """What serves in the chats of `owner`."""
        if not self.allows(owner):
            return []
        return [plugin for module in self.files.modules.values() for plugin in module.plugins]

    def listed(self, owner: str) -> list[Plugin]:
        """What became of the files that may be run for `owner`, as plug-ins are listed."""
        return self.files.listed() if self.allows(owner) else []

    def allows(self, owner: str) -> bool:
        """Whether files of the folder may be run for `owner`."""
        return self.policy == "allow" or (self.policy == "ask" and owner in self.files.owners)

    async def begin(self) -> None:
        """Look for files, and run none: where there are none to be run, nobody waits for them later."""
        self.files = await self._call(self._seen)
        self._looked = not (self.files.refused or (self.files.names and self._may_run(self.files)))

    async def ready(self) -> bool:
        """Run files if that was not done, and drop personas whose files are gone.

        True after the first time. It raises nothing but a cancellation, which leaves the look alone.
        """
        if self.policy == "forbid":
            return False
        if self._looked:
            await self._drop_gone()
            return False
        if not self._threads:
            await self._first_look()
            return True
        is_first = self._looking is None
        self._looking = self._looking or asyncio.get_running_loop().create_task(self._first_look())
        await asyncio.shield(self._looking)
        return is_first

    async def refresh(self) -> LocalFiles:
        """Look again: run what is new or was edited, drop what is gone. Raises `ReloadRuns`.

        What is being answered goes on with what it has. Cancelling it leaves the code of files alone.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._call(self._look)
        except TimeoutError:
            found = None
        if found is None:
            raise ReloadRuns
        if found != self.files:
            self.files = found
            self._on_change()
        return found

    async def allow(self, owner: str, folder: Path | None = None) -> LocalFiles:
        """Have the files of the nearest folder run for `owner`, now and from now on.

        Raises `NotAllowed` if the administrator forbids it, if there is no folder, or if the nearest is not
        `folder`; `ReloadRuns`, `SecretsError`.
        """
        await self._call(self._allow, owner, folder)
        return await self.refresh()

    async def forget(self, owner: str) -> LocalFiles:
        """Have the files of the nearest folder not run for `owner` any more. Raises as `allow`."""
        nearest = await self._call(self._nearest)
        if nearest is not None:
            await self._call(self._allowed.forget, owner, nearest)
        return await self.refresh()

    def close(self) -> None:
        """Wait for the code of files no longer, and take their modules away."""
        if self._looking is not None:
            self._looking.cancel()
        for module in self.files.modules.values():
            module.forget()

    async def _first_look(self) -> None:
        try:
            await self.refresh()
        except ReloadRuns:
            self._log.warning("The code of a persona file in %s does not return.", self._start)
        finally:
            self._looked = True

    async def _drop_gone(self) -> None:
        gone = await self._call(self._gone) if self.files.modules else set()
        if gone:
            kept = {path: module for path, module in self.files.modules.items() if path not in gone}
            self.files = replace(self.files, modules=kept)
            self._on_change()

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._threads:
            return await run_in_thread(function, *args, **kwargs)
        return function(*args, **kwargs)

    # On a thread

    def _nearest(self) -> Path | None:
        try:
            return nearest_folder(self._start, self._root)
        except FileRefused:
            return None

    def _allow(self, owner: str, folder: Path | None) -> None:
        if self.policy == "forbid":
            raise NotAllowed("The administrator of this server does not let persona files be run.")
        nearest = self._nearest()
        if nearest is None:
            raise NotAllowed(f"There is no folder `.jupyter/personas` in {self._start} or above it.")
        if folder is not None and folder != nearest:
            raise NotAllowed(f"The nearest folder is not {folder} but {nearest}. Look at that one first.")
        self._allowed.allow(owner, nearest)

    def _gone(self) -> set[Path]:
        gone = {path for path in self.files.modules if not path.is_file()}
        for path in gone:
            self.files.modules[path].forget()
        return gone

    def _look(self) -> LocalFiles | None:
        """What there is now, its code run if it may be; None while another thread runs some."""
        if not self._running.acquire(blocking=False):
            return None
        try:
            found = self._found()
            for path, module in self.files.modules.items():
                if path not in found.modules:
                    module.forget()
            return found
        finally:
            self._running.release()

    def _seen(self) -> LocalFiles:
        """What there is; nothing is run."""
        if self.policy == "forbid":
            return LocalFiles()
        try:
            folder = nearest_folder(self._start, self._root)
            names = tuple(path.name for path in persona_files(folder)) if folder is not None else ()
        except (FileRefused, OSError) as error:
            return LocalFiles(refused={str(PLACE): str(error)})
        owners = self._allowed.owners(folder) if folder is not None else frozenset[str]()
        return LocalFiles(folder, owners, names)

    def _found(self) -> LocalFiles:
        seen = self._seen()
        if seen.folder is None or not self._may_run(seen):
            return seen
        modules, refused = self._run([seen.folder / name for name in seen.names], seen.folder)
        return replace(seen, modules=modules, refused=refused)

    def _may_run(self, files: LocalFiles) -> bool:
        return self.policy == "allow" or (self.policy == "ask" and bool(files.owners))

    def _run(self, paths: list[Path], folder: Path) -> tuple[dict[Path, LocalModule], dict[str, str]]:
        modules: dict[Path, LocalModule] = {}
        refused: dict[str, str] = {}
        for path in paths:
            before = self.files.modules.get(path)
            try:
                source = read_source(path, folder)
            except FileRefused as error:
                refused[path.name] = str(error)
                continue
            unchanged = before is not None and before.source == source and before.problem is None
            modules[path] = before if before is not None and unchanged else self._module(path, source, before)
        return modules, refused

    def _module(self, path: Path, source: bytes, before: LocalModule | None) -> LocalModule:
        module = LocalModule.run(path, source, before)
        if module.problem is not None:
            self._log.warning("Persona file %s cannot be used: %s", path, module.problem)
        else:
            self._log.info("Persona file %s was run.", path)
        return module
