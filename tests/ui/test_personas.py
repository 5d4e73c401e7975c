"""Who answers: whom a prompt addresses, who does else, several at once, and persona files."""

from __future__ import annotations

from chat_page import ChatPage
from playwright.async_api import Locator, expect

WHALE = """
from jupyter_ai.personas import BasePersona, PersonaDefaults

class {name}(BasePersona):
    @property
    def defaults(self):
        return PersonaDefaults(name="{name}", description="Sings " * 60, avatar_path="", system_prompt="")

    async def process_message(self, message):
        self.send_message("{song}")
"""


def addressee(chat: ChatPage) -> Locator:
    return chat.panel.locator(".jp-ai-addressee")


def sender(message: Locator) -> Locator:
    return message.locator(".jp-chat-message-header p").first


async def choose(chat: ChatPage, name: str) -> None:
    """Choose who answers what is addressed to nobody."""
    await addressee(chat).click()
    await chat.page.get_by_role("menu", name="Who answers").get_by_text(name).click()


async def test_who_is_addressed_from_the_menu_answers_until_another_is_chosen(chat: ChatPage) -> None:
    await expect(addressee(chat)).to_have_text("to anybody")
    await chat.type("@Rev")
    await chat.marked("@Reviewer")
    await chat.input.press("Enter")
    await expect(chat.input).to_have_value("@Reviewer ")
    await chat.type("hello")
    await chat.input.press("Enter")
    await chat.reply("offline model")

    await expect(addressee(chat)).to_have_text("to Reviewer")
    await expect(addressee(chat).locator("img")).to_be_visible()
    await chat.send("hi")
    await chat.reply("offline model")
    await choose(chat, "Jupyternaut")
    await expect(addressee(chat)).to_have_text("to Jupyternaut")
    await expect(chat.input).to_be_focused()
    await chat.send("hello!")
    await chat.reply("offline model")
    await choose(chat, "Nobody in particular")

    await expect(addressee(chat)).to_have_text("to anybody")
    for number, name in ((2, "Reviewer"), (4, "Reviewer"), (6, "Jupyternaut")):
        await expect(sender(chat.messages.nth(number))).to_have_text(name)


async def test_two_answer_at_once_and_stop_ends_both(chat: ChatPage) -> None:
    await chat.send("@Jupyternaut @Reviewer tell me something long")
    await expect(chat.messages).to_have_count(4)
    for number in (2, 3):
        await expect(chat.messages.nth(number).locator(".jp-ai-message")).to_contain_text("offline")

    await chat.panel.get_by_role("button", name="Stop the answer").click()

    for number in (2, 3):
        await expect(chat.messages.nth(number).locator(".jp-ai-mark")).to_have_text("Stopped")
    assert {await sender(chat.messages.nth(n)).inner_text() for n in (2, 3)} == {"Jupyternaut", "Reviewer"}


async def test_persona_file_is_allowed_edited_and_joined_while_the_chat_is_open(chat: ChatPage) -> None:
    chat.lab.write(".jupyter/personas/whale.py", WHALE.format(name="Whale", song="Oooo"))
    await chat.send("/personas allow")
    await chat.reply("@Whale")
    await chat.read_commands()
    await chat.type("@wha")
    await chat.marked("@Whale")
    line = await chat.menu.bounding_box()
    assert line is not None
    assert line["height"] < 60  # what it does takes two lines at most
    await chat.input.press("Enter")
    await chat.type("sing")
    await chat.input.press("Enter")
    await chat.reply("Oooo")
    await expect(addressee(chat)).to_have_text("to Whale")

    chat.lab.write(".jupyter/personas/whale.py", WHALE.format(name="Whale", song="Aaaa"))
    chat.lab.write(".jupyter/personas/gull.py", WHALE.format(name="Gull", song="Kree"))
    await chat.send("/refresh-personas")
    await chat.reply("Gull")
    await chat.send("and again")
    await chat.reply("Aaaa")
    await choose(chat, "Gull")
    await expect(addressee(chat)).to_have_text("to Gull")
    await chat.send("and you")

    await chat.reply("Kree")
    await chat.send("/personas forget")
    await chat.reply("are not run")
    await expect(addressee(chat)).to_have_text("to anybody")
