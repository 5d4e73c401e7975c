"""`jupyter ai plugins --reload` at a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from package_site import PackageSite, handler, package_site
from serving import TOKEN, Server

from jupyter_ai.errors import ChatUnreachable
from jupyter_ai.terminal.reloading import reload_plugins, to_lines


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PackageSite]:
    with package_site(tmp_path) as site:
        yield site


async def lines(server: Server) -> list[str]:
    return list(to_lines(await reload_plugins(server.url, TOKEN, print)))


async def test_what_has_changed_is_told(server: Server, site: PackageSite) -> None:
    file = site.install("acme_bad", "import acme_absent\n")
    site.install("acme_told", handler("acme_told"))

    added, also_added, failed = await lines(server)

    assert [added, also_added] == ["Added: acme_bad of acme_bad 1.0", "Added: /acme_told of acme_told 1.0"]
    assert failed.startswith(f"Failed: acme_bad of acme_bad 1.0 ({file}:1): importing `acme_bad` failed: ")


async def test_nothing_new_is_told(server: Server) -> None:
    assert await lines(server) == [f"Nothing has changed at {server.url}."]


async def test_no_server_is_told(jupyter_dirs: Path) -> None:
    with pytest.raises(ChatUnreachable, match="No server runs that could reload"):
        await reload_plugins(None, "", print)
