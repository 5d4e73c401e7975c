"""Messages that stand."""

from __future__ import annotations

from chat_page import ChatPage, OpenChat
from lab_server import LabServer
from playwright.async_api import expect
from scripted_chat import connection, scripted

END = "type /help for the commands."  # of what the offline model says to "hello"
SCROLLED = '[id^="jupyter-chat-scroll-container"]'
# And there is something above it.
AT_END = f"""() => {{
    const node = document.querySelector(`#jupyter-ai-panel {SCROLLED}`);
    return node && node.scrollTop > 0 && node.scrollHeight - node.scrollTop - node.clientHeight < 2;
}}"""
LONGER_THAN_THE_VIEW = f"""() => {{
    const node = document.querySelector(`#jupyter-ai-panel {SCROLLED}`);
    return node && node.scrollHeight > node.clientHeight;
}}"""
TOP = "node => node.getBoundingClientRect().top"
COUNT_REMOVED = """panel => {
    window.removed = 0;
    new MutationObserver(changes => {
        const gone = changes.flatMap(({ removedNodes }) => [...removedNodes]);
        window.removed += gone.filter(node => node.classList?.contains('jp-ai-message')).length;
    }).observe(panel, { childList: true, subtree: true });
}"""


async def test_message_stays_where_it_is_when_others_come(chat: ChatPage) -> None:
    await chat.panel.evaluate(COUNT_REMOVED)

    await chat.send("hello")
    await chat.reply(END)

    assert await chat.page.evaluate("window.removed") == 0


async def test_greeting_is_shown_from_its_beginning(chat: ChatPage) -> None:
    await chat.page.set_viewport_size({"width": 900, "height": 420})
    await chat.execute("jupyter-ai-ui:new")
    await expect(chat.panel.locator(".jp-ai-selector-button")).to_have_text("New chat")
    await chat.page.wait_for_function(LONGER_THAN_THE_VIEW)

    assert await chat.panel.locator(SCROLLED).evaluate("node => node.scrollTop") == 0


async def test_end_is_kept_in_view_while_nobody_touches_anything(chat: ChatPage) -> None:
    await chat.send("/help")
    await expect(chat.messages).to_have_count(3)
    await chat.reload()
    await chat.show()
    await expect(chat.messages).to_have_count(3)
    await chat.page.wait_for_function(AT_END)

    await chat.panel.locator(SCROLLED).evaluate("node => { node.scrollTop = 0; }")

    await chat.page.wait_for_function(AT_END)


async def test_long_history_is_shown_at_its_end_and_can_be_scrolled(chat: ChatPage) -> None:
    for count in range(3, 13, 2):
        await chat.send("/help")
        await expect(chat.messages).to_have_count(count)
    await chat.reload()
    await chat.show()
    await expect(chat.messages).to_have_count(11)
    await expect(chat.messages.last.locator(".jp-ai-toolbar")).to_be_in_viewport()

    await chat.panel.locator(SCROLLED).press("Home")
    await expect(chat.messages.first).to_be_in_viewport()
    await expect(chat.messages.last).not_to_be_in_viewport()

    await chat.panel.get_by_role("button", name="Go to the last message").click()
    await expect(chat.messages.last.locator(".jp-ai-toolbar")).to_be_in_viewport()


async def test_of_a_long_chat_the_end_is_shown_and_earlier_messages_come_without_a_jump(
    lab: LabServer, open_chat: OpenChat
) -> None:
    persona = {"name": "P", "avatar_route": ""}
    reply = {"type": "agent", "reply_to": "", "persona": persona, "metadata": {}}
    history = [{**reply, "id": f"m{n}", "time": n, "body": f"message {n}."} for n in range(150)]
    chat = await open_chat(lab)
    await chat.page.add_init_script(scripted([connection(history)]))
    await chat.open()
    await chat.show()
    await expect(chat.messages).to_have_count(100)
    first = chat.panel.locator(".jp-chat-message", has_text="message 50.")
    await chat.panel.locator(SCROLLED).press("Home")
    await expect(first).to_be_in_viewport(ratio=1)
    before = await first.evaluate(TOP)

    await chat.panel.get_by_role("button", name="Show earlier messages (50 more)").click()

    await expect(chat.messages).to_have_count(150)
    await expect(chat.messages.first).to_contain_text("message 0.")
    assert abs(await first.evaluate(TOP) - before) < 3


async def test_long_name_has_one_line_and_is_told_whole(chat: ChatPage) -> None:
    name, time = await chat.messages.first.locator(".jp-chat-message-header p").all()
    await name.evaluate("node => { node.firstChild.data = 'Jupyternaut'.repeat(20); }")

    await name.hover()

    await expect(name).to_have_attribute("title", "Jupyternaut" * 20)
    await expect(time).to_be_in_viewport(ratio=1)
    one, other = await name.bounding_box(), await time.bounding_box()
    assert one is not None
    assert other is not None
    assert one["height"] < 2 * other["height"]
    await name.evaluate("node => { node.firstChild.data = 'Jupyternaut'; }")
