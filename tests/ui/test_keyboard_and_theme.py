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
OURS = [".jp-ai-mark", ".jp-ai-error p", ".jp-ai-error summary", ".jp-ai-editing", ".jp-ai-selector-button"]


async def tab_to(chat: ChatPage, name: str, key: str = "Tab") -> None:
    """Go to the next button of this name, which is there, as somebody does who has no mouse."""
    button = chat.panel.get_by_role("button", name=name).last
    await expect(button).to_be_enabled()
    for _ in range(60):
        await chat.page.keyboard.press(key)
        if await button.evaluate("button => button === document.activeElement"):
            return
    raise AssertionError(f"{key} does not lead to {name}")


async def type_prompt(chat: ChatPage, prompt: str) -> None:
    """Type into what has the focus; wait until Enter would send it."""
    await chat.page.keyboard.type(prompt)
    await expect(chat.input).to_have_value(prompt)
    await expect(chat.menu).to_have_count(0)


async def test_everything_is_reached_by_keyboard(chat: ChatPage, feed: Feed) -> None:
    keyboard = chat.page.keyboard
    await chat.page.evaluate("window.jupyterapp.shell.collapseRight()")
    await expect(chat.panel).to_be_hidden()

    await keyboard.press("Control+Shift+A")
    await expect(chat.input).to_be_focused()
    await keyboard.type("/he")
    await chat.marked("/help")
    await keyboard.press("Enter")
    await expect(chat.input).to_have_value("/help ")
    await expect(chat.menu).to_have_count(0)
    await keyboard.press("Enter")
    await expect(chat.messages).to_have_count(3)
    await expect(chat.input).to_have_value("")

    await type_prompt(chat, feed.prompt)
    await keyboard.press("Enter")
    answer = await feed.answer()
    await tab_to(chat, "Stop the answer")
    await keyboard.press("Enter")
    await answer.is_left()
    await expect(chat.panel.locator(".jp-ai-mark")).to_have_text("Stopped")

    await chat.input.focus()
    await tab_to(chat, "Edit and send again", "Shift+Tab")
    await keyboard.press("Enter")
    await expect(chat.input).to_have_value(feed.prompt)
    await expect(chat.input).to_be_focused()
    await expect(chat.panel.locator(".jp-ai-editing")).to_be_visible()
    await keyboard.press("Escape")
    await expect(chat.input).to_have_value("")

    await tab_to(chat, "Settings of the chat", "Shift+Tab")
    await keyboard.press("Enter")
    back = chat.panel.get_by_role("button", name="Back to the chat")
    await expect(back).to_be_focused()
    await keyboard.press("Enter")
    await expect(back).to_have_count(0)
    await expect(chat.input).to_be_focused()


async def test_texts_can_be_read_in_both_themes(chat: ChatPage, feed: Feed) -> None:
    await chat.send(feed.prompt)
    answer = await feed.answer()
    await answer.say("Half\n\n```python\nx = 1\n```\n")
    await answer.fail("no")
    await chat.panel.get_by_text("Traceback", exact=True).click()
    await chat.send(feed.prompt)
    await feed.answer()
    await chat.panel.get_by_role("button", name="Stop the answer").click()
    await chat.panel.get_by_role("button", name="Edit and send again").click()
    await chat.panel.locator(".jp-ai-editing").wait_for()

    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        await chat.execute("apputils:change-theme", {"theme": theme})
        await chat.page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")
        await chat.page.locator("#jupyterlab-splash").wait_for(state="detached")
        contrasts = await chat.page.evaluate(LEAST_CONTRAST, OURS)
        assert {name: value for name, value in contrasts.items() if value < 4.5} == {}, theme
    await chat.input.press("Escape")
