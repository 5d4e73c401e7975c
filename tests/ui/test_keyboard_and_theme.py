"""The chat without a mouse, and in the dark."""

from __future__ import annotations

from chat_page import ChatPage
from feeder import Feed
from playwright.async_api import expect

# The least contrast of a text and what is behind it, of those elements that are our own.
LEAST_CONTRAST = """selectors => {
    const numbers = color => (color.match(/[\\d.]+/g) || []).map(Number);
    const behind = node => {
        for (let at = node; at; at = at.parentElement) {
            const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
            if (a > 0.99) return [r, g, b];
        }
        return [255, 255, 255];
    };
    const light = rgb => rgb.slice(0, 3)
        .map(part => part / 255)
        .map(part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const contrast = node => {
        const both = [light(numbers(getComputedStyle(node).color)), light(behind(node))];
        const [low, high] = both.sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    return Object.fromEntries(selectors.map(selector => {
        const nodes = [...document.querySelectorAll(`#jupyter-ai-panel ${selector}`)];
        return [selector, nodes.length ? Math.min(...nodes.map(contrast)) : 0];
    }));
}"""
NAME_OF_FOCUSED = "document.activeElement.ariaLabel || document.activeElement.innerText || ''"
OURS = [".jp-ai-mark", ".jp-ai-error p", ".jp-ai-error summary", ".jp-ai-editing", ".jp-ai-selector-button"]


async def tab_to(chat: ChatPage, name: str, key: str = "Tab") -> None:
    """Go to the next button of this name, as somebody does who has no mouse."""
    for _ in range(60):
        await chat.page.keyboard.press(key)
        label = await chat.page.evaluate(NAME_OF_FOCUSED)
        if label.startswith(name):
            return
    raise AssertionError(f"{key} does not lead to {name}")


async def test_everything_is_reached_by_keyboard(fed_chat: ChatPage, feed: Feed) -> None:
    keyboard = fed_chat.page.keyboard
    await fed_chat.page.evaluate("window.jupyterapp.shell.collapseRight()")
    await expect(fed_chat.panel).to_be_hidden()

    await keyboard.press("Control+Shift+A")
    await expect(fed_chat.input).to_be_focused()
    await keyboard.type("/he")
    await fed_chat.page.get_by_role("listbox", name="Completions").wait_for()
    await keyboard.press("Enter")
    await expect(fed_chat.input).to_have_value("/help ")
    await keyboard.press("Enter")
    await expect(fed_chat.messages).to_have_count(3)

    await keyboard.type(feed.prompt)
    await keyboard.press("Enter")
    answer = await feed.answer()
    await tab_to(fed_chat, "Stop the answer")
    await keyboard.press("Enter")
    await answer.is_left()
    await expect(fed_chat.panel.locator(".jp-ai-mark")).to_have_text("Stopped")

    await fed_chat.input.focus()
    await tab_to(fed_chat, "Edit and send again", "Shift+Tab")
    await keyboard.press("Enter")
    await expect(fed_chat.input).to_be_focused()
    await keyboard.press("Escape")
    await expect(fed_chat.input).to_have_value("")

    await tab_to(fed_chat, "Settings of the chat", "Shift+Tab")
    await keyboard.press("Enter")
    back = fed_chat.panel.get_by_role("button", name="Back to the chat")
    await back.wait_for()
    await expect(back).to_be_focused()
    await keyboard.press("Enter")
    await expect(back).to_have_count(0)
    await expect(fed_chat.input).to_be_focused()


async def test_texts_can_be_read_in_both_themes(fed_chat: ChatPage, feed: Feed) -> None:
    await fed_chat.send(feed.prompt)
    answer = await feed.answer()
    await answer.say("Half\n\n```python\nx = 1\n```\n")
    await answer.fail("no")
    await fed_chat.panel.get_by_text("Traceback", exact=True).click()
    await fed_chat.send(feed.prompt)
    await feed.answer()
    await fed_chat.panel.get_by_role("button", name="Stop the answer").click()
    await fed_chat.panel.get_by_role("button", name="Edit and send again").click()
    await fed_chat.panel.locator(".jp-ai-editing").wait_for()

    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        await fed_chat.execute("apputils:change-theme", {"theme": theme})
        await fed_chat.page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")
        await fed_chat.page.locator("#jupyterlab-splash").wait_for(state="detached")
        contrasts = await fed_chat.page.evaluate(LEAST_CONTRAST, OURS)
        assert {name: value for name, value in contrasts.items() if value < 4.5} == {}, theme
    await fed_chat.input.press("Escape")
