"""Messages that stand."""

from __future__ import annotations

from chat_page import ChatPage
from playwright.async_api import expect

END = "type /help for the commands."  # of what the offline model says to "hello"
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


async def test_long_history_is_shown_at_its_end_and_can_be_scrolled(chat: ChatPage) -> None:
    for count in range(3, 13, 2):
        await chat.send("/help")
        await expect(chat.messages).to_have_count(count)
    await chat.reload()
    await chat.show()
    await expect(chat.messages).to_have_count(11)
    await expect(chat.messages.last.locator(".jp-ai-toolbar")).to_be_in_viewport()

    await chat.panel.locator('[id^="jupyter-chat-scroll-container"]').press("Home")
    await expect(chat.messages.first).to_be_in_viewport()
    await expect(chat.messages.last).not_to_be_in_viewport()

    await chat.panel.get_by_role("button", name="Go to the last message").click()
    await expect(chat.messages.last.locator(".jp-ai-toolbar")).to_be_in_viewport()
