"""JupyterLab servers with the chat, and pages of a real Chromium.

The tests of this directory run in one event loop, that of the browser. A test takes `chat`, the page that all
share, with the panel shown, and `feed` if it says itself what is streamed and when; or `lab` and `open_chat`,
if it needs a page of its own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from cable import Cable
from chat_page import FLAGS, ChatPage, OpenChat
from feeder import Feed, install
from lab_server import EXTENSION, LabServer
from playwright.async_api import Browser, async_playwright, expect
from shared_chat import SharedChat, new_page

HERE = Path(__file__).parent
EMBEDDINGS = "ollama:nomic-embed-text"
_HAS_PASSED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            # A server, a browser and JupyterLab's page have to come up first.
            item.add_marker(pytest.mark.timeout(150), append=False)
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        item.stash[_HAS_PASSED] = report.passed
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    if found := shutil.which("chromium") or shutil.which("chromium-browser"):
        return found
    if os.environ.get("CI"):
        pytest.fail("Chromium is not there; .ci/run installs it.")
    pytest.skip("Chromium is not there. On Debian: apt-get install chromium")


@pytest.fixture(scope="session")
def _begun_lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """Starts while the browser does."""
    _must_be_built()
    site = install(tmp_path_factory.mktemp("site"))
    server = LabServer(
        f"--AiExtension.embeddings_model={EMBEDDINGS}",
        environment={"PYTHONPATH": os.pathsep.join([str(site), *filter(None, sys.path)])},
    )
    server.begin()
    yield server
    server.kill()
    server.remove()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(_begun_lab: LabServer, chromium: str) -> AsyncIterator[Browser]:
    expect.set_options(timeout=15_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _shared_lab(_begun_lab: LabServer, browser: Browser) -> LabServer:
    await asyncio.to_thread(_begun_lab.wait)
    return _begun_lab


@pytest_asyncio.fixture(loop_scope="session")
async def lab(_shared_lab: LabServer, request: pytest.FixtureRequest) -> LabServer:
    """A server that all tests share, without what other tests said and wrote.

    It has `/feed`, and its administrator has decided the embedding model.
    """
    if not _shared_lab.is_running:
        _shared_lab.start()
    if "chat" not in request.fixturenames:  # which must see that it forgets
        await _shared_lab.forget()
    return _shared_lab


@pytest.fixture
def unstarted_lab() -> Iterator[LabServer]:
    """A server's home and environment."""
    _must_be_built()
    server = LabServer()
    yield server
    server.remove()


@pytest_asyncio.fixture(loop_scope="session")
async def feed() -> AsyncIterator[Feed]:
    """What `/feed` streams: the prompt that asks for it, and the answers that the test gives."""
    async with Feed() as feed:
        yield feed


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cable(_shared_lab: LabServer) -> AsyncIterator[Cable]:
    """What is between the page of `chat` and its server; a test that cuts it mends it."""
    async with Cable(_shared_lab.port) as cable:
        yield cable


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _shared_chat(browser: Browser, _shared_lab: LabServer, cable: Cable) -> AsyncIterator[SharedChat]:
    shared = SharedChat(browser, _shared_lab, cable)
    yield shared
    await shared.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chat(
    lab: LabServer, _shared_chat: SharedChat, request: pytest.FixtureRequest
) -> AsyncIterator[ChatPage]:
    """JupyterLab with the panel shown, and the greeting in it: the page that all tests share, made whole."""
    chat = await _shared_chat.take()
    yield chat
    assert chat.take_errors() == []
    if request.node.stash.get(_HAS_PASSED, False):
        _shared_chat.give_back()


@pytest_asyncio.fixture(loop_scope="session")
async def open_chat(browser: Browser) -> AsyncIterator[OpenChat]:
    """Opens pages, each of a browser that knows nothing of the others; an error in one fails the test."""
    opened = []

    async def open_chat(lab: LabServer) -> ChatPage:
        chat = await new_page(browser, lab)
        opened.append(chat)
        return chat

    yield open_chat
    for chat in opened:
        await chat.page.context.close()
    assert [error for chat in opened for error in chat.errors] == []


def _must_be_built() -> None:
    if not (EXTENSION / "static").is_dir():
        pytest.fail(f"{EXTENSION} is not built; scripts/test builds it.")
