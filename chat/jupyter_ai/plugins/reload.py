"""Takes in what was installed, removed or edited since the plug-ins were found, while they serve."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from jupyter_ai.plugins.clashes import canonical
from jupyter_ai.plugins.installation import Installation
from jupyter_ai.plugins.sources import imported_from

if TYPE_CHECKING:
    from jupyter_ai.plugins.clashes import Claim
    from jupyter_ai.plugins.installation import Upgrade
    from jupyter_ai.plugins.record import Plugin
    from jupyter_ai.plugins.registry import PluginRegistry

__all__ = ["Changes", "Reloader"]

_Key = tuple[str, str, str, str]
_Table = dict[_Key, "Plugin"]


@dataclass
class Changes:
    """What a reload has found; who is added may still have to be imported."""

    added: list[Plugin] = field(default_factory=list)
    removed: list[Plugin] = field(default_factory=list)
    edited: list[Plugin] = field(default_factory=list)  # imported anew
    again: list[Plugin] = field(default_factory=list)  # had failed or lacked a package, and are tried again
    kept: list[Plugin] = field(default_factory=list)  # serve as before, for what was edited failed
    upgrades: list[Upgrade] = field(default_factory=list)  # which only a new process has
    unread: dict[Path, str] = field(default_factory=dict)  # `.pth` files that cannot be read, and why


class Reloader:
    """Looks again at what is installed, for a registry that has found its plug-ins.

    Make it before anything is installed that `reload` is to notice. `reload` imports and may take long:
    call it on a thread.
    """

    def __init__(self, registry: PluginRegistry, installation: Installation | None = None) -> None:
        self._registry = registry
        self._installation = installation or Installation()
        self._lock = threading.Lock()
        self._importing: Plugin | None = None

    @property
    def importing(self) -> Plugin | None:
        """Whose edited code runs at the moment."""
        return self._importing

    def reload(self) -> Changes | None:
        """Bring the registry up to date.

        Who is new or failed before is to be imported by whoever waits for its group. A package that is
        installed editable and was edited is imported anew as a whole, and exchanged as a whole: if one of
        its plug-ins that served fails, all of it stays as it was. A distribution of which modules are
        imported and that has another version now stays as it was, too. None: another thread is at it.
        """
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._reload()
        finally:
            self._lock.release()

    def _reload(self) -> Changes:
        unread = self._installation.refresh()
        changes = Changes(upgrades=self._installation.upgrades(), unread=unread)
        known, found = self._tables({upgrade.name for upgrade in changes.upgrades})
        done = self._import_edited(changes, known, found)
        changes.added = [plugin for key, plugin in found.items() if key not in known]
        changes.removed = [plugin for key, plugin in known.items() if key not in found]
        again = [key for key in known.keys() & found if _deserves_another_try(known[key], found[key])]
        changes.again = [found[key] for key in again if known[key].state in ("failed", "not installed")]
        gone = {*(known[key] for key in again), *changes.removed}
        come = [*(found[key] for key in again), *changes.added]
        self._registry.exchange(gone - done, {plugin: None for plugin in come if plugin not in done})
        return changes

    def _tables(self, stale: set[str]) -> tuple[_Table, _Table]:
        """What the registry has from metadata, and what these tell now; nothing of stale distributions."""
        known = [p for p in self._registry.plugins() if not self._registry.is_given(p)]
        tables = [
            {_key(plugin): plugin for plugin in plugins if canonical(plugin.distribution) not in stale}
            for plugins in (known, self._registry.installed())
        ]
        return tables[0], tables[1]

    def _import_edited(self, changes: Changes, known: _Table, found: _Table) -> set[Plugin]:
        """Import edited projects anew; whose exchange is settled by that.

        Those of a project that stays as it was are taken out of both tables.
        """
        pending = {plugin.project for plugin in self._registry.pending()}
        done: set[Plugin] = set()
        for project in {plugin.project for plugin in known.values()} - pending:
            if project is not None and imported_from(project):
                old = {key: plugin for key, plugin in known.items() if plugin.project == project}
                new = {key: plugin for key, plugin in found.items() if plugin.project == project}
                if not (new and self._is_edited(project, old, new)):
                    continue
                if self._import_anew(project, old, new, changes):
                    done |= {*old.values(), *new.values()}
                else:
                    for key in {*old, *new}:
                        known.pop(key, None)
                        found.pop(key, None)
        return done

    def _is_edited(self, project: Path, old: _Table, new: _Table) -> bool:
        if any(plugin.state == "failed" or plugin.trouble is not None for plugin in old.values()):
            return True
        versions = [{plugin.version for plugin in table.values()} for table in (old, new)]
        return versions[0] != versions[1] or self._registry.sources.edited(project)

    def _import_anew(self, project: Path, old: _Table, new: _Table, changes: Changes) -> bool:
        """Whether the new code serves; if not, nothing has changed but what is told of it."""
        self._registry.sources.forget_bytecode(project)
        before = imported_from(project)
        for name in before:
            del sys.modules[name]
        come: dict[Plugin, Claim | None] = {}
        for key, plugin in new.items():
            self._importing = plugin
            come[plugin] = self._registry.check(plugin)
            self._importing = None
            served = old.get(key)
            if plugin.state == "failed" and served is not None and served.obj is not None:
                _put_back(before, project)
                _tell(served, plugin)
                changes.kept.append(served)
                return False
        self._registry.exchange({*old.values()}, come)
        changes.edited += [plugin for key, plugin in new.items() if key in old]
        return True


def _put_back(modules: dict[str, ModuleType], project: Path) -> None:
    for name in imported_from(project):
        del sys.modules[name]
    sys.modules.update(modules)


def _tell(old: Plugin, new: Plugin) -> None:
    """What is wrong with the edited code, in the record of what serves in its place."""
    old.trouble = f"what was edited does not work, and what was there before goes on serving: {new.reason}"
    old.traceback, old.where = new.traceback, new.where


def _deserves_another_try(old: Plugin, new: Plugin) -> bool:
    """Whether nothing of it is there to serve, and it may fare better now."""
    if new.state == "failed":
        return False  # its entry point is wrong
    if old.state == "not installed":
        return old.card is not None and old.card.installed()
    return old.obj is None and (old.state == "failed" or old.version != new.version)


def _key(plugin: Plugin) -> _Key:
    return plugin.group, plugin.name, plugin.target, plugin.distribution
