"""The life of an answer: it is stopped, fails, is cut, is asked for again, and goes."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

from cable import Cable
from chat_page import ChatPage
from feeder import Answer, Feed
from playwright.async_api import Locator, expect

LOSS = "WebSocket connection|net::ERR_|Failed to fetch"
STOP = "Stop the answer (Escape)"


def stop_button(chat: ChatPage) -> Locator:
    return chat.panel.get_by_role("button", name=STOP)


def marks(chat: ChatPage) -> Locator:
    return chat.panel.locator(".jp-ai-mark")


def connection_state(chat: ChatPage) -> Locator:
    return chat.panel.locator(".jp-ai-connection")


def body(message: Locator) -> Locator:
    """What a message says, without its head and foot."""
    return message.locator(".jp-ai-message")


async def stored(chat: ChatPage, text: str) -> None:
    """Wait until the server has written this piece of a stream, which it does every half second."""
    [path] = chat.lab.home.glob("data/jupyter_ai/chats/*.db")
    async with asyncio.timeout(20):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            # Another process writes it, and tells nobody.
            while not store.execute("SELECT 1 FROM piece WHERE text = ?", (text,)).fetchone():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def ask(chat: ChatPage, feed: Feed) -> Answer:
    """Ask for an answer that the test gives."""
    await chat.send(feed.prompt)
    return await feed.answer()


async def test_stop_before_the_first_chunk(fed_chat: ChatPage, feed: Feed) -> None:
    answer = await ask(fed_chat, feed)
    await stop_button(fed_chat).click()
    await answer.is_left()
    await expect(marks(fed_chat)).to_have_text(["Stopped"])
    await expect(stop_button(fed_chat)).to_be_hidden()

    # Not even the server has told that the prompt is there.
    await fed_chat.input.fill(feed.prompt)
    await fed_chat.input.press("Enter")
    await fed_chat.input.press("Escape")

    await expect(marks(fed_chat)).to_have_text(["Stopped", "Stopped"])
    await expect(stop_button(fed_chat)).to_be_hidden()
    await expect(body(fed_chat.messages.last)).to_have_text("")
    await expect(fed_chat.panel.locator(".jp-ai-pending")).to_be_empty()


async def test_stop_in_the_first_chunks(fed_chat: ChatPage, feed: Feed) -> None:
    frames = fed_chat.listen()
    for way in ("button", "Escape"):
        answer = await ask(fed_chat, feed)
        await answer.say(f"by {way}")
        await fed_chat.reply(f"by {way}")
        if way == "button":
            await stop_button(fed_chat).click()
        else:
            await fed_chat.input.press("Escape")
        await answer.is_left()
        await expect(stop_button(fed_chat)).to_be_hidden()
    await fed_chat.send("/help")
    await fed_chat.reply("/clear")

    await expect(marks(fed_chat)).to_have_text(["Stopped", "Stopped"])
    await expect(fed_chat.messages).to_have_count(7)
    await expect(body(fed_chat.messages.nth(2))).to_have_text("by button")
    await expect(body(fed_chat.messages.nth(4))).to_have_text("by Escape")
    # The last word of each stream was its last frame.
    ends = [frame["stream_complete"] for frame in frames if frame["type"] == "agent-stream-chunk"]
    assert ends == [False, True, False, True]


async def test_failure_has_its_form_and_hurts_nothing_else(fed_chat: ChatPage, feed: Feed) -> None:
    answer = await ask(fed_chat, feed)
    await answer.say("The first half")
    await answer.fail("no <b>second</b> half")
    errors = fed_chat.panel.get_by_role("group", name="Error", exact=True)
    await expect(errors).to_have_count(2)
    told = errors.last

    await expect(errors.first).to_have_text("The first half")
    await expect(told).to_contain_text("RuntimeError")
    await expect(told).to_contain_text("second")
    await expect(told.locator("details pre")).to_be_hidden()
    await told.get_by_text("Traceback", exact=True).click()
    await expect(told.locator("details pre")).to_contain_text("feeder.py")
    await expect(stop_button(fed_chat)).to_be_hidden()

    again = await ask(fed_chat, feed)
    await again.say("All is well")
    again.end()
    await expect(stop_button(fed_chat)).to_be_hidden()
    await expect(body(fed_chat.messages.last)).to_have_text("All is well")
    await expect(errors).to_have_count(2)


async def test_reload_in_mid_stream_shows_the_text_whole_and_once(fed_chat: ChatPage, feed: Feed) -> None:
    answer = await ask(fed_chat, feed)
    await answer.say("one ")
    await fed_chat.reply("one")

    await fed_chat.reload()
    await fed_chat.show()
    await fed_chat.reply("one")
    await expect(stop_button(fed_chat)).to_be_visible()
    await answer.say("two ")
    await fed_chat.reply("two")
    await answer.say("three")
    answer.end()

    await expect(body(fed_chat.messages.last)).to_have_text("one two three")
    await expect(fed_chat.messages).to_have_count(3)
    await expect(stop_button(fed_chat)).to_be_hidden()


async def test_killed_server_leaves_what_was_said_and_takes_new_prompts(
    fed_chat: ChatPage, feed: Feed
) -> None:
    fed_chat.allow(LOSS)
    answer = await ask(fed_chat, feed)
    await answer.say("kept words")
    await fed_chat.reply("kept words")
    await stored(fed_chat, "kept words")
    unanswered = await ask(fed_chat, feed)
    connection = fed_chat.next_frame("connection")

    fed_chat.lab.kill()
    await expect(connection_state(fed_chat)).to_contain_text("The connection was lost")
    for one in (answer, unanswered):
        await one.is_left()
    fed_chat.lab.start()
    await connection

    await expect(connection_state(fed_chat)).to_be_empty()
    await expect(stop_button(fed_chat)).to_be_hidden()
    kept = fed_chat.messages.filter(has_text="kept words")
    await expect(body(kept)).to_have_text("kept words")
    await expect(kept.locator(".jp-ai-mark")).to_contain_text("Interrupted")
    count = await fed_chat.messages.count()
    again = await ask(fed_chat, feed)
    await again.say("new words")
    again.end()
    await expect(body(fed_chat.messages.last)).to_have_text("new words")
    await expect(fed_chat.messages).to_have_count(count + 2)


async def test_cut_network_loses_and_doubles_nothing(fed_chat: ChatPage, feed: Feed, cable: Cable) -> None:
    fed_chat.allow(LOSS)
    answer = await ask(fed_chat, feed)
    await answer.say("one ")
    await fed_chat.reply("one")
    connection = fed_chat.next_frame("connection")

    cable.cut()
    await expect(connection_state(fed_chat)).to_contain_text("The connection was lost")
    await answer.say("two ")
    cable.mend()
    assert (await connection)["history"] is None
    await answer.say("three")
    answer.end()

    await expect(body(fed_chat.messages.last)).to_have_text("one two three")
    await expect(fed_chat.messages).to_have_count(3)
    await expect(stop_button(fed_chat)).to_be_hidden()


async def test_prompt_is_asked_again_edited_copied_and_deleted(fed_chat: ChatPage) -> None:
    await fed_chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await fed_chat.send("hello")
    await fed_chat.reply("offline model")
    await expect(stop_button(fed_chat)).to_be_hidden()
    mine = fed_chat.messages.nth(1)
    frames = fed_chat.listen()

    await mine.get_by_role("button", name="Ask again").click()
    await expect(stop_button(fed_chat)).to_be_visible()
    await expect(stop_button(fed_chat)).to_be_hidden()
    assert [frame["type"] for frame in frames][:2] == ["clear", "human"]
    await expect(fed_chat.messages).to_have_count(3)
    await expect(body(mine)).to_have_text("hello")

    await mine.get_by_role("button", name="Edit and send again").click()
    await expect(fed_chat.input).to_be_focused()
    await expect(fed_chat.input).to_have_value("hello")
    await fed_chat.send("what can you do")
    await fed_chat.reply("on a train")
    await expect(fed_chat.messages).to_have_count(3)
    await expect(body(mine)).to_have_text("what can you do")
    await expect(fed_chat.panel.locator(".jp-ai-editing")).to_have_count(0)

    await fed_chat.messages.last.get_by_role("button", name="Copy the message").click()
    copied = await fed_chat.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Very little")
    assert "**your** YAML file" in copied

    await fed_chat.send("hello")
    await fed_chat.reply("offline model")
    await mine.get_by_role("button", name="Delete this message and its answers").click()
    await expect(fed_chat.messages).to_have_count(3)
    await expect(body(mine)).to_have_text("hello")


async def test_answer_is_followed_unless_the_reader_scrolled_up(fed_chat: ChatPage, feed: Feed) -> None:
    scrolled = fed_chat.panel.locator('[id^="jupyter-chat-scroll-container"]')
    to_end = fed_chat.panel.get_by_role("button", name="Go to the last message")
    lines = "\n\n".join(f"line {number}" for number in range(60))
    answer = await ask(fed_chat, feed)
    await answer.say(f"{lines}\n\nfirst end")
    await expect(fed_chat.panel.get_by_text("first end")).to_be_in_viewport()

    await scrolled.hover()
    await fed_chat.page.mouse.wheel(0, -600)
    await expect(to_end).to_be_visible()
    top = await scrolled.evaluate("node => node.scrollTop")
    await answer.say(f"\n\n{lines}\n\nsecond end")
    await fed_chat.reply("second end")
    await expect(fed_chat.panel.get_by_text("second end")).not_to_be_in_viewport()
    assert await scrolled.evaluate("node => node.scrollTop") == top

    await to_end.click()
    await expect(fed_chat.panel.get_by_text("second end")).to_be_in_viewport()
    await expect(to_end).to_be_hidden()
    await answer.say(f"\n\n{lines}\n\nthird end")
    answer.end()
    await expect(body(fed_chat.messages.last).get_by_text("third end")).to_be_in_viewport()
