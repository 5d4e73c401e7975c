"""What works and what does not, and why."""

from __future__ import annotations

import asyncio
import functools
import platform
from collections import Counter
from contextlib import suppress
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.errors import EngineUnavailable
from jupyter_ai.server.base import AiHandler
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.plugins import Plugin, PluginRegistry
    from jupyter_ai.server.host import EngineHost

__all__ = ["HealthHandler", "report"]

_PATIENCE = 5.0  # seconds to wait for a start-up that is under way
_DISTRIBUTIONS = ("jupyter_ai", "jupyter_server", "langchain-core", "pydantic", "tornado")


class HealthHandler(AiHandler):
    """The health of the chat; it is no activity that keeps a server alive."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Tell it, with status 200 also where something does not work; of keys, only the names."""
        with suppress(TimeoutError, EngineUnavailable):
            async with asyncio.timeout(_PATIENCE):
                engine = await self.engine()
                await engine.handlers_ready()
                # What it looks at may have to be imported first.
                await run_in_thread(lambda: engine.config_manager.problems)
                if _replaced(self.host):
                    await _prepare_completions(self.host)
        self.send_json(report(self.host))


def report(host: EngineHost) -> dict[str, Any]:
    """All that is known; `problems` says in words what does not work, and is empty if `ok`."""
    engine, plugins = _engine(host), _plugins(host.plugins)
    store = host.engine.store.health() if host.engine is not None else None
    model = _model(host)
    problems = [
        *(f"{stage}: {problem}" for stage, problem in host.problems.items()),
        *(f"plug-in {p['name']} of {p['distribution']}: {p['reason']}" for p in plugins["failed"]),
        *(f"plug-in {p['name']} of {p['distribution']}: {p['trouble']}" for p in plugins["troubled"]),
        *(f"plug-ins: the import of {name} has not returned" for name in _hanging(host.plugins)),
        *([f"store: {store['problem']}"] if store and store["problem"] else []),
        *([f"model: {model['problem']}"] if model["problem"] else []),
        *(f"settings: {problem}" for problem in _settings(host) if problem != model["problem"]),
        *([f"completions: {problem}"] if (problem := _completions(host)) else []),
    ]
    return {
        "ok": not problems and host.state == "ready",
        "problems": problems,
        "versions": _versions(),
        "epoch": host.engine.epoch if host.engine is not None else None,
        "engine": engine,
        "plugins": plugins,
        "store": store,
        "model": model,
    }


def _engine(host: EngineHost) -> dict[str, Any]:
    return {"state": host.state, "connections": len(host.connections)}


def _plugins(registry: PluginRegistry) -> dict[str, Any]:
    found = registry.plugins()
    return {
        "count": len(found),
        "states": dict(Counter(p.state for p in found)),
        "failed": [_named(p, reason=p.reason) for p in found if p.state == "failed"],
        "troubled": [_named(p, trouble=p.trouble) for p in found if p.trouble],
    }


def _hanging(registry: PluginRegistry) -> list[str]:
    return list(dict.fromkeys(str(plugin) for plugin in registry.hanging()))


def _named(plugin: Plugin, **what: str | None) -> dict[str, Any]:
    return {"group": plugin.group, "name": plugin.name, "distribution": plugin.owner, **what}


def _model(host: EngineHost) -> dict[str, Any]:
    if host.engine is None:
        return {"id": None, "provider": None, "problem": None}
    config = host.engine.config_manager
    provider = config.lm_provider
    name = str(getattr(provider, "name", "")) or None
    return {"id": config.lm_gid, "provider": name, "problem": config.lm_problem}


def _replaced(host: EngineHost) -> bool:
    """Whether the administrator has put code of their own into completions."""
    return any((host.options.completions.selector, host.options.completions.fetcher))


async def _prepare_completions(host: EngineHost) -> None:
    await run_in_thread(import_module, "jupyter_ai.server.completing")
    await host.completions.providers.ready()


def _completions(host: EngineHost) -> str | None:
    if not _replaced(host) or host.state == "closed":
        return None
    return getattr(host.completions.providers.get("model"), "problem", None)


def _settings(host: EngineHost) -> list[str]:
    return [] if host.engine is None else host.engine.config_manager.problems


@functools.cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _DISTRIBUTIONS:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
