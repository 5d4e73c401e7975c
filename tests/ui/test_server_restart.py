"""What somebody sees whose server is killed and comes back."""

from __future__ import annotations

from chat_page import OpenChat
from lab_server import LabServer
from playwright.async_api import expect

END = "type /help for the commands."  # of what the offline model says to "hello"


async def test_chat_goes_on_with_nothing_lost_or_doubled(own_lab: LabServer, open_chat: OpenChat) -> None:
    chat = await open_chat(own_lab)
    chat.allow("WebSocket connection|ERR_CONNECTION_REFUSED|Failed to fetch|ERR_EMPTY_RESPONSE")
    await chat.open()
    await chat.show()
    await chat.send("hello")
    await chat.reply(END)
    said = await chat.texts()

    connection = chat.next_frame("connection")
    own_lab.kill()
    own_lab.start()
    await connection
    await chat.send("hello")
    await expect(chat.messages).to_have_count(len(said) + 2)
    await chat.reply(END)

    assert (await chat.texts())[: len(said)] == said
