"""What is told when the server is not as it should be, or refuses; what others' hosts are not asked for."""

from __future__ import annotations

import re

import pytest
from chat_page import OpenChat
from lab_server import LabServer
from playwright.async_api import Route, expect
from scripted_chat import connection, scripted

FOREIGN = re.compile(r"elsewhere\.example")
IMAGES = """![a plot](https://elsewhere.example/a.png?secret) <img src=//elsewhere.example/b.png>

<div style="background: url(https://elsewhere.example/c.png)">styled</div>
<video src="https://elsewhere.example/d.mp4" poster="https://elsewhere.example/d.png"></video>
<noscript><img src="https://elsewhere.example/e.png"></noscript>

![own](/static/favicons/favicon.ico)
"""


def reply(body: str) -> dict[str, object]:
    persona = {"name": "P", "avatar_route": ""}
    return {"type": "agent", "id": "1", "time": 1, "body": body, "reply_to": "", "persona": persona} | {
        "metadata": {}
    }


async def test_image_of_another_host_is_loaded_once_it_is_asked_for(
    lab: LabServer, open_chat: OpenChat
) -> None:
    asked = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(body="", content_type="image/png")

    chat = await open_chat(lab)
    await chat.page.route(FOREIGN, answer)
    await chat.page.add_init_script(scripted([connection([reply(IMAGES)])]))
    await chat.open()
    await chat.show()
    own = chat.panel.locator(".jp-ai-markdown img")
    await expect(own).to_have_js_property("complete", True)
    assert asked == []

    await chat.panel.get_by_role("button", name="Load image from elsewhere.example: a plot").click()

    await expect(own).to_have_count(2)
    assert asked == ["https://elsewhere.example/a.png?secret"]


@pytest.mark.parametrize(
    ("status", "told"), [(404, "jupyter server extension list"), (403, "reload the page and log in again")]
)
async def test_server_that_does_not_serve_the_chat_is_told_in_words(
    lab: LabServer, open_chat: OpenChat, status: int, told: str
) -> None:
    chat = await open_chat(lab)
    chat.allow(f"status of {status}")
    await chat.page.route("**/api/ai/**", lambda route: route.fulfill(status=status, json={}))
    await chat.open()
    await chat.page.evaluate("window.jupyterapp.shell.activateById('jupyter-ai-panel')")

    await expect(chat.panel).to_contain_text(told)
    await expect(chat.panel.get_by_role("button", name="Try again")).to_be_visible()


async def test_server_of_another_version_is_told_though_it_answers(
    lab: LabServer, open_chat: OpenChat
) -> None:
    health = {"ok": True, "problems": [], "versions": {"jupyter_ai": "9.1.0"}, "model": {}}
    chat = await open_chat(lab)
    await chat.page.route("**/api/ai/health*", lambda route: route.fulfill(json=health))
    await chat.open()
    await chat.show()

    await expect(chat.panel).to_contain_text("The server runs version 9.1.0 of the chat")
    await expect(chat.messages.first).to_be_visible()


async def test_prompt_that_the_server_refuses_can_be_sent_again(lab: LabServer, open_chat: OpenChat) -> None:
    refusal = {"type": "error", "reason": "It is too long.", "code": "invalid-frame"}
    chat = await open_chat(lab)
    await chat.page.add_init_script(scripted([{**connection([]), "wait": True}, refusal]))
    await chat.open()
    await chat.show()
    await chat.input.fill("a long prompt")
    await chat.input.press("Enter")

    await expect(chat.panel.get_by_role("alert")).to_contain_text("It is too long.")
    await expect(chat.input).to_have_value("a long prompt")
