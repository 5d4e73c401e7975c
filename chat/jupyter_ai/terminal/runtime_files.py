"""The Jupyter servers that run for this user, by the files that they leave in the runtime directory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["RunningServer", "running_servers", "sorted_for", "told_token"]

_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


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


def sorted_for(folder: Path, servers: Iterable[RunningServer]) -> list[RunningServer]:
    """The server that has `folder` closest below its root first, then the latest."""
    here = Path(os.path.realpath(folder))

    def rank(server: RunningServer) -> tuple[int, float]:
        depth = len(server.root_dir.parts) if here.is_relative_to(server.root_dir) else -1
        return -depth, -server.started

    return sorted(servers, key=rank)


def told_token(url: str, servers: Iterable[RunningServer]) -> str:
    """The token of the server at `url`, "" if none has told of itself."""
    return next((server.token for server in servers if _same(server.url, url)), "")


def _same(one: str, other: str) -> bool:
    """Whether two URLs lead to one server; this machine has several names."""
    parts = urlsplit(one), urlsplit(other)
    (host, *rest), (other_host, *other_rest) = ((p.hostname, p.scheme, p.port, p.path) for p in parts)
    return rest == other_rest and (host == other_host or {host, other_host} <= _THIS_MACHINE)


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
