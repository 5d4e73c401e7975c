"""Several chats: in the panel, in tabs of the main area, and in files."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from chat_page import ChatPage, OpenChat
from lab_server import TOKEN, LabServer
from playwright.async_api import Locator, Request, expect
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

END = "type /help for the commands."  # of what the offline model says to "hello"
HOSTILE = '<img src=x onerror="window.hurt = true">'


def selector(chat: ChatPage) -> Locator:
    return chat.panel.locator(".jp-ai-selector-button")


def options(chat: ChatPage) -> Locator:
    return chat.panel.get_by_role("option")


def unread_mark(chat: ChatPage) -> Locator:
    return chat.page.locator('.lm-TabBar-tab.jp-ai-unread[data-id="jupyter-ai-panel"]')


async def open_list(chat: ChatPage) -> None:
    await selector(chat).click()
    await expect(selector(chat)).to_have_attribute("aria-expanded", "true")


async def choose(chat: ChatPage, title: str) -> None:
    await open_list(chat)
    # Not by its name, which tells of unread answers too.
    await options(chat).filter(has=chat.page.get_by_text(title, exact=True)).click()
    await expect(selector(chat)).to_have_text(title)


async def act(chat: ChatPage, label: str) -> None:
    """Choose from the menu of the panel."""
    await chat.panel.get_by_role("button", name="More actions").click()
    await chat.page.locator(".jp-ai-menu").get_by_text(label).click()


async def answer(chat: ChatPage, button: str, text: str | None = None) -> None:
    """Answer the dialog."""
    dialog = chat.page.locator(".jp-Dialog")
    if text is not None:
        await dialog.locator("input").fill(text)
    await dialog.get_by_role("button", name=button).click()


async def create(chat: ChatPage) -> None:
    await chat.panel.get_by_role("button", name="New chat").click()
    await expect(selector(chat)).to_have_text("New chat")
    await expect(chat.messages).to_have_count(1)


def titles(lab: LabServer) -> list[str]:
    return [chat["title"] for chat in lab.request("GET", "api/ai/chats")["chats"]]


def make(lab: LabServer, title: str) -> dict[str, Any]:
    made: dict[str, Any] = lab.request("POST", "api/ai/chats", {"title": title})
    return made


async def test_new_chat_is_shown_and_empty(chat: ChatPage) -> None:
    await chat.send("hello")
    await chat.reply(END)

    await create(chat)

    await expect(chat.messages.first).to_contain_text("/help")


async def test_first_prompt_names_a_chat(chat: ChatPage) -> None:
    await create(chat)

    await chat.send("What is a whale?")

    await expect(selector(chat)).to_have_text("What is a whale?")


async def test_chat_is_renamed(chat: ChatPage, lab: LabServer) -> None:
    await act(chat, "Rename…")
    await answer(chat, "Rename", "Whales")

    await expect(selector(chat)).to_have_text("Whales")
    assert titles(lab) == ["Whales"]


async def test_chat_is_deleted_and_the_default_one_shown(chat: ChatPage, lab: LabServer) -> None:
    await create(chat)

    await act(chat, "Delete…")
    await answer(chat, "Delete")

    await expect(selector(chat)).to_have_text("Chat")
    assert titles(lab) == ["Chat"]
    await expect(chat.panel.locator(".jp-ai-panel-notice")).to_be_empty()


async def test_delete_can_be_cancelled(chat: ChatPage, lab: LabServer) -> None:
    await create(chat)

    await act(chat, "Delete…")
    await answer(chat, "Cancel")

    await expect(selector(chat)).to_have_text("New chat")
    assert len(titles(lab)) == 2


async def test_default_chat_cannot_be_deleted(chat: ChatPage) -> None:
    await chat.panel.get_by_role("button", name="More actions").click()

    item = chat.page.locator(".jp-ai-menu .lm-Menu-item", has_text="Delete…")
    await expect(item).to_have_attribute("aria-disabled", "true")


async def test_clear_asks_and_forgets(chat: ChatPage) -> None:
    await chat.send("hello")
    await chat.reply(END)

    await act(chat, "Clear…")
    await answer(chat, "Clear")

    await expect(chat.messages).to_have_count(1)


async def test_each_chat_shows_what_was_said_in_it(chat: ChatPage) -> None:
    await chat.send("hello")
    await chat.reply(END)
    await create(chat)

    await choose(chat, "Chat")

    await expect(chat.messages).to_have_count(3)


async def test_chat_is_chosen_by_keyboard(chat: ChatPage, lab: LabServer) -> None:
    make(lab, "Whales")
    await open_list(chat)
    await expect(options(chat)).to_have_count(2)

    await selector(chat).press("w")
    await selector(chat).press("Enter")

    await expect(selector(chat)).to_have_text("Whales")
    await expect(chat.input).to_be_focused()


async def test_escape_leaves_the_list(chat: ChatPage, lab: LabServer) -> None:
    make(lab, "Whales")
    await open_list(chat)

    await selector(chat).press("ArrowDown")
    await selector(chat).press("Escape")

    await expect(options(chat)).to_have_count(0)
    await expect(selector(chat)).to_have_text("Chat")


async def test_chosen_chat_is_shown_after_a_reload(chat: ChatPage, lab: LabServer) -> None:
    make(lab, "Whales")
    await choose(chat, "Whales")

    await chat.reload()
    await chat.show()

    await expect(selector(chat)).to_have_text("Whales")


async def test_answer_in_another_chat_is_marked_unread_until_it_is_seen(
    chat: ChatPage, lab: LabServer
) -> None:
    made = make(lab, "Whales")
    await choose(chat, "Whales")
    await expect(chat.messages).to_have_count(1)
    await choose(chat, "Chat")

    await ask(lab, made["id"], "hello")

    await expect(unread_mark(chat)).to_be_visible()
    await open_list(chat)
    await chat.panel.get_by_role("option", name="Whales, unread").click()
    await chat.reply(END)
    await expect(unread_mark(chat)).to_have_count(0)


async def ask(lab: LabServer, chat_id: str, prompt: str) -> None:
    """Send a prompt from elsewhere."""
    headers = {"Authorization": f"token {TOKEN}"}
    url = f"ws://127.0.0.1:{lab.port}/api/ai/chats/{chat_id}"
    socket = await websocket_connect(HTTPRequest(url, headers=headers))
    await socket.write_message(json.dumps({"prompt": prompt}))
    while json.loads(await socket.read_message() or "")["type"] != "human":
        pass
    socket.close()


async def test_chat_that_is_deleted_elsewhere_is_told(chat: ChatPage, lab: LabServer) -> None:
    made = make(lab, "Whales")
    async with chat.page.expect_response(lambda answer: f"personas?chat={made['id']}" in answer.url):
        await choose(chat, "Whales")
    await expect(chat.messages).to_have_count(1)

    lab.request("DELETE", f"api/ai/chats/{made['id']}")

    notice = chat.panel.locator(".jp-ai-panel-notice")
    await expect(notice).to_contain_text('The chat "Whales" is gone. This chat was deleted.')
    await expect(selector(chat)).to_have_text("Chat")


async def test_hostile_title_stays_text(chat: ChatPage, lab: LabServer) -> None:
    made = make(lab, HOSTILE)
    await choose(chat, HOSTILE)
    await chat.execute("jupyter-ai-ui:open-main", {"id": made["id"]})
    await expect(chat.page.locator("#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current")).to_have_text(HOSTILE)

    await act(chat, "Delete…")
    await expect(chat.page.locator(".jp-Dialog")).to_contain_text(HOSTILE)
    await answer(chat, "Cancel")

    assert await chat.page.evaluate("window.hurt") is None
    assert await chat.page.locator('img[src="x"]').count() == 0


async def test_tab_of_the_main_area_shows_the_same_chat(chat: ChatPage) -> None:
    await act(chat, "Open in the main area")
    tab = chat.page.locator("#jp-main-dock-panel .jp-ai-tab")
    await chat.send("hello")
    await chat.reply(END)

    await expect(tab.locator(".jp-chat-message")).to_have_count(3)
    await expect(tab.locator(".jp-chat-message").last).to_contain_text(END)


async def test_tab_is_there_after_a_reload(chat: ChatPage) -> None:
    tab = chat.page.locator("#jp-main-dock-panel .jp-ai-tab")
    async with chat.page.expect_request(saves_the_tab):
        await act(chat, "Open in the main area")

    await chat.reload()

    await expect(tab.locator(".jp-chat-message")).to_have_count(1)


def saves_the_tab(request: Request) -> bool:
    """Whether JupyterLab tells the server its layout, with the tab in it."""
    is_sent = request.method == "PUT" and "/api/workspaces/" in request.url
    return is_sent and '"jupyter-ai-chats:' in (request.post_data or "").split('"main"')[-1]


async def test_launcher_opens_a_chat(chat: ChatPage) -> None:
    await chat.page.locator('.jp-LauncherCard[data-category="Chat"]').click()

    await expect(chat.page.locator("#jp-main-dock-panel .jp-ai-tab")).to_be_visible()


async def test_shortcut_opens_the_panel(chat: ChatPage) -> None:
    await chat.page.evaluate("window.jupyterapp.shell.collapseRight()")
    await expect(chat.panel).not_to_be_visible()

    await chat.page.keyboard.press("Control+Shift+A")

    await expect(chat.input).to_be_focused()


async def test_settings_take_the_place_of_the_chat_and_give_it_back(chat: ChatPage) -> None:
    await chat.panel.get_by_role("button", name="Settings of the chat").click()
    await expect(chat.messages.first).not_to_be_visible()

    await chat.panel.get_by_role("button", name="Back to the chat").click()

    await expect(chat.messages.first).to_be_visible()


async def test_chat_is_exported_as_markdown(chat: ChatPage, lab: LabServer) -> None:
    chat.allow("404.*whales")  # whether the file is there
    await chat.send("show me markdown")
    await chat.reply("And a quotation, to end with.")

    await act(chat, "Export…")
    await answer(chat, "Export", "whales.md")

    await expect(chat.panel.locator(".jp-ai-panel-notice")).to_contain_text("whales.md")
    assert "show me markdown" in (lab.root / "whales.md").read_text()
    await expect(chat.page.locator(".lm-TabBar-tab", has_text="whales.md").first).to_be_visible()


async def test_chat_is_exported_as_a_valid_notebook(chat: ChatPage, lab: LabServer) -> None:
    chat.allow("404.*whales")
    await chat.send("show me markdown")
    await chat.reply("And a quotation, to end with.")

    await act(chat, "Export…")
    await answer(chat, "Export", "whales.ipynb")

    await expect(chat.panel.locator(".jp-ai-panel-notice")).to_contain_text("whales.ipynb")
    notebook = json.loads((lab.root / "whales.ipynb").read_text())
    nbformat.validate(notebook)
    assert {cell["cell_type"] for cell in notebook["cells"]} == {"markdown", "code"}


async def test_export_asks_before_it_overwrites(chat: ChatPage, lab: LabServer) -> None:
    lab.write("there.md", "mine")

    await act(chat, "Export…")
    await answer(chat, "Export", "there.md")
    await expect(chat.page.locator(".jp-Dialog")).to_contain_text("There is a file there.md already.")
    await answer(chat, "Cancel")

    assert (lab.root / "there.md").read_text() == "mine"


async def test_notebook_has_the_chats(lab: LabServer, open_chat: OpenChat) -> None:
    lab.write("note.md", "# A note\n")
    make(lab, "Whales")
    chat = await open_chat(lab)
    chat.allow("reading 'schema'")  # Notebook's own shortcuts, with or without us

    await chat.open("edit/note.md")
    await chat.show()
    await choose(chat, "Whales")

    await expect(chat.messages).to_have_count(1)
    await chat.panel.get_by_role("button", name="More actions").click()
    await expect(chat.page.locator(".jp-ai-menu")).to_contain_text("Export…")
    await expect(chat.page.locator(".jp-ai-menu")).not_to_contain_text("Open in the main area")
