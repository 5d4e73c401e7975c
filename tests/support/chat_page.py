"""The chat in a browser's page: what a person does there and sees."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from lab_server import TOKEN, LabServer
from playwright.async_api import ConsoleMessage, Locator, Page, WebSocket, expect

__all__ = ["FLAGS", "ChatPage", "OpenChat"]

FLAGS = [
    "--no-sandbox",  # a container's only user is root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PANEL = "jupyter-ai-panel"
# What JupyterLab asks its server in the background, when the page goes.
_CUT_OFF = re.compile(r"Failed to fetch|net::ERR_(ABORTED|FAILED|NETWORK)|NetworkError|WebSocket connection")
# JupyterLab looks whether the documents are there that were open lately; tests take theirs away.
_RECENT = re.compile(r"404 .*/api/contents/.*\?content=0&hash=0")


class ChatPage:
    """A page of a server, and the chat in `panel`. `page` is Playwright's; what went wrong is in `errors`."""

    def __init__(self, page: Page, lab: LabServer, panel: Locator | None = None, *, url: str = "") -> None:
        self.page = page
        self.lab = lab
        self.panel = panel or page.locator(f"#{PANEL}")
        self._url = url or lab.url
        self._errors: list[str] = []
        self._allowed: list[re.Pattern[str]] = []
        self._listeners: list[list[dict[str, Any]]] = []
        self._awaited: list[tuple[str, asyncio.Future[dict[str, Any]]]] = []
        page.on("websocket", self._on_websocket)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._errors.append(f"page error: {error.stack or error}"))

    @property
    def input(self) -> Locator:
        return self.panel.locator(".jp-chat-input-textfield textarea:not([aria-hidden])").first

    @property
    def messages(self) -> Locator:
        """All messages of the panel, the oldest first."""
        return self.panel.locator(".jp-chat-message")

    @property
    def menu(self) -> Locator:
        """The lines of what completes the word at the cursor."""
        return self.page.get_by_role("listbox", name="Completions").get_by_role("option")

    @property
    def errors(self) -> list[str]:
        """What the page logged as errors or threw, but for what is allowed."""
        return [e for e in self._errors if not any(pattern.search(e) for pattern in self._allowed)]

    def take_errors(self) -> list[str]:
        """The errors until now; from now on there are none, none is allowed, and nobody listens."""
        errors = self.errors
        for kept in (self._errors, self._allowed, self._listeners, self._awaited):
            kept.clear()
        return errors

    @property
    def all_errors(self) -> list[str]:
        """Those that are allowed, too."""
        return list(self._errors)

    def allow(self, pattern: str) -> None:
        """Let errors be, in which this is found."""
        self._allowed.append(re.compile(pattern))

    async def open(self, path: str = "") -> None:
        """Open JupyterLab, in a workspace of this page's own, or another path; wait until it is there.

        JupyterLab's dialog about a server that is away is dismissed when it is in the way.
        """
        await self.page.add_locator_handler(
            self.page.get_by_role("dialog", name="Server Connection Error"),
            lambda dialog: dialog.get_by_role("button").last.click(),
        )
        place = path or f"lab/workspaces/{uuid4().hex[:8]}"
        mark = "&" if "?" in place else "?"
        await self.page.goto(f"{self._url}/{place}{mark}token={TOKEN}")
        await self.ready()
        if not path:
            await self.launched()

    async def reload(self) -> None:
        """Reload the page and wait until it is there; what that cuts off is no error."""
        before = len(self._errors)
        await self.page.reload()
        self._errors[before:] = [error for error in self._errors[before:] if not _CUT_OFF.search(error)]
        await self.ready()

    async def ready(self) -> None:
        """Wait until JupyterLab, or Notebook, stands and has the panel."""
        await self.page.wait_for_function(
            """id => window.jupyterapp?.restored && window.jupyterapp.restored.then(
                () => [...window.jupyterapp.shell.widgets('right')].some(widget => widget.id === id))""",
            arg=PANEL,
            timeout=60_000,
        )
        await self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    async def launched(self) -> None:
        """Wait until JupyterLab has opened its launcher in an empty main area, which takes the focus."""
        await self.page.wait_for_function(
            "window.jupyterapp.shell.currentWidget?.id.startsWith('launcher')", timeout=60_000
        )

    async def show(self) -> None:
        """Show the panel, whether it is shown already or not."""
        await self.page.evaluate("id => window.jupyterapp.shell.activateById(id)", PANEL)
        await self.input.wait_for()

    async def execute(self, command: str, args: dict[str, Any] | None = None) -> None:
        """Execute a command of JupyterLab; does not wait for what it returns."""
        await self.page.evaluate(
            "([id, args]) => { void window.jupyterapp.commands.execute(id, args); }", [command, args or {}]
        )

    async def open_notebook(self, path: str, cells: list[dict[str, Any]], minor: int = 5) -> None:
        """Write a notebook of these code cells, and open it beside the panel; before 4.5 they have no ids."""
        unrun: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        notebook = {
            "cells": [{**unrun, **cell} for cell in cells],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": minor,
        }
        self.lab.write(path, json.dumps(notebook))
        await self.execute("docmanager:open", {"path": path})
        await self.page.locator(".jp-Notebook .jp-Cell").nth(len(cells) - 1).wait_for()
        await self.show()

    async def drop(self, what: Locator) -> None:
        """Drag something onto the input."""
        await what.hover()
        await self.page.mouse.down()
        box = await self.input.bounding_box()
        assert box is not None
        await self.page.mouse.move(box["x"] + 10, box["y"] + 5, steps=5)
        await self.page.mouse.move(box["x"] + 15, box["y"] + 8)
        await self.page.mouse.up()

    async def read_commands(self) -> None:
        """Have the page read the list of commands again when it needs it, as if one came back to it."""
        await self.page.evaluate("window.dispatchEvent(new Event('focus'))")

    def listen(self) -> list[dict[str, Any]]:
        """The frames that come from now on to the chats of this page; the list grows."""
        frames: list[dict[str, Any]] = []
        self._listeners.append(frames)
        return frames

    def next_frame(self, type: str) -> asyncio.Future[dict[str, Any]]:
        """The next frame of this type that comes to a chat of this page."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._awaited.append((type, future))
        return future

    async def type(self, text: str) -> None:
        """Type into the input, key by key, at its end."""
        await self.input.click()
        await self.input.press("Control+End")
        await self.input.press_sequentially(text)

    async def marked(self, text: str) -> None:
        """Wait until the menu's line with this text is the one that Enter takes."""
        await expect(self.menu.and_(self.page.locator(".Mui-focused"))).to_contain_text(text)

    async def send(self, prompt: str) -> Locator:
        """Send a prompt; the message that says it."""
        await self.input.click()
        await self.input.fill(prompt)
        await self.input.press("Enter")
        await expect(self.input).to_have_value("")
        sent = self.messages.filter(has_text=prompt).last
        await sent.wait_for()
        return sent

    async def reply(self, text: str | re.Pattern[str]) -> Locator:
        """Wait until the newest message has this in it; that message."""
        await expect(self.messages.last).to_contain_text(text, timeout=20_000)
        return self.messages.last

    async def texts(self) -> list[str]:
        """What the messages say, the oldest first."""
        return [text.strip() for text in await self.messages.all_inner_texts()]

    def _on_websocket(self, socket: WebSocket) -> None:
        if "/api/ai/chats" in socket.url:
            socket.on("framereceived", self._on_frame)

    def _on_frame(self, text: str | bytes) -> None:
        frame = json.loads(text)
        for frames in self._listeners:
            frames.append(frame)
        for type, future in self._awaited:
            if type == frame["type"] and not future.done():
                future.set_result(frame)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            error = f"console: {message.text} ({message.location.get('url', '')})"
            if not _RECENT.search(error):
                self._errors.append(error)


OpenChat = Callable[[LabServer], Awaitable[ChatPage]]
