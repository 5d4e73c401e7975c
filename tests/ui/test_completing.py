"""Code that is suggested while one types: ghost text, keys, the item of the status bar."""

from __future__ import annotations

import json
import re
from typing import Any

from chat_page import ChatPage, OpenChat
from feeder import Answer, Feed
from lab_server import LabServer
from playwright.async_api import Locator, expect

# Counts the frames in which no ghost text is to be seen.
WATCH = """() => {
    window.gaps = 0;
    const look = () => {
        const ghost = document.querySelector('.jp-GhostText');
        window.gaps += ghost !== null && ghost.textContent !== '' ? 0 : 1;
        window.look = requestAnimationFrame(look);
    };
    look();
}"""
# Keeps what is told of suggestions.
LISTEN = """() => {
    const send = WebSocket.prototype.send;
    window.told = [];
    WebSocket.prototype.send = function (data) {
        if (typeof data === 'string' && data.includes('"type":"event"')) {
            window.told.push(JSON.parse(data));
        }
        return send.call(this, data);
    };
    window.deafen = () => { WebSocket.prototype.send = send; return window.told; };
}"""
GAPS = "() => { cancelAnimationFrame(window.look); return window.gaps; }"


def item(chat: ChatPage) -> Locator:
    """What the status bar tells of completions."""
    return chat.page.locator(".jp-ai-completions")


def line(editor: Locator) -> Locator:
    """The last line of a document."""
    return editor.locator(".cm-line").last


def ghost(chat: ChatPage) -> Locator:
    return chat.page.locator(".jp-GhostText")


async def open_file(chat: ChatPage, text: str) -> Locator:
    """A Python file; the editor, with the cursor at the end."""
    chat.lab.write("work.py", text)
    await chat.execute("docmanager:open", {"path": "work.py"})
    return await at_end(chat.page.locator(".jp-FileEditor .cm-content"))


async def open_notebook(chat: ChatPage, source: str) -> Locator:
    """A notebook; the editor of its only cell, with the cursor at the end."""
    write_notebook(chat.lab, source)
    await chat.execute("docmanager:open", {"path": "work.ipynb"})
    return await at_end(chat.page.locator(".jp-Notebook .cm-content"))


def write_notebook(lab: LabServer, source: str) -> None:
    """A notebook of one cell."""
    cell: dict[str, Any] = {"cell_type": "code", "id": "only", "source": source, "outputs": []}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {
        "cells": [{**cell, "metadata": {}, "execution_count": None}],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    lab.write("work.ipynb", json.dumps(notebook))


async def at_end(editor: Locator) -> Locator:
    await editor.click()
    await editor.and_(editor.page.locator(".jp-mod-completer-enabled *")).wait_for()
    await editor.press("Control+End")
    return editor


async def suggest(chat: ChatPage, feed: Feed, text: str) -> Answer:
    """Answer the next question."""
    answer = await feed.answer()
    await answer.say(text)
    await expect(ghost(chat)).to_have_text(text)
    return answer


async def test_suggestion_in_a_file_is_taken_by_tab(chat: ChatPage, feed: Feed) -> None:
    editor = await open_file(chat, feed.mark)
    await chat.page.evaluate(LISTEN)
    await editor.press_sequentially("x")
    answer = await suggest(chat, feed, " = 1")

    asked = await answer.request()
    answer.end()
    await editor.press("Tab")

    await expect(line(editor)).to_have_text("x = 1")
    told = ("prefix", "path", "language", "trigger")
    assert [asked[name] for name in told] == [f"{feed.mark}x", "work.py", "python", "automatic"]
    events = await chat.page.evaluate("window.deafen()")
    assert [event["event"] for event in events] == ["shown", "accepted"]
    assert {(event["item"] != "", event["index"]) for event in events} == {(True, 0)}


async def test_typing_into_a_suggestion_of_a_notebook_keeps_it(chat: ChatPage, feed: Feed) -> None:
    editor = await open_notebook(chat, f"{feed.mark}def double(x)")
    await editor.press_sequentially(":")
    answer = await suggest(chat, feed, "\n    product = 2")
    assert (await answer.request())["cell_id"] == "only"
    await chat.page.evaluate(WATCH)

    await chat.page.keyboard.insert_text("\n")  # not Enter, which may indent, or not
    await editor.press_sequentially("    pro")
    await answer.say(" * x\n    return")
    await expect(ghost(chat)).to_have_text("duct = 2 * x\n    return")
    answer.end()
    await editor.press_sequentially("duct =")
    await editor.press("Alt+.")

    await expect(ghost(chat)).to_have_text(" * x\n    return")
    await expect(line(editor)).to_contain_text("product = 2")
    assert await chat.page.evaluate(GAPS) == 0


async def test_escape_rejects_and_stops_the_model(chat: ChatPage, feed: Feed) -> None:
    editor = await open_notebook(chat, feed.mark)
    await editor.press_sequentially("x")
    answer = await suggest(chat, feed, " = 1")

    await editor.press("Escape")

    await expect(ghost(chat)).to_have_count(0)
    await answer.is_left()
    await expect(editor).to_be_focused()
    await expect(line(editor)).to_have_text("x")


async def test_another_model_counts_at_once(chat: ChatPage, feed: Feed) -> None:
    editor = await open_file(chat, feed.mark)
    await editor.press_sequentially("x")
    await (await suggest(chat, feed, " = 1")).request()
    await expect(item(chat)).to_have_text("This document")

    chat.lab.request("POST", "api/ai/completion/model", {"id": "auto"})
    await expect(ghost(chat)).to_have_count(0)

    await expect(item(chat)).to_have_text("Completions failing")
    await expect(item(chat)).to_have_attribute("title", re.compile("no model for auto to choose"))
    chat.lab.request("POST", "api/ai/completion/model", {"id": ""})
    await expect(item(chat)).to_have_text("This document")


async def test_model_is_chosen_with_the_keyboard(chat: ChatPage, feed: Feed) -> None:
    editor = await open_file(chat, feed.mark)
    await chat.execute("jupyter-ai-ui:change-completions-model")
    models = chat.page.locator(".jp-ai-models .lm-CommandPalette-item")
    await expect(models.first).to_contain_text("Default")

    await chat.page.keyboard.type("automatic")
    await expect(models.first).to_contain_text("Automatic")
    await chat.page.keyboard.press("Enter")

    await expect(item(chat)).to_have_text("Completions failing")
    assert chat.lab.request("GET", "api/ai/completion/models")["chosen"] == "auto"
    await expect(editor).to_be_focused()
    assert await chat.page.locator(".jp-ai-models").count() == 0
    chat.lab.request("POST", "api/ai/completion/model", {"id": ""})
    await expect(item(chat)).to_have_text("This document")


async def test_language_is_switched_off_and_on_in_the_menu(chat: ChatPage, feed: Feed) -> None:
    await open_file(chat, feed.mark)
    switch = chat.page.get_by_role("menu").get_by_text("Complete Code in Python")

    await item(chat).click()
    await switch.click()
    await expect(item(chat)).to_have_text("Completions off")
    await expect(item(chat)).to_have_attribute("title", "They are switched off for Python.")
    await item(chat).press("Enter")
    await switch.click()

    await expect(item(chat)).to_have_text("This document")


async def test_chat_is_asked_about_what_was_shown(chat: ChatPage, feed: Feed) -> None:
    editor = await open_notebook(chat, feed.mark)
    await chat.page.evaluate(LISTEN)
    await editor.press_sequentially("x")
    (await suggest(chat, feed, " = 1")).end()

    await editor.click(button="right")  # which takes it away
    await expect(ghost(chat)).to_have_count(0)
    await chat.page.get_by_role("menuitem", name="Ask about This Completion in the Chat").click()

    await expect(chat.panel.locator(".jp-ai-included pre")).to_have_text("x = 1")
    await expect(chat.input).to_be_focused()
    events = await chat.page.evaluate("window.deafen()")
    assert [event["event"] for event in events] == ["shown", "ignored"]


async def test_console_suggests_and_rejects(chat: ChatPage, feed: Feed) -> None:
    await chat.execute("console:create", {"kernelPreference": {"name": "python3"}, "path": ""})
    editor = await at_end(chat.page.locator(".jp-CodeConsole-promptCell .cm-content"))
    await chat.page.evaluate(LISTEN)
    await chat.page.keyboard.insert_text(f"{feed.mark}x")
    answer = await suggest(chat, feed, " = 1")
    assert (await answer.request())["cell_id"] is not None

    await editor.press("Escape")

    await expect(ghost(chat)).to_have_count(0)
    await answer.is_left()
    await expect(editor).to_be_focused()
    events = await chat.page.evaluate("window.deafen()")
    assert [event["event"] for event in events] == ["shown", "rejected"]
    await editor.click(button="right")
    ask = chat.page.get_by_role("menuitem", name="Ask about This Completion in the Chat")
    await expect(ask).to_be_visible()
    await chat.page.keyboard.press("Escape")


async def test_notebook_7_suggests_too(lab: LabServer, open_chat: OpenChat, feed: Feed) -> None:
    write_notebook(lab, feed.mark)
    chat = await open_chat(lab)
    chat.allow("reading 'schema'")  # of Notebook itself, which has no such settings
    await chat.open("notebooks/work.ipynb")
    editor = await at_end(chat.page.locator(".jp-Notebook .cm-content"))

    await editor.press_sequentially("x")

    (await suggest(chat, feed, " = 1")).end()
    await chat.execute("jupyter-ai-ui:show-completions-status")
    told = chat.page.get_by_text("Completions by This document")
    await expect(told).to_be_visible()
