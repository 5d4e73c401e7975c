"""The reload of plug-ins over REST: what was installed, removed or edited since the server started."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.plugins import GROUPS, Plugin
from jupyter_ai.server.base import AiHandler, answers
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.personas.local_personas import LocalPersonas
    from jupyter_ai.plugins import PluginRegistry
    from jupyter_ai.plugins.reload import Changes
    from jupyter_ai.server.host import EngineHost

__all__ = ["PluginReloadHandler", "refresh_local", "reload_plugins"]

_PATIENCE = 30.0  # seconds for the imports, after which the request is answered; they go on
_LATE = "its import has not returned; what takes long is to be done when it is used"


class PluginReloadHandler(AiHandler):
    """Takes in what has changed; whoever may write may do it."""

    @web.authenticated
    @authorized
    @answers
    async def post(self) -> None:
        """Tell what was added, removed and imported anew, what failed, and what asks for a restart.

        409 while another reload is under way.
        """
        told = await reload_plugins(self.host)
        local = await refresh_local((await self.engine()).local_personas, self.owner)
        self.send_json({key: [*value, *local.get(key, ())] for key, value in told.items()})


async def refresh_local(local: LocalPersonas, owner: str) -> dict[str, list[dict[str, Any]]]:
    """Run persona files that were edited or added, drop those that are gone; what `owner` is told of it.

    What is being answered goes on with what it has. Cancelling it leaves the code of files alone.
    """
    from jupyter_ai.errors import ReloadRuns
    from jupyter_ai.personas.local_module import failed_file

    before = {plugin.name: plugin for plugin in local.listed(owner)}
    try:
        await local.refresh()
    except ReloadRuns as error:
        return {"failed": [failed_file(local.files.folder or Path(), str(error)).describe()]}
    found = local.listed(owner)
    now = {plugin.name: plugin for plugin in found if plugin.state == "loaded"}
    gone = [plugin for plugin in before.values() if plugin.name not in {each.name for each in found}]
    return {
        "added": _names(plugin for name, plugin in now.items() if name not in before),
        "removed": _names(gone),
        "edited": _names(p for name, p in now.items() if name in before and before[name] is not p),
        "failed": [plugin.describe() for plugin in found if plugin.state == "failed"],
    }


async def reload_plugins(host: EngineHost) -> dict[str, Any]:
    """Reload packages, have chats use what is there then, and tell of it as JSON. Raises `ReloadRuns`.

    What is being answered goes on with what it has. Cancelling it leaves the imports alone.
    """
    from jupyter_ai.errors import ReloadRuns

    engine = await host.ready()
    reloader = host.reloader
    try:
        async with asyncio.timeout(_PATIENCE):
            changes = await run_in_thread(reloader.reload) if reloader is not None else None
    except TimeoutError:
        changes = None
    if changes is None:
        raise ReloadRuns(reloader and reloader.importing)
    engine.renew_plugins()
    async with asyncio.TaskGroup() as group:
        for name in GROUPS:
            group.create_task(engine.plugins.ready(name, _PATIENCE))
    engine.renew_plugins()
    host.learn_key_names()
    await host.renew_completions()
    return _told(changes, engine.plugins)


def _told(changes: Changes, registry: PluginRegistry) -> dict[str, Any]:
    plugins = registry.plugins()
    wrong = [plugin for plugin in plugins if plugin.state == "failed" or plugin.trouble is not None]
    late = [{**plugin.describe(), "reason": _LATE} for plugin in registry.hanging()]
    mended = [plugin for plugin in changes.again if plugin.state not in ("failed", "not installed")]
    return {
        "added": _names([*changes.added, *mended]),
        "removed": _names(changes.removed),
        "edited": _names(changes.edited),
        "failed": [*map(_unread, changes.unread.items()), *(plugin.describe() for plugin in wrong), *late],
        "restart": [str(upgrade) for upgrade in changes.upgrades],
    }


def _unread(found: tuple[Path, str]) -> dict[str, Any]:
    """A `.pth` file that cannot be read, described like a plug-in, as far as it goes."""
    path, why = found
    reason = f"{why}; correct the file, or delete it"
    nobody = Plugin("", path.name, "", "", state="failed", reason=reason, where=str(path))
    return nobody.describe()


def _names(plugins: Iterable[Plugin]) -> list[dict[str, Any]]:
    names = ("group", "name", "slash_id", "distribution", "version", "state")
    return [{name: getattr(plugin, name) for name in names} for plugin in plugins]
