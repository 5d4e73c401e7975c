"""The settings of the chat: models, keys that never come back, and what is told where it was entered."""

from __future__ import annotations

import pytest_asyncio
from chat_page import ChatPage
from playwright.async_api import Locator, expect

CONFIG = "api/ai/config"
KEY = "sk-planted-0123456789"
MODEL = "openai-chat-custom:my-model"
NOWHERE = "http://127.0.0.1:9/v1"  # a port where nobody listens


@pytest_asyncio.fixture(loop_scope="session")
async def settings(chat: ChatPage) -> ChatPage:
    """The page with the settings shown, in which nobody has chosen anything."""
    await show_settings(chat)
    return chat


async def show_settings(chat: ChatPage) -> None:
    await chat.execute("jupyter-ai-ui:settings")
    await expect(picker(chat)).to_have_value("mockllm:offline")


def form(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("form", name="Settings of the chat")


def picker(chat: ChatPage) -> Locator:
    return form(chat).get_by_role("combobox", name="Language model")


def region(chat: ChatPage, name: str = "Language model") -> Locator:
    return form(chat).get_by_role("region", name=name)


def save(chat: ChatPage) -> Locator:
    return form(chat).get_by_role("button", name="Save", exact=True)


async def saved(chat: ChatPage) -> None:
    await expect(form(chat).get_by_text("Saved.", exact=True)).to_be_visible()


async def choose(chat: ChatPage, text: str) -> None:
    """As the keyboard does it."""
    await picker(chat).focus()
    await chat.page.keyboard.press("ArrowDown")
    await chat.page.keyboard.type(text)
    await chat.page.keyboard.press("Enter")


async def test_a_model_is_chosen_with_the_keyboard_and_saved(settings: ChatPage) -> None:
    await choose(settings, "mockllm:another")
    await expect(picker(settings)).to_have_value("mockllm:another")
    await save(settings).press("Enter")
    await saved(settings)

    assert settings.lab.request("GET", CONFIG)["model_provider_id"] == "mockllm:another"


async def test_escape_closes_the_list_and_keeps_the_model(settings: ChatPage) -> None:
    await picker(settings).click()
    await expect(picker(settings)).to_have_attribute("aria-expanded", "true")
    await settings.page.keyboard.type("open")
    await settings.page.keyboard.press("Escape")

    await expect(picker(settings)).to_have_attribute("aria-expanded", "false")
    await expect(picker(settings)).to_have_value("mockllm:offline")


async def test_what_is_not_installed_is_told_with_its_command_and_not_chosen(settings: ChatPage) -> None:
    await picker(settings).click()
    # It is marked as disabled, which Playwright would wait for.
    await form(settings).locator("[data-kind=missing]").first.click(force=True)

    await expect(region(settings).get_by_text("is not installed")).to_be_visible()
    await expect(region(settings).locator("code").first).to_contain_text("pip install")
    await expect(picker(settings)).to_have_value("mockllm:offline")


async def test_the_model_says_a_word(settings: ChatPage) -> None:
    await region(settings).get_by_role("button", name="Test the Language model").click()

    await expect(region(settings).get_by_role("status")).to_contain_text("It answered")


async def test_a_key_is_asked_for_and_never_comes_back(settings: ChatPage) -> None:
    settings.allow("400")
    await choose(settings, MODEL)
    await save(settings).click()
    key = form(settings).get_by_label("OPENAI_API_KEY", exact=True)
    await expect(form(settings).get_by_text("needs this key")).to_be_visible()

    await key.fill(KEY)
    await region(settings).get_by_label("Base API URL").fill(NOWHERE)
    await save(settings).click()
    await saved(settings)

    await expect(key).to_have_value("")
    await expect(form(settings).get_by_text("Stored. It is not shown.")).to_be_visible()
    assert KEY not in await settings.page.content()
    assert settings.lab.request("GET", CONFIG)["key_sources"]["OPENAI_API_KEY"] == "user"

    await region(settings).get_by_role("button", name="Test the Language model").click()
    told = region(settings).get_by_role("status")
    await expect(told).to_contain_text("cannot be reached", timeout=40_000)
    await expect(told).to_contain_text("Start its server")


async def test_who_comes_second_keeps_what_was_typed(settings: ChatPage) -> None:
    settings.allow("409")
    memory = form(settings).get_by_label("How many exchanges")
    await memory.fill("7")
    settings.lab.request("POST", CONFIG, {"send_with_shift_enter": True})
    await save(settings).click()
    await form(settings).get_by_role("button", name="Load them again").click()
    await expect(form(settings).get_by_role("radio", name="Shift+Enter (")).to_be_checked()
    await expect(memory).to_have_value("7")
    await save(settings).click()
    await saved(settings)

    config = settings.lab.request("GET", CONFIG)
    assert (config["max_chat_history"], config["send_with_shift_enter"]) == (7, True)


async def test_what_cannot_be_saved_is_told_at_its_field(settings: ChatPage) -> None:
    await form(settings).get_by_label("How many exchanges").fill("many")

    await expect(form(settings).get_by_text("must be a whole number from 0 to 1000")).to_be_visible()
    await expect(save(settings)).to_be_disabled()


async def test_what_the_administrator_fixed_is_shown_with_the_place(settings: ChatPage) -> None:
    fixed = region(settings, "Embedding model").get_by_role("textbox", name="Embedding model")

    await expect(fixed).to_have_value("ollama:nomic-embed-text")
    await expect(fixed).not_to_be_editable()
    await expect(region(settings, "Embedding model")).to_contain_text("AiExtension.embeddings_model")
