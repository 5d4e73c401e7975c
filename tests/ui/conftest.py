"""JupyterLab servers with the chat, and pages of a real Chromium.

The tests of this directory run in one event loop, that of the browser. A test takes `chat`, a page with the
panel shown on a server that all share, or `fed_chat` and `feed` if it says itself what is streamed and when.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from cable import Cable
from chat_page import FLAGS, ChatPage, OpenChat
from feeder import Feed, install
from lab_server import EXTENSION, LabServer
from playwright.async_api import Browser, async_playwright, expect

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            # A server, a browser and JupyterLab's page have to come up first.
            item.add_marker(pytest.mark.timeout(150), append=False)
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    if found := shutil.which("chromium") or shutil.which("chromium-browser"):
        return found
    if os.environ.get("CI"):
        pytest.fail("Chromium is not there; .ci/run installs it.")
    pytest.skip("Chromium is not there. On Debian: apt-get install chromium")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    expect.set_options(timeout=15_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def _shared_lab(chromium: str) -> Iterator[LabServer]:
    _must_be_built()
    with LabServer() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def lab(_shared_lab: LabServer) -> LabServer:
    """A server that all tests share, without what other tests said."""
    await _shared_lab.forget()
    return _shared_lab


@pytest.fixture
def unstarted_lab() -> Iterator[LabServer]:
    """A server's home and environment."""
    _must_be_built()
    server = LabServer()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def _shared_fed_lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    _must_be_built()
    site = install(tmp_path_factory.mktemp("site"))
    with LabServer(
        environment={"PYTHONPATH": os.pathsep.join([str(site), *filter(None, sys.path)])}
    ) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def feed() -> AsyncIterator[Feed]:
    """What `/feed` streams: the prompt that asks for it, and the answers that the test gives."""
    async with Feed() as feed:
        yield feed


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cable(_shared_fed_lab: LabServer) -> AsyncIterator[Cable]:
    """What is between the page of `fed_chat` and its server; a test that cuts it mends it."""
    async with Cable(_shared_fed_lab.port) as cable:
        yield cable


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _shared_fed_chat(
    _shared_fed_lab: LabServer, cable: Cable, browser: Browser
) -> AsyncIterator[ChatPage]:
    chat = await _new_page(browser, _shared_fed_lab, cable.url)
    # JupyterLab's own, after some time without a server.
    dialog = chat.page.locator(".jp-Dialog", has_text="Server Connection Error")
    await chat.page.add_locator_handler(dialog, lambda: dialog.get_by_role("button").last.click())
    await _show(chat)
    yield chat
    await chat.page.context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def fed_chat(_shared_fed_chat: ChatPage) -> AsyncIterator[ChatPage]:
    """As `chat`, on a server that has `/feed` and may be killed and started; all tests share the page."""
    chat = _shared_fed_chat
    cleared = chat.next_frame("clear")
    await chat.lab.forget()
    async with asyncio.timeout(20):
        await cleared
    await expect(chat.messages).to_have_count(1)
    yield chat
    assert chat.take_errors() == []


@pytest_asyncio.fixture(loop_scope="session")
async def open_chat(browser: Browser) -> AsyncIterator[OpenChat]:
    """Opens pages, each of a browser that knows nothing of the others; an error in one fails the test."""
    opened = []

    async def open_chat(lab: LabServer) -> ChatPage:
        chat = await _new_page(browser, lab)
        opened.append(chat)
        return chat

    yield open_chat
    for chat in opened:
        await chat.page.context.close()
    assert [error for chat in opened for error in chat.errors] == []


@pytest_asyncio.fixture(loop_scope="session")
async def chat(lab: LabServer, open_chat: OpenChat) -> ChatPage:
    """JupyterLab with the panel shown, and the greeting in it."""
    chat = await open_chat(lab)
    await _show(chat)
    return chat


async def _new_page(browser: Browser, lab: LabServer, url: str = "") -> ChatPage:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    return ChatPage(await context.new_page(), lab, url=url)


async def _show(chat: ChatPage) -> None:
    await chat.open()
    await chat.show()
    await chat.messages.first.wait_for()


def _must_be_built() -> None:
    if not (EXTENSION / "static").is_dir():
        pytest.fail(f"{EXTENSION} is not built; scripts/test builds it.")
