"""What is attached to a prompt: chosen, dropped, sent, shown, and read."""

from __future__ import annotations

import json
import re

from chat_page import ChatPage
from playwright.async_api import Locator, expect

HOSTILE = 'a "b" <img src=x onerror=window.hurt=1>.py'


def attached(chat: ChatPage) -> Locator:
    """What goes with the next prompt."""
    return chat.panel.locator(".jp-ai-chat-body > .jp-ai-chips .jp-ai-chip")


def chips(message: Locator) -> Locator:
    return message.get_by_role("list", name="Attachments").get_by_role("button")


def read(chat: ChatPage) -> Locator:
    """The line that tells what was read."""
    return chat.panel.locator(".jp-ai-context summary")


async def asked(chat: ChatPage) -> Locator:
    """Send a prompt, and wait until its answer is whole: what is below it moves meanwhile. What was sent."""
    sent = await chat.send("hello")
    await chat.reply("offline model")
    await expect(chat.panel.get_by_role("button", name="Stop the answer")).to_be_hidden()
    return sent


async def test_files_are_chosen_sent_and_read(chat: ChatPage) -> None:
    chat.lab.write("data.py", "x = 1\n")
    chat.lab.write(HOSTILE, "y = 2\n")
    await chat.execute("filebrowser:refresh")

    await chat.panel.get_by_role("button", name="Attach files").click()
    dialog = chat.page.get_by_role("dialog")
    for name in ("data.py", HOSTILE):
        await dialog.locator(".jp-DirListing-item", has_text=name).click(modifiers=["Control"])
    await dialog.get_by_role("button", name="Select").click()
    await expect(attached(chat)).to_have_text([HOSTILE, "data.py"])
    await expect(chat.input).to_be_focused()
    await attached(chat).get_by_role("button", name="Remove data.py").click()
    await expect(attached(chat)).to_have_text([HOSTILE])
    sent = await asked(chat)

    await expect(attached(chat)).to_have_count(0)
    await expect(chips(sent)).to_have_text([HOSTILE])
    await expect(read(chat)).to_contain_text(f"Read: {HOSTILE} (")
    await read(chat).click()
    await expect(chat.panel.locator(".jp-ai-context li")).to_contain_text("6 characters")
    await chips(sent).click()
    await expect(chat.page.locator(".jp-FileEditor .cm-line").first).to_have_text("y = 2")
    assert not await chat.page.evaluate("'hurt' in window")


async def test_cell_that_is_dropped_is_read_as_it_is_now_and_stays_where_it_was(chat: ChatPage) -> None:
    await chat.open_notebook("work.ipynb", [{"id": "a", "source": "one = 1"}, {"id": "b", "source": "two"}])
    cells = chat.page.locator(".jp-Notebook .jp-Cell")
    await cells.nth(1).locator(".cm-content").click()
    await chat.page.keyboard.type(" = 2")

    await chat.drop(cells.nth(1).locator(".jp-InputPrompt"))
    await expect(attached(chat)).to_have_text(["1 cell of work.ipynb"])
    sent = await asked(chat)

    await expect(read(chat)).to_contain_text(re.compile(r"Read: work.ipynb.* \(\d+ characters\)"))
    await expect(cells).to_have_count(2)
    assert "two = 2" in (chat.lab.root / "work.ipynb").read_text()
    await cells.nth(0).click()
    await chips(sent).click()
    await expect(cells.nth(1)).to_have_class(re.compile("jp-mod-active"))


async def test_attachments_are_kept_with_a_draft_and_come_back_to_be_edited(chat: ChatPage) -> None:
    chat.lab.write("data.py", "x = 1\n")
    chat.lab.write("other.py", "y = 1\n")
    await chat.execute("filebrowser:refresh")
    files = chat.page.locator("#filebrowser .jp-DirListing-item")
    await chat.drop(files.filter(has_text="data.py"))
    await expect(attached(chat)).to_have_text(["data.py"])
    await asked(chat)
    await chat.drop(files.filter(has_text="other.py"))
    await expect(attached(chat)).to_have_text(["other.py"])

    await chat.messages.nth(1).get_by_role("button", name="Edit").click()
    await expect(attached(chat)).to_have_text(["data.py"])
    await chat.input.press("Escape")
    await expect(attached(chat)).to_have_text(["other.py"])
    await chat.reload()
    await chat.show()

    await expect(attached(chat)).to_have_text(["other.py"])
    await expect(chips(chat.messages.nth(1))).to_have_text(["data.py"])
    await expect(read(chat)).to_contain_text("Read: data.py (6 characters)")


async def test_all_files_that_are_selected_are_dropped_and_the_input_stays_in_sight(chat: ChatPage) -> None:
    for number in range(22):
        chat.lab.write(f"{number:02}-{'long-' * 8}.py", "x = 1\n")
    await chat.execute("filebrowser:refresh")
    files = chat.page.locator("#filebrowser .jp-DirListing-item", has_text="long-")
    await files.first.click()
    await files.nth(21).click(modifiers=["Shift"])
    await chat.drop(files.nth(1))

    await expect(attached(chat)).to_have_count(20)
    notice = chat.panel.get_by_role("alert")
    await expect(notice).to_contain_text(re.compile(r"Not attached: 20-\S+, 21-\S+\."))
    for button in ("Dismiss", "Send"):
        await expect(chat.panel.get_by_role("button", name=button)).to_be_in_viewport(ratio=1)
    await expect(chat.input).to_be_in_viewport(ratio=1)


async def test_file_of_the_desktop_leaves_the_page_as_it_is(chat: ChatPage) -> None:
    chat.lab.write("here.txt", "not a page")
    box = await chat.input.bounding_box()
    assert box is not None
    session = await chat.page.context.new_cdp_session(chat.page)
    data = {"items": [], "files": [str(chat.lab.root / "here.txt")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        await session.send(
            "Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 9, "y": box["y"] + 9, "data": data}
        )

    await expect(chat.panel.get_by_role("alert")).to_contain_text("Upload them in the file browser")
    await expect(attached(chat)).to_have_count(0)


async def test_cell_of_a_notebook_without_ids_is_found_at_its_place(chat: ChatPage) -> None:
    cells = [{"source": "one = 1"}, {"source": "two = 2"}]
    await chat.open_notebook("old.ipynb", cells, minor=4)

    await chat.drop(chat.page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".jp-InputPrompt"))
    await expect(attached(chat)).to_have_text(["1 cell of old.ipynb"])
    await chat.send("hello")

    await expect(read(chat)).to_contain_text("Read: old.ipynb")
    assert "id" not in json.loads((chat.lab.root / "old.ipynb").read_text())["cells"][0]


async def test_folder_is_chosen_and_shown_in_the_file_browser(chat: ChatPage) -> None:
    (chat.lab.root / "src").mkdir()
    chat.lab.write("src/inside.py", "")
    await chat.execute("filebrowser:refresh")

    await chat.panel.get_by_role("button", name="Attach files").click()
    dialog = chat.page.get_by_role("dialog")
    await dialog.locator(".jp-DirListing-item", has_text="src").click()
    await dialog.get_by_role("button", name="Select").click()
    await attached(chat).get_by_role("button", name="src").first.click()

    inside = chat.page.locator("#filebrowser .jp-DirListing-item", has_text="inside.py")
    await expect(inside).to_be_visible()
    await chat.execute("filebrowser:go-to-path", {"path": "/"})
    await expect(inside).to_have_count(0)


async def test_dialog_in_which_nothing_is_selected_attaches_nothing_and_says_so(chat: ChatPage) -> None:
    await chat.panel.get_by_role("button", name="Attach files").click()
    await chat.page.get_by_role("dialog").get_by_role("button", name="Select").click()

    await expect(chat.panel.get_by_role("alert")).to_contain_text("Nothing was attached")
    await expect(attached(chat)).to_have_count(0)
