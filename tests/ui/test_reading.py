"""Messages that stand."""

from __future__ import annotations

from chat_page import ChatPage

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
