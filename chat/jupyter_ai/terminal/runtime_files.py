"""The Jupyter servers that run for this user, by the files that they leave in the runtime directory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RunningServer", "running_servers", "sorted_for"]


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that says it runs."""

    url: str  # ends with a slash
    token: str
    root_dir: Path
    started: float


def running_servers(runtime_dir: Path) -> Iterator[RunningServer]:
    """The servers whose process lives and that listen on a port.

    The same as `jupyter_server.serverapp.list_running_servers`, whose import takes a second, and read-only.
    """
    for path in sorted(runtime_dir.glob("jpserver-*.json")):
        try:
            info = json.loads(path.read_text(encoding="utf-8"))
            server = RunningServer(
                url=info["url"].rstrip("/") + "/",
                token=info.get("token") or "",
                root_dir=Path(os.path.realpath(info["root_dir"])),
                started=path.stat().st_mtime,
            )
            alive = _is_alive(int(info["pid"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # just being written, just removed, or something else's
        if alive and server.url.startswith("http") and not server.url.startswith("http+"):
            yield server


def sorted_for(folder: Path, servers: Iterator[RunningServer]) -> list[RunningServer]:
    """The server that has `folder` closest below its root first, then the latest."""
    here = Path(os.path.realpath(folder))

    def rank(server: RunningServer) -> tuple[int, float]:
        depth = len(server.root_dir.parts) if here.is_relative_to(server.root_dir) else -1
        return -depth, -server.started

    return sorted(servers, key=rank)


def _is_alive(pid: int) -> bool:
    if os.name == "nt":  # signal 0 ends a process there; a dead server refuses the connection instead
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
