"""Other extensions of JupyterLab, as the one in `sample-extension`; what fails in one costs only itself."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_page import ChatPage, OpenChat
from lab_server import LabServer
from playwright.async_api import expect

TREE = Path(__file__).parents[2]
SAMPLE = Path(__file__).parent / "sample-extension"
PAGE = TREE / "docs/authors/labextensions.md"
SHOWN = re.compile(r"<!-- file: (?P<name>\S+) -->\n+```\w+\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def build() -> Path:
    """The built sample, made anew only if its files or what it is built with have changed."""
    sources = sorted(path for path in SAMPLE.rglob("*") if path.is_file())
    made_of = [*sources, TREE / "ui/tokens/src/index.ts", TREE / "ui/yarn.lock"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest()[:16]
    built = TREE / "ui/build/sample-extension"
    if not (built / digest).exists():
        shutil.rmtree(built, ignore_errors=True)
        shutil.copytree(SAMPLE, built)
        (built / "node_modules").symlink_to(TREE / "ui/node_modules")
        for command in (["node_modules/.bin/tsc"], ["jupyter-builder", "build", "."]):
            done = subprocess.run(command, cwd=built, capture_output=True, text=True, timeout=100)
            assert done.returncode == 0, done.stdout + done.stderr
        (built / digest).touch()
    return built / "labextension"


@pytest.fixture
def extended_lab(lab: LabServer) -> Iterator[LabServer]:
    """The shared server, which has the sample in pages that are opened now."""
    place = lab.home / "jupyter/labextensions/jupyter-ai-colours"
    place.symlink_to(build())
    yield lab
    place.unlink()


async def test_an_extension_adds_replaces_and_disables(extended_lab: LabServer, open_chat: OpenChat) -> None:
    chat = await open_chat(extended_lab)
    chat.allow("failing on purpose|fails:|reading 'react'")
    await chat.open()

    # Its panel is in the place of ours, and opens a chat in the main area.
    await chat.page.get_by_role("button", name="Talk about colours").click()
    main = ChatPage(chat.page, extended_lab, chat.page.locator(".jp-ai-tab"))
    await expect(main.messages).to_have_count(1)

    # Its completer's lines; those of the server are there as ever.
    await main.type("#00")
    await expect(main.menu).to_have_text(["#008000 - green", "#0000ff - blue"])
    await main.marked("#008000")
    await main.input.press("Enter")
    await expect(main.input).to_have_value("#008000 ")
    await main.input.fill("")
    await main.type("/he")
    await expect(main.menu).to_have_count(1)
    await main.input.press("Escape")

    # Its renderer shows what it accepts, and ours the rest.
    sent = await main.send("#008000")
    await expect(sent.locator(".colours-swatch")).to_have_text("The colour #008000")
    reply = await main.reply("built-in offline model")
    await expect(reply.locator(".jp-ai-markdown code").first).to_be_visible()

    # Its "copy" in the place of ours, and no "delete".
    names = await sent.locator(".jp-ai-toolbar-message button").evaluate_all(
        "all => all.map(b => b.dataset.item)"
    )
    assert names == ["copy", "retry", "edit", "fails:enabled", "fails:execute"]
    await expect(sent.locator("[data-item=copy]")).to_have_attribute(
        "title", "Copy the message as a quotation"
    )
    await sent.locator("[data-item='fails:execute']").click()

    # What it takes back is as before.
    await chat.execute("jupyter-ai-colours:give-back")
    await chat.show()
    await expect(chat.messages).to_have_count(3)
    told = {
        match
        for error in chat.all_errors
        for match in re.findall(r"(?:item|renderer|completer|panel) (fails:[ \w]+) failed", error)
    }
    assert told == {
        *("fails:accepts", "fails:create", "fails:update"),
        *("fails:visible", "fails:enabled", "fails:execute", "fails:icon"),
        *("fails:at once", "fails:later", "fails:panel"),
    }


def test_the_page_shows_the_samples_files() -> None:
    shown = {found["name"]: found["text"] for found in SHOWN.finditer(PAGE.read_text())}

    assert set(shown) == {
        "package.json",
        *(f"src/{name}.ts" for name in ("renderer", "toolbar", "completer", "panel")),
    }
    assert shown == {name: (SAMPLE / name).read_text() for name in shown}
