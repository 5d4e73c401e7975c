"""Looks at every part; one that cannot be examined does not keep the others from it."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_core.paths import jupyter_data_dir, jupyter_runtime_dir

from jupyter_ai.doctor.finding import Finding, Part
from jupyter_ai_magics.failures import summarize

if TYPE_CHECKING:
    from jupyter_ai.server.host import EngineHost

__all__ = ["examine", "examine_code"]

_Look = Callable[[], Iterable[Finding] | Awaitable[Iterable[Finding]]]


def examine_code(paths: Sequence[Path]) -> list[Finding]:
    """What the code in these folders and files imports; nothing else is looked at."""
    from jupyter_ai.doctor.code import code_in

    return [finding for path in paths for finding in code_in(path)]


async def examine(folder: Path, *, ask_model: bool) -> list[Finding]:
    """All parts, for a server that has `folder` below its root.

    Plug-ins are imported and their constructors called, as on a server. Cancelling it ends the call of a
    model. Raises `InvalidSetting` if the configuration cannot be read.
    """
    # What a plug-in prints is not part of what is found.
    with contextlib.redirect_stdout(sys.stderr):
        return [finding async for finding in _examined(folder, ask_model)]


async def _examined(folder: Path, ask_model: bool) -> AsyncIterator[Finding]:
    from jupyter_ai.doctor.code import code_of
    from jupyter_ai.doctor.database import database
    from jupyter_ai.doctor.labextension import ui
    from jupyter_ai.doctor.plug_ins import packages_of, plug_ins
    from jupyter_ai.doctor.settings import models, not_used, settings
    from jupyter_ai.doctor.surroundings import surroundings
    from jupyter_ai.doctor.versions import versions

    unread: list[str] = []
    host = _host(folder, unread.append)
    found = host.find_plugins().plugins()
    looks: list[tuple[Part, _Look]] = [
        ("environment", surroundings),
        ("versions", lambda: versions(packages_of(found))),
        ("plug-ins", lambda: plug_ins(host)),
        ("code", lambda: code_of(found)),
        ("settings", lambda: [*settings(host), *map(not_used, unread)]),
        ("model", lambda: models(host, ask=ask_model)),
        ("database", lambda: database(host.store_path)),
        ("ui", ui),
    ]
    for part, look in looks:
        for finding in await _looked(part, look):
            yield finding


async def _looked(part: Part, look: _Look) -> list[Finding]:
    try:
        looked = look()
        return list(await looked if isinstance(looked, Awaitable) else looked)
    # What is examined is what may be broken in any way.
    except Exception as error:  # noqa: BLE001
        text = f"it cannot be examined: {summarize(error)}"
        remedy = "look at the traceback (`-v`); where it is ours, report it"
        return [Finding(part, part, "problem", text, remedy=remedy, traceback=traceback.format_exc())]


def _host(folder: Path, tell: Callable[[str], None]) -> EngineHost:
    from jupyter_ai.server.host import EngineHost
    from jupyter_ai.terminal.settings import host_options, read_config

    log = logging.getLogger(__name__)
    log.propagate = False
    log.addHandler(logging.NullHandler())
    options = host_options(read_config(tell), str(_root(folder)), jupyter_data_dir())
    host = EngineHost(options, log, {})
    host.redact()
    return host


def _root(folder: Path) -> Path:
    """The root of the running server that has the folder closest below it; else the folder."""
    from jupyter_ai.terminal.runtime_files import running_servers, sorted_for

    servers = sorted_for(folder, running_servers(Path(jupyter_runtime_dir())))
    above = (server.root_dir for server in servers if folder.resolve().is_relative_to(server.root_dir))
    return next(above, folder)
