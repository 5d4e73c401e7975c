"""The plug-ins, imported and made as a server does it; of those that fail, where and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from jupyter_ai.doctor.finding import Finding, Level
from jupyter_ai.plugins import GROUPS
from jupyter_ai.plugins.blame import place_of_class

if TYPE_CHECKING:
    from jupyter_ai.plugins import Plugin
    from jupyter_ai.server.host import EngineHost

__all__ = ["packages_of", "plug_ins"]

_PATIENCE = 30.0  # seconds for the imports of one group
_FINE = ("not loaded", "not installed", "disabled", "blocked")


async def plug_ins(host: EngineHost) -> list[Finding]:
    """Each of somebody else's, what failed of ours, and how many of ours are well.

    Cancelling it leaves an import that is under way alone.
    """
    registry = host.find_plugins()
    for group in GROUPS:  # in turn: imports from several threads may meet half-initialized modules
        await registry.ready(group, _PATIENCE)
    await _make_instances(host)
    found = registry.plugins()
    hanging = [_hanging(plugin) for plugin in registry.hanging()]
    return [_ours(found), *hanging, *map(_finding, filter(_is_of_interest, found))]


def packages_of(plugins: Iterable[Plugin]) -> list[str]:
    """The distributions of others that have plug-ins."""
    return list(dict.fromkeys(p.distribution for p in plugins if not p.builtin and p.version))


async def _make_instances(host: EngineHost) -> None:
    """Call the constructors, in a chat that is kept nowhere; their plug-ins keep what fails."""
    from jupyter_ai.engine.engine import Engine, EngineOptions
    from jupyter_ai.engine.store import Store

    engine = Engine(
        plugins=host.plugins,
        config_manager=host.config_manager,
        store=Store(None),
        log=host.log,
        options=EngineOptions(root_dir=host.options.root_dir, greet=False, threads=False),
    )
    await engine.start()
    try:
        chat = await engine.default_chat()
        len(chat.handlers)
        len(chat.context_providers)
    finally:
        await engine.aclose()


def _is_of_interest(plugin: Plugin) -> bool:
    return not plugin.builtin or plugin.state == "failed" or plugin.trouble is not None


def _ours(plugins: Iterable[Plugin]) -> Finding:
    states = Counter(plugin.state for plugin in plugins if plugin.builtin)
    counted = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return Finding("plug-ins", "built in", "ok", counted)


def _finding(plugin: Plugin) -> Finding:
    name = f"{plugin.name} of {plugin.owner}"
    if plugin.state == "failed" or plugin.trouble is not None:
        return _failure(plugin, name)
    text = plugin.state if plugin.reason is None else f"{plugin.state}: {plugin.reason}"
    command = f" as /{plugin.slash_id}" if plugin.slash_id and plugin.state == "loaded" else ""
    return Finding(
        "plug-ins", name, _level(plugin), text + command, place_of_class(plugin.obj, plugin.target)
    )


def _level(plugin: Plugin) -> Level:
    if plugin.state == "loaded":
        return "ok"
    return "note" if plugin.state in _FINE else "warning"


def _failure(plugin: Plugin, name: str) -> Finding:
    text = plugin.trouble or plugin.reason or "it failed"
    where = place_of_class(plugin.obj, plugin.target) if plugin.obj is not None else plugin.where
    place = plugin.where if plugin.trouble else where
    return Finding("plug-ins", name, "problem", text, place, _remedy(plugin, place), plugin.traceback)


def _remedy(plugin: Plugin, place: str | None) -> str:
    """What whoever has the sources does, and what everybody else can do."""
    if plugin.trouble is not None and "constructor" in plugin.trouble:
        return (
            "have its `__init__` take the keyword arguments that it gets, and pass them on to "
            "`super().__init__(**kwargs)`; then run `jupyter ai plugins --reload`"
        )
    if plugin.project is not None or plugin.builtin:
        return f"correct {place or plugin.target}, then run `jupyter ai plugins --reload`"
    return (
        f"if you are not its author, tell them, or run `pip uninstall {plugin.distribution}`; "
        "after a change, run `jupyter ai plugins --reload`"
    )


def _hanging(plugin: Plugin) -> Finding:
    text = f"the import of {plugin} has not returned"
    remedy = f"its author should do what takes long when it is used; or `pip uninstall {plugin.distribution}`"
    return Finding("plug-ins", f"{plugin.name} of {plugin.owner}", "problem", text, plugin.where, remedy)
