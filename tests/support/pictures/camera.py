"""Makes the pictures of the documents: each function is one, and its name that of the file.

A picture shows a server that somebody has worked with: other chats, a notebook with an error in it.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from chat_page import FLAGS, ChatPage
from lab_server import LabServer
from playwright.async_api import Browser, async_playwright, expect

from pictures.work import NOTEBOOK

__all__ = ["main"]

_PLACE = Path(__file__).parents[3] / "docs" / "images"
_SIZE = (1280, 780)
_ROOM = 540  # pixels for the panel
_MOST = 150_000  # bytes of a picture
_TITLES = ("Figures for the report", "Rain and weekdays", "Teaching, week 6")
_FILES = {
    "harbour-bridge.ipynb": NOTEBOOK,
    "bridge.csv": "hour,bicycles,northbound\n2024-01-01 00:00,41,23\n",
    "rain.csv": "day,mm\n2024-01-01,3.2\n",
}
_QUESTION = "How do I tell rain from weekday?"


async def first_run(chat: ChatPage) -> None:
    """What is there after the first start."""
    await chat.open()
    await chat.show()
    await expect(chat.messages).to_have_count(1)


async def commands(chat: ChatPage) -> None:
    """The menu of the commands."""
    await _at_work(chat)
    await chat.type("/")
    await chat.page.get_by_role("listbox", name="Completions").wait_for()
    await chat.input.press("ArrowDown")


async def answer(chat: ChatPage) -> None:
    """Code, a table and a formula in an answer."""
    await _at_work(chat)
    await _ask(chat, _QUESTION, "42 %")


async def stopped(chat: ChatPage) -> None:
    """An answer that was stopped, one that failed, and one that can be stopped."""
    await _at_work(chat)
    await chat.send("Write down every step")
    await chat.reply("holidays")
    await chat.input.press("Escape")
    await expect(chat.messages.last.locator(".jp-ai-mark")).to_be_visible()
    await chat.send("Which days does the second model get wrong?")
    await chat.panel.locator(".jp-ai-error").wait_for()
    await chat.send("Then every step again, please")
    await chat.reply("Read both")


async def include(chat: ChatPage) -> None:
    """A cell and its error that go with the next prompt."""
    await _at_work(chat)
    await chat.page.locator(".jp-Notebook .jp-Cell").nth(3).locator(".cm-content").click()
    await chat.execute("jupyter-ai-ui:include-error")
    await chat.panel.locator(".jp-ai-included").wait_for()
    await chat.type("Why does this fail?")


async def attach(chat: ChatPage) -> None:
    """What was read of a file, and a cell that goes with the next prompt, to a persona."""
    await _at_work(chat)
    await chat.panel.get_by_role("button", name="Attach files").click()
    dialog = chat.page.get_by_role("dialog")
    await dialog.locator(".jp-DirListing-item", has_text="rain.csv").click()
    await dialog.get_by_role("button", name="Select").click()
    await _ask(chat, "@Reviewer What does rain do to the counts?", "how much")
    await chat.panel.locator(".jp-ai-context").wait_for()
    await chat.drop(chat.page.locator(".jp-Notebook .jp-Cell").nth(3).locator(".jp-InputPrompt"))
    await chat.panel.locator(".jp-ai-chip", has_text="1 cell").wait_for()
    await chat.type("And is this right?")


async def completing(chat: ChatPage) -> None:
    """Code that is suggested, and where it comes from."""
    await _at_work(chat)
    editor = chat.page.locator(".jp-Notebook .jp-Cell").nth(3).locator(".cm-content")
    await editor.click()
    await editor.press("Control+End")
    await editor.press("Enter")
    await editor.press_sequentially("both = daily.")
    await chat.page.locator(".jp-GhostText").wait_for()


async def settings(chat: ChatPage) -> None:
    """Choosing the model."""
    await _at_work(chat)
    await chat.execute("jupyter-ai-ui:settings")
    picker = chat.page.get_by_role("combobox", name="Language model")
    await expect(picker).to_have_value("mockllm:offline")
    await picker.fill("claude")
    await chat.page.get_by_role("option").first.wait_for()


async def chats(chat: ChatPage) -> None:
    """Several chats."""
    await _at_work(chat)
    await _ask(chat, "What does rain do to the counts?", "how much")
    await chat.panel.locator(".jp-ai-selector-button").click()
    await expect(chat.panel.get_by_role("option")).to_have_count(1 + len(_TITLES))


async def dark(chat: ChatPage) -> None:
    """The dark theme."""
    await _at_work(chat)
    await chat.execute("apputils:change-theme", {"theme": "JupyterLab Dark"})
    await chat.page.locator('body[data-jp-theme-light="false"]').wait_for(state="attached")
    await _ask(chat, _QUESTION, "42 %")


async def main_area(chat: ChatPage) -> None:
    """A chat in a tab of the main area."""
    await _at_work(chat)
    await chat.execute("jupyter-ai-ui:open-main")
    tab = chat.page.locator("#jp-main-dock-panel .jp-ai-chat")
    await tab.wait_for()
    await chat.page.evaluate("window.jupyterapp.shell.collapseRight()")
    prompt = tab.locator(".jp-chat-input-textfield textarea:not([aria-hidden])").first
    await prompt.fill(_QUESTION)
    await prompt.press("Enter")
    await expect(tab.locator(".jp-chat-message").last).to_contain_text("42 %")


async def notebook(chat: ChatPage) -> None:
    """Notebook 7."""
    await chat.open("notebooks/harbour-bridge.ipynb")
    await chat.page.locator(".jp-Notebook .jp-Cell").nth(3).wait_for()
    await chat.show()
    await _ask(chat, "Why does this fail?", "typing error")


PICTURES: tuple[Callable[[ChatPage], Awaitable[None]], ...] = (
    first_run,
    commands,
    answer,
    stopped,
    include,
    attach,
    completing,
    settings,
    chats,
    main_area,
    notebook,
    dark,  # the last one: the server keeps the theme
)


def main() -> int:
    """Make those that are named, or all; 1 if one is too large or its page had errors."""
    names = [picture.__name__ for picture in PICTURES]
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(names))
    wanted = parser.parse_args().names or names
    if unknown := set(wanted) - set(names):
        parser.error(f"no such picture: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    answers = {"MOCKLLM_RESPONSES": str(Path(__file__).with_name("answers.yaml"))}
    with LabServer(environment=answers) as server:
        faults = asyncio.run(_make([p for p in PICTURES if p.__name__ in wanted], server))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


async def _make(pictures: Sequence[Callable[[ChatPage], Awaitable[None]]], server: LabServer) -> list[str]:
    faults = []
    expect.set_options(timeout=15_000)
    async with async_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        for picture in pictures:
            faults += await _take(picture, browser, server)
        await browser.close()
    return faults


async def _take(
    picture: Callable[[ChatPage], Awaitable[None]], browser: Browser, server: LabServer
) -> list[str]:
    """Take one picture; what is wrong with it."""
    await server.forget()
    for name, text in _FILES.items():
        server.write(name, text)
    if picture is not first_run:
        for title in _TITLES:
            server.request("POST", "api/ai/chats", {"title": title})
    width, height = _SIZE
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    chat = ChatPage(await context.new_page(), server)
    chat.allow("reading 'schema'|filebrowser:open-path")  # Notebook's own, 7.6.5; also without any extension
    await picture(chat)
    # Fonts and what fades in or out.
    await chat.page.evaluate("document.fonts.ready")
    file = _PLACE / f"{picture.__name__.replace('_', '-')}.png"
    file.parent.mkdir(exist_ok=True)
    await chat.page.screenshot(path=file, animations="disabled", caret="hide")
    await context.close()
    size = file.stat().st_size
    print(f"{file.name:<16} {size / 1000:5.0f} KB")
    return [*chat.errors, *([f"{file.name} is larger than {_MOST / 1000:.0f} KB"] if size > _MOST else [])]


async def _at_work(chat: ChatPage) -> None:
    """The notebook, and the panel beside it."""
    await chat.open("lab/workspaces/pictures/tree/harbour-bridge.ipynb?reset")
    await chat.page.locator(".jp-Notebook .jp-Cell").nth(3).wait_for()
    await chat.show()
    await chat.page.evaluate("window.jupyterapp.shell.collapseLeft()")
    await _widen(chat)
    await chat.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first.wait_for()
    await chat.messages.first.wait_for()


async def _widen(chat: ChatPage) -> None:
    """Drag the panel's edge."""
    box = await chat.panel.bounding_box()
    assert box is not None
    mouse = chat.page.mouse
    await mouse.move(box["x"] - 2, box["y"] + 300)
    await mouse.down()
    await mouse.move(_SIZE[0] - _ROOM, box["y"] + 300, steps=4)
    await mouse.up()


async def _ask(chat: ChatPage, prompt: str, end: str) -> None:
    await chat.send(prompt)
    await chat.reply(end)
    await expect(chat.panel.get_by_role("button", name="Stop")).to_have_count(0)


if __name__ == "__main__":
    sys.exit(main())
