"""What one types and sends: commands, drafts, keys, and cells that go with a prompt."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from chat_page import ChatPage, OpenChat
from lab_server import LabServer
from playwright.async_api import Locator, Route, expect

OPTIONS = "**/api/ai/chats/autocomplete_options*"
HOSTILE = '<img src=x onerror="window.hurt = true">'
SOURCE = "def f(x):\n    return x\nprint(missing)"
ERROR = {
    "output_type": "error",
    "ename": "NameError",
    "evalue": "name 'missing' is not defined",
    "traceback": ["\x1b[31mNameError\x1b[0m: name 'missing' is not defined"],
}


def included(chat: ChatPage) -> Locator:
    return chat.panel.locator(".jp-ai-included")


def option(label: str, description: str = "", only_start: bool = False) -> dict[str, Any]:
    return {"id": label, "label": label, "description": description, "only_start": only_start}


async def offer(chat: ChatPage, options: dict[str, list[dict[str, Any]]]) -> None:
    """Have the server offer these, by the beginning of what is completed."""

    async def answer(route: Route) -> None:
        partial = parse_qs(urlsplit(route.request.url).query).get("partialCommand", [""])[0]
        await route.fulfill(json={"options": options.get(partial, [])})

    await chat.page.route(OPTIONS, answer)
    await chat.read_commands()


async def open_notebook(chat: ChatPage) -> None:
    """A notebook of two cells beside the panel; the first one has an error."""
    first = {"id": "first", "source": SOURCE, "outputs": [ERROR], "execution_count": 1}
    await chat.open_notebook("work.ipynb", [first, {"id": "second", "source": "two = 2"}])


async def test_commands_are_chosen_by_keyboard(chat: ChatPage) -> None:
    await chat.type("/")
    await expect(chat.menu.nth(2)).to_contain_text("Shows the commands and what they do")

    for line in ("/clear", "/feed"):
        await chat.marked(line)
        await chat.input.press("ArrowDown")
    await chat.marked("/help")
    await chat.input.press("Enter")
    await expect(chat.menu).to_have_count(0)
    await expect(chat.input).to_have_value("/help ")

    await chat.input.press("Enter")
    await expect(chat.input).to_have_value("")
    await expect(chat.messages).to_have_count(3)


async def test_tab_chooses_too(chat: ChatPage) -> None:
    await chat.type("/he")
    await chat.marked("/help")

    await chat.input.press("Tab")

    await expect(chat.input).to_have_value("/help ")
    await expect(chat.input).to_be_focused()


async def test_whole_command_is_sent_by_one_enter(chat: ChatPage) -> None:
    await chat.type("/help")
    await expect(chat.menu).to_have_count(0)

    await chat.input.press("Enter")

    await expect(chat.messages).to_have_count(3)


async def test_slash_commands_are_offered_as_the_first_word_only(chat: ChatPage) -> None:
    await offer(chat, {"": [option("/do", only_start=True), option("@now")]})

    await chat.type("a /")
    await chat.type(" @")

    await expect(chat.menu).to_have_text(["@now"])


async def test_argument_follows_its_command(chat: ChatPage) -> None:
    files = [option(r"@file:a\ b.txt", "A file"), option("@file:sub/", "A folder")]
    options = {"": [option("@file:", "The text of a file")], "@file:": files}
    await offer(chat, options)
    await chat.type("see @f")
    await chat.marked("The text of a file")

    await chat.input.press("Enter")
    await expect(chat.input).to_have_value("see @file:")
    await chat.marked("A file")
    await chat.input.press("Enter")

    await expect(chat.input).to_have_value(r"see @file:a\ b.txt ")


async def test_word_in_the_middle_keeps_the_cursor_behind_it(chat: ChatPage) -> None:
    await offer(chat, {"": [option("@now")]})
    await chat.type("what is  there")
    for _ in " there":
        await chat.input.press("ArrowLeft")
    await chat.input.press_sequentially("@n")
    await chat.marked("@now")

    await chat.input.press("Enter")
    await chat.input.press_sequentially("!")

    await expect(chat.input).to_have_value("what is @now !there")


async def test_hostile_options_stay_text(chat: ChatPage) -> None:
    hostile = [option("@a" + HOSTILE, HOSTILE), option("@b", f"`code` {HOSTILE}")]
    await offer(chat, {"": hostile})

    await chat.type("@")

    await expect(chat.menu.nth(0)).to_contain_text(f"@a{HOSTILE} - {HOSTILE}")
    await expect(chat.menu.nth(1)).to_contain_text(f"code {HOSTILE}")  # without its backticks
    await expect(chat.menu.locator("img")).to_have_count(0)
    assert not await chat.page.evaluate("'hurt' in window")


async def test_draft_of_several_lines_survives_a_reload(chat: ChatPage) -> None:
    await chat.type("one")
    await chat.input.press("Shift+Enter")
    await chat.type("two")

    await chat.reload()
    await chat.show()

    await expect(chat.input).to_have_value("one\ntwo")


async def test_arrows_bring_prompts_back(chat: ChatPage) -> None:
    await chat.send("hello")
    await chat.reply("offline")
    await chat.send("one\ntwo")
    await chat.reply("offline")
    seen = []

    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"):
        await chat.input.press(key)
        seen.append(await chat.input.input_value())

    assert seen == ["one\ntwo", "hello", "hello", "one\ntwo", ""]


async def test_arrows_move_in_text_that_was_typed(chat: ChatPage) -> None:
    await chat.send("hello")
    await chat.type("one")
    await chat.input.press("Shift+Enter")
    await chat.type("two")

    for key in ("ArrowUp", "ArrowUp", "X"):
        await chat.input.press(key)

    await expect(chat.input).to_have_value("Xone\ntwo")


async def test_escape_closes_the_menu_and_then_stops(chat: ChatPage) -> None:
    await chat.send("tell me something long")
    await chat.panel.get_by_role("button", name="Stop the answer").wait_for()
    await chat.type("/")
    await chat.menu.first.wait_for()

    await chat.input.press("Escape")
    await expect(chat.menu).to_have_count(0)
    await expect(chat.panel.get_by_role("button", name="Stop the answer")).to_be_visible()
    await expect(chat.input).to_have_value("/")
    frames = chat.listen()
    await chat.input.press("Escape")

    await expect(chat.panel.get_by_role("button", name="Stop the answer")).to_be_hidden()
    assert "(AI response stopped by user)" in "".join(frame.get("content", "") for frame in frames)


async def test_escape_cancels_an_edit(chat: ChatPage) -> None:
    await chat.send("hello")
    await chat.reply("offline")
    await expect(chat.panel.get_by_role("button", name="Stop the answer")).to_be_hidden()
    await chat.messages.nth(1).hover()
    await chat.messages.nth(1).get_by_role("button", name="Edit").click()
    await expect(chat.input).to_have_value("hello")

    await chat.input.press("Escape")

    await expect(chat.input).to_have_value("")


async def test_shift_enter_sends_where_the_settings_say_so(lab: LabServer, open_chat: OpenChat) -> None:
    lab.request("POST", "api/ai/config", {"send_with_shift_enter": True})
    chat = await open_chat(lab)
    await chat.open()
    await chat.show()
    await expect(chat.input).to_have_attribute(
        "placeholder", "Ask; / for commands, @ for personas and context, Shift+Enter sends"
    )

    await chat.type("one")
    await chat.input.press("Enter")
    await chat.type("two")
    await expect(chat.input).to_have_value("one\ntwo")
    await chat.input.press("Shift+Enter")

    await expect(chat.input).to_have_value("")
    await expect(chat.messages.nth(1)).to_contain_text("two")


async def test_cell_with_its_error_reaches_the_handler(chat: ChatPage) -> None:
    await open_notebook(chat)
    frames = chat.listen()

    await chat.page.locator(".jp-CodeCell").first.click(button="right")
    await chat.page.get_by_role("menuitem", name="Fix the Error in the Chat").click()
    await expect(included(chat)).to_contain_text("return x")
    await expect(included(chat)).to_contain_text("NameError: name 'missing' is not defined")
    await expect(included(chat)).to_contain_text("3 lines")
    sent = await chat.send("what is wrong?")

    await expect(sent.locator("pre")).to_have_text(SOURCE)
    await expect(included(chat)).to_have_count(0)
    human = next(frame for frame in frames if frame["type"] == "human")
    error = {"name": ERROR["ename"], "value": ERROR["evalue"], "traceback": ERROR["traceback"]}
    assert human["selection"] == {"type": "cell-with-error", "source": SOURCE, "error": error}
    assert human["body"] == f"what is wrong?\n\n```\n{SOURCE}\n```"


async def test_cell_that_a_prompt_names_is_sent_without_being_included(chat: ChatPage) -> None:
    await open_notebook(chat)
    frames = chat.listen()

    await chat.send("why @error")
    await chat.send("and without")

    humans = [frame for frame in frames if frame["type"] == "human"]
    assert [human["selection"] and human["selection"]["type"] for human in humans] == [
        "cell-with-error",
        None,
    ]
    assert [human["notebook"] for human in humans] == ["work.ipynb"] * 2


async def test_cell_is_included_by_keyboard_and_goes_with_its_cell(chat: ChatPage) -> None:
    await open_notebook(chat)

    await chat.panel.get_by_role("button", name="Include a cell or selected text").press("Enter")
    await chat.page.get_by_role("menu").get_by_text("Include the Active Cell", exact=True).wait_for()
    await chat.page.keyboard.press("Enter")
    await expect(included(chat)).to_contain_text("Cell of work.ipynb")
    await expect(chat.input).to_be_focused()
    await chat.execute("notebook:delete-cell")

    await expect(included(chat)).to_have_count(0)


async def test_included_text_follows_the_selection(chat: ChatPage) -> None:
    await open_notebook(chat)
    editor = chat.page.locator(".jp-Notebook .cm-content")
    await editor.nth(1).click()
    await editor.nth(1).press("Control+a")
    await chat.page.wait_for_function(
        "window.jupyterapp.commands.isEnabled('jupyter-ai-ui:include-selection')"
    )

    await chat.execute("jupyter-ai-ui:include-selection")
    await expect(included(chat).locator("pre")).to_have_text("two = 2")
    await editor.nth(0).click()
    await editor.nth(0).press("Control+a")
    await expect(included(chat).locator("pre")).to_have_text(SOURCE)
    await included(chat).get_by_role("button", name="Do not include this").click()

    await expect(included(chat)).to_have_count(0)


async def test_reload_of_plug_ins_is_told_at_once(chat: ChatPage) -> None:
    await chat.execute("jupyter-ai-ui:reload-plugins")

    told = chat.page.locator(".Toastify__toast")
    await expect(told).to_contain_text("No plug-in of the chat has changed.")
    await told.locator(".jp-Notification-Toast-Close").click()
    await expect(told).to_have_count(0)
