"""Which plug-ins are installed, by the metadata of packages; nothing is imported."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from jupyter_ai.plugins import validation
from jupyter_ai.plugins.clashes import canonical
from jupyter_ai.plugins.record import DEFAULT_TASKS, OURS, Plugin
from jupyter_ai.plugins.validation import PluginError

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

    Find = Callable[[str], Iterable[EntryPoint]]
    _Log = logging.Logger | logging.LoggerAdapter[Any]

__all__ = ["from_entry_point", "installed"]


def from_entry_point(group: str, entry_point: EntryPoint) -> Plugin:
    distribution, version = _owner(entry_point.dist)
    builtin = canonical(distribution) == OURS
    plugin = Plugin(group, entry_point.name, entry_point.value, distribution, version, builtin)
    plugin.project = _project(entry_point.dist) if entry_point.dist is not None and not builtin else None
    plugin.where = _metadata_file(entry_point.dist, plugin.project)
    if group == DEFAULT_TASKS:
        plugin.reason = "this group is listed only; nothing loads it"
        return plugin
    try:
        validation.parse_target(plugin.target)
    except PluginError as exc:
        plugin.state, plugin.reason = "failed", str(exc)
    return plugin


def _metadata_file(dist: Distribution | None, project: Path | None) -> str | None:
    """Where the entry points of a distribution are written: in its `pyproject.toml` if that is at hand."""
    if project is not None and (project / "pyproject.toml").is_file():
        return str(project / "pyproject.toml")
    folder = getattr(dist, "_path", None)  # the public interface tells what is in the file, not where it is
    return str(folder / "entry_points.txt") if folder is not None else None


def _project(dist: Distribution) -> Path | None:
    """The folder that an editable installation leads to, as installers note it."""
    try:
        noted = json.loads(dist.read_text("direct_url.json") or "{}")
        url = urlsplit(noted["url"]) if noted.get("dir_info", {}).get("editable") else None
    except Exception:  # noqa: BLE001 - whatever is wrong with what an installer wrote
        return None
    return Path(url2pathname(url.path)) if url is not None and url.scheme == "file" else None


def _owner(dist: Distribution | None) -> tuple[str, str]:
    """Name and version; broken metadata lacks either, or cannot be read at all."""
    if dist is None:
        return "(unknown)", ""
    try:
        return dist.name or "(unknown)", dist.version or ""
    except Exception:  # noqa: BLE001 - any parser's error; the plug-in itself may work all the same
        return "(unknown)", ""


def installed(log: _Log) -> Find:
    """A `find` over what is installed now, read once; one unreadable package does not hide the others."""
    from importlib import metadata

    found: dict[str, list[EntryPoint]] = {}
    for name in sorted({name for dist in metadata.distributions() if (name := _name_if_ours(dist))}):
        try:
            # By name, because of two of one name the first on the path is the one that gets imported.
            entry_points = metadata.distribution(name).entry_points
        except Exception as exc:  # noqa: BLE001 - any parser's error
            log.warning("The entry points of %s cannot be read: %s", name, validation.summarize(exc))
            continue
        for entry_point in entry_points:
            found.setdefault(entry_point.group, []).append(entry_point)
    return lambda group: found.get(group, ())


def _name_if_ours(dist: Distribution) -> str | None:
    """The name of a distribution that mentions our groups; the metadata of others need no parsing."""
    try:
        return dist.name if "jupyter_ai." in (dist.read_text("entry_points.txt") or "") else None
    except Exception:  # noqa: BLE001 - any parser's error
        return None
