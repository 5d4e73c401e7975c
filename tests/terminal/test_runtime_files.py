"""Running servers are found by their files, the best one for a folder first."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.terminal.runtime_files import RunningServer, running_servers, sorted_for, told_token


def write(folder: Path, name: str, **info: Any) -> None:
    server = {"url": "http://localhost:8888/", "token": "t", "root_dir": str(folder), "pid": os.getpid()}
    (folder / f"jpserver-{name}.json").write_text(json.dumps({**server, **info}))


def test_a_living_server_is_found(tmp_path: Path) -> None:
    write(tmp_path, "1", url="http://localhost:8888/base")

    (server,) = running_servers(tmp_path)

    assert (server.url, server.token, server.root_dir) == ("http://localhost:8888/base/", "t", tmp_path)


def test_what_is_dead_broken_or_on_no_port_is_not(tmp_path: Path) -> None:
    write(tmp_path, "dead", pid=2**22 + 1)
    write(tmp_path, "socket", url="http+unix://%2Ftmp%2Fs")
    write(tmp_path, "odd", pid=None)
    (tmp_path / "jpserver-broken.json").write_text("{")
    (tmp_path / "jpserver-list.json").write_text("[]")
    (tmp_path / "jpserver-1-open.html").write_text("")

    assert list(running_servers(tmp_path)) == []
    assert list(running_servers(tmp_path / "nowhere")) == []


def test_the_closest_root_comes_first_then_the_latest() -> None:
    def server(root: str, started: float) -> RunningServer:
        return RunningServer(f"http://{root}/", "", Path(root), started)

    servers = [server("/elsewhere", 1), server("/other", 2), server("/a", 0), server("/a/b", 0)]

    ordered = [str(found.root_dir) for found in sorted_for(Path("/a/b/c"), servers)]

    assert ordered == ["/a/b", "/a", "/other", "/elsewhere"]


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://127.0.0.1:8888/", "t"),
        ("http://localhost:8888/", "t"),
        ("http://localhost:8889/", ""),
        ("https://localhost:8888/", ""),
    ],
)
def test_the_token_of_a_url(url: str, token: str) -> None:
    assert told_token(url, [RunningServer("http://localhost:8888/", "t", Path(), 0)]) == token
