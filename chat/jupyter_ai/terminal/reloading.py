"""Has a running server take in plug-ins that were installed, removed or edited, and tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jupyter_ai.errors import ChatUnreachable
from jupyter_ai.terminal.places import named_place, running_place

__all__ = ["reload_plugins", "to_lines"]

_PATIENCE = 75.0  # seconds; a server answers within 60

_DEEDS = {"added": "Added", "removed": "Removed", "edited": "Imported anew"}


async def reload_plugins(url: str | None, token: str, tell: Callable[[str], None]) -> dict[str, Any]:
    """Ask the server at `url`, or the one that `jupyter ai chat` would find; what it answers.

    Raises `ChatUnreachable`. Cancelling it leaves the server to go on.
    """
    place = await (named_place(url, token) if url else running_place(Path.cwd(), token, tell))
    if place is None:
        raise ChatUnreachable(
            "No server runs that could reload its plug-ins. `jupyter ai plugins` lists what one would load."
        )
    return {"server": place.url, **await place.fetch("api/ai/plugins/reload", {}, patience=_PATIENCE)}


def to_lines(told: dict[str, Any]) -> Iterator[str]:
    """What has changed, a line each, and what to do about what failed."""
    for key, deed in _DEEDS.items():
        for plugin in told[key]:
            yield f"{deed}: {_name(plugin)}"
    for plugin in told["failed"]:
        where = f" ({plugin['where']})" if plugin["where"] else ""
        yield f"Failed: {_name(plugin)}{where}: {plugin['trouble'] or plugin['reason']}"
    for reason in told["restart"]:
        yield f"Restart the server: {reason}."
    if not any(told[key] for key in (*_DEEDS, "failed", "restart")):
        yield f"Nothing has changed at {told['server']}."


def _name(plugin: dict[str, Any]) -> str:
    command = f"/{plugin['slash_id']}" if plugin["slash_id"] else plugin["name"]
    owner = f"{plugin['distribution']} {plugin['version']}".rstrip()
    return f"{command} of {owner}" if owner else command
