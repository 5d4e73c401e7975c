"""A server with ten broken plug-ins serves on, and tells of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from broken_plugins import BROKEN, install_broken
from package_site import PackageSite, package_site
from serving import Serve


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PackageSite]:
    with package_site(tmp_path) as site:
        yield site


async def test_the_server_serves_on_and_names_them(serve: Serve, site: PackageSite) -> None:
    places = install_broken(site)
    server = await serve()
    await server.ready()
    chat = await server.chat()
    human = await chat.ask("/help")
    answer = await chat.last("agent", reply_to=human)
    human = await chat.ask("/acme_raises")
    refusal = await chat.last("agent", reply_to=human)

    plugins = (await server.get("api/ai/plugins")).json()["plugins"]
    wrong = {p["name"]: p["where"] for p in plugins if p["state"] == "failed" or p["trouble"]}
    assert "`/acme_taken`" in answer["body"]
    assert "ValueError in its constructor: no" in refusal["body"]
    assert wrong.keys() == BROKEN.keys()
    assert {name: wrong[name] for name in wrong if "clash" not in name} == {
        name: places[name] for name in places if "clash" not in name
    }
