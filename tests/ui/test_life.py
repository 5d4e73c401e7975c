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
# The next frame that a socket of a chat sends is sent so many times.
SENT = """([times]) => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (frame) {
    if (!this.url.includes('/api/ai/chats')) return send.call(this, frame);
    WebSocket.prototype.send = send;
    for (let i = 0; i < times; i++) send.call(this, frame);
  };
}"""


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


async def test_stop_before_the_first_chunk(chat: ChatPage, feed: Feed) -> None:
    answer = await ask(chat, feed)
    await stop_button(chat).click()
    await answer.is_left()
    await expect(marks(chat)).to_have_text(["Stopped"])
    await expect(stop_button(chat)).to_be_hidden()

    # Not even the server has told that the prompt is there.
    await chat.input.fill(feed.prompt)
    await chat.input.press("Enter")
    await chat.input.press("Escape")

    await expect(marks(chat)).to_have_text(["Stopped", "Stopped"])
    await expect(stop_button(chat)).to_be_hidden()
    await expect(body(chat.messages.last)).to_have_text("")
    await expect(chat.messages.last.get_by_role("button")).to_have_count(0)  # nothing to copy
    await expect(chat.panel.locator(".jp-ai-pending")).to_be_empty()


async def test_stop_in_the_first_chunks(chat: ChatPage, feed: Feed) -> None:
    frames = chat.listen()
    for way in ("button", "Escape"):
        answer = await ask(chat, feed)
        await answer.say(f"by {way}")
        await chat.reply(f"by {way}")
        if way == "button":
            await stop_button(chat).click()
        else:
            await chat.input.press("Escape")
        await answer.is_left()
        await expect(stop_button(chat)).to_be_hidden()
    await chat.send("/help")
    await chat.reply("/clear")

    await expect(marks(chat)).to_have_text(["Stopped", "Stopped"])
    await expect(chat.messages).to_have_count(7)
    await expect(body(chat.messages.nth(2))).to_have_text("by button")
    await expect(body(chat.messages.nth(4))).to_have_text("by Escape")
    # The last word of each stream was its last frame.
    ends = [frame["stream_complete"] for frame in frames if frame["type"] == "agent-stream-chunk"]
    assert ends == [False, True, False, True]


async def test_failure_has_its_form_and_hurts_nothing_else(chat: ChatPage, feed: Feed) -> None:
    answer = await ask(chat, feed)
    await answer.say("The first half")
    await answer.fail("no <b>second</b> half")
    errors = chat.panel.get_by_role("group", name="Error", exact=True)
    await expect(errors).to_have_count(1)
    told = errors.last

    await expect(body(chat.messages.nth(2))).to_have_text("The first half")
    await expect(marks(chat)).to_have_text(["Cut short by an error"])
    await expect(told).to_contain_text("RuntimeError")
    await expect(told).to_contain_text("second")
    await expect(told.locator("details pre")).to_be_hidden()
    await told.get_by_text("Traceback", exact=True).click()
    await expect(told.locator("details pre")).to_contain_text("feeder.py")
    await expect(stop_button(chat)).to_be_hidden()

    again = await ask(chat, feed)
    await again.say("All is well")
    again.end()
    await expect(stop_button(chat)).to_be_hidden()
    await expect(body(chat.messages.last)).to_have_text("All is well")
    await expect(errors).to_have_count(1)


async def test_reload_in_mid_stream_shows_the_text_whole_and_once(chat: ChatPage, feed: Feed) -> None:
    answer = await ask(chat, feed)
    await answer.say("one ")
    await chat.reply("one")

    await chat.reload()
    await chat.show()
    await chat.reply("one")
    await expect(stop_button(chat)).to_be_visible()
    await answer.say("two ")
    await chat.reply("two")
    await answer.say("three")
    answer.end()

    await expect(body(chat.messages.last)).to_have_text("one two three")
    await expect(chat.messages).to_have_count(3)
    await expect(stop_button(chat)).to_be_hidden()


async def test_killed_server_leaves_what_was_said_and_takes_new_prompts(chat: ChatPage, feed: Feed) -> None:
    chat.allow(LOSS)
    answer = await ask(chat, feed)
    await answer.say("kept words")
    await chat.reply("kept words")
    await stored(chat, "kept words")
    unanswered = await ask(chat, feed)
    connection = chat.next_frame("connection")

    chat.lab.kill()
    await expect(connection_state(chat)).to_contain_text("The connection was lost")
    for one in (answer, unanswered):
        await one.is_left()
    chat.lab.start()
    await connection

    await expect(connection_state(chat)).to_be_empty()
    await expect(stop_button(chat)).to_be_hidden()
    kept = chat.messages.filter(has_text="kept words")
    await expect(body(kept)).to_have_text("kept words")
    await expect(kept.locator(".jp-ai-mark")).to_contain_text("Interrupted")
    count = await chat.messages.count()
    again = await ask(chat, feed)
    await again.say("new words")
    again.end()
    await expect(body(chat.messages.last)).to_have_text("new words")
    await expect(chat.messages).to_have_count(count + 2)


async def test_cut_network_loses_and_doubles_nothing(chat: ChatPage, feed: Feed, cable: Cable) -> None:
    chat.allow(LOSS)
    answer = await ask(chat, feed)
    await answer.say("one ")
    await chat.reply("one")
    connection = chat.next_frame("connection")

    cable.cut()
    await expect(connection_state(chat)).to_contain_text("The connection was lost")
    await answer.say("two ")
    cable.mend()
    assert (await connection)["history"] is None
    await answer.say("three")
    answer.end()

    await expect(body(chat.messages.last)).to_have_text("one two three")
    await expect(chat.messages).to_have_count(3)
    await expect(stop_button(chat)).to_be_hidden()


async def test_prompt_that_a_cut_network_swallowed_is_back_where_it_was_written(
    chat: ChatPage, cable: Cable
) -> None:
    chat.allow(LOSS)
    await chat.page.evaluate(SENT, [0])

    await chat.input.fill("hello")
    await chat.input.press("Enter")
    await expect(chat.input).to_have_value("")
    await chat.type("and")
    cable.cut()
    await expect(connection_state(chat)).to_contain_text("The connection was lost")
    cable.mend()

    await expect(chat.panel.locator(".jp-ai-notice")).to_contain_text("did not reach the server")
    await expect(chat.input).to_have_value("hello\n\nand")
    await expect(chat.messages).to_have_count(1)


async def test_prompt_that_is_deleted_by_two_at_once_is_no_trouble(chat: ChatPage) -> None:
    await chat.send("/help")
    await chat.reply("/clear")
    refused = chat.next_frame("error")
    await chat.page.evaluate(SENT, [2])

    await chat.messages.nth(1).get_by_role("button", name="Delete this message").click()
    await refused

    await chat.send("/help")
    await chat.reply("/clear")
    await expect(chat.panel.locator(".jp-ai-notice")).to_be_empty()


async def test_prompt_is_asked_again_edited_copied_and_deleted(chat: ChatPage) -> None:
    await chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await chat.send("hello")
    await chat.reply("offline model")
    await expect(stop_button(chat)).to_be_hidden()
    mine = chat.messages.nth(1)
    frames = chat.listen()

    await mine.get_by_role("button", name="Ask again").click()
    await expect(stop_button(chat)).to_be_visible()
    await expect(stop_button(chat)).to_be_hidden()
    assert [frame["type"] for frame in frames][:2] == ["clear", "human"]
    await expect(chat.messages).to_have_count(3)
    await expect(body(mine)).to_have_text("hello")

    await chat.input.fill("a draft")
    await mine.get_by_role("button", name="Edit and send again").click()
    await expect(chat.input).to_be_focused()
    await expect(chat.input).to_have_value("hello")
    await chat.input.press("Escape")
    await expect(chat.input).to_have_value("a draft")
    await mine.get_by_role("button", name="Edit and send again").click()
    await chat.send("what can you do")
    await chat.reply("on a train")
    await expect(chat.messages).to_have_count(3)
    await expect(body(mine)).to_have_text("what can you do")
    await expect(chat.panel.locator(".jp-ai-editing")).to_have_count(0)

    await chat.messages.last.get_by_role("button", name="Copy the message").click()
    copied = await chat.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Very little")
    assert "**your** YAML file" in copied

    await chat.send("hello")
    await chat.reply("offline model")
    await mine.get_by_role("button", name="Delete this message and its answers").click()
    await expect(chat.messages).to_have_count(3)
    await expect(body(mine)).to_have_text("hello")


async def test_answer_is_followed_unless_the_reader_scrolled_up(chat: ChatPage, feed: Feed) -> None:
    scrolled = chat.panel.locator('[id^="jupyter-chat-scroll-container"]')
    to_end = chat.panel.get_by_role("button", name="Go to the last message")
    lines = "\n\n".join(f"line {number}" for number in range(60))
    answer = await ask(chat, feed)
    await answer.say(f"{lines}\n\nfirst end")
    await expect(chat.panel.get_by_text("first end")).to_be_in_viewport()

    await scrolled.hover()
    await chat.page.mouse.wheel(0, -600)
    await expect(to_end).to_be_visible()
    top = await scrolled.evaluate("node => node.scrollTop")
    await answer.say(f"\n\n{lines}\n\nsecond end")
    await chat.reply("second end")
    await expect(chat.panel.get_by_text("second end")).not_to_be_in_viewport()
    assert await scrolled.evaluate("node => node.scrollTop") == top

    await to_end.click()
    await expect(chat.panel.get_by_text("second end")).to_be_in_viewport()
    await expect(to_end).to_be_hidden()
    await answer.say(f"\n\n{lines}\n\nthird end")
    answer.end()
    await expect(body(chat.messages.last).get_by_text("third end")).to_be_in_viewport()
