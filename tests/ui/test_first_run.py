"""What somebody sees who opens JupyterLab or Notebook for the first time."""

from __future__ import annotations

from chat_page import ChatPage, OpenChat
from lab_server import LabServer
from playwright.async_api import expect

END = "type /help for the commands."  # of what the offline model says to "hello"


async def test_panel_is_there_and_greets(lab: LabServer, open_chat: OpenChat) -> None:
    chat = await open_chat(lab)

    await chat.open()

    await expect(chat.panel).to_be_visible()
    await expect(chat.messages).to_have_count(1)
    await expect(chat.messages).to_contain_text("/help")
    await expect(chat.page.locator(".jp-ai-unread")).to_have_count(0)


async def test_prompt_gets_a_reply_that_is_streamed(chat: ChatPage) -> None:
    frames = chat.listen()

    await chat.send("hello")
    await chat.reply(END)

    assert len([frame for frame in frames if frame["type"] == "agent-stream-chunk"]) > 1
    await expect(chat.messages).to_have_count(3)


async def test_reload_shows_what_was_said(chat: ChatPage) -> None:
    await chat.send("hello")
    await chat.reply(END)
    said = await chat.texts()

    await chat.reload()
    await chat.show()

    await expect(chat.messages).to_have_count(3)
    await chat.reply(END)
    assert await chat.texts() == said


async def test_notebook_shows_the_panel(lab: LabServer, open_chat: OpenChat) -> None:
    lab.write("note.md", "# A note\n")
    chat = await open_chat(lab)
    chat.allow("reading 'schema'")  # Notebook's own, 7.6.5; also without any extension

    await chat.open("edit/note.md")
    await chat.show()
    await chat.send("hello")

    await chat.reply(END)
