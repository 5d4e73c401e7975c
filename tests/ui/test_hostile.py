"""Nothing that a model, a plug-in, another person or a file says becomes a script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from chat_page import ChatPage, OpenChat
from lab_server import LabServer
from playwright.async_api import Page, Request, Route, expect
from scripted_chat import connection, scripted

PAYLOADS = (Path(__file__).parent / "xss_payloads.txt").read_text().removesuffix("\n").split("\n%%\n")
END = "the end of"
STEP = 6  # characters of a chunk
HOSTILE = '<img src=x onerror="window.__xss = 1">'
AVATARS = [
    "javascript:window.__xss=1",
    'x" onerror="window.__xss=1',
    "data:text/html,<script>top.__xss=1</script>",
]
CANARY = "window.__xss = 0;"
# Each text is there to its end: from a person, as a reply, and as a reply that was streamed.
ALL_SHOWN = """([end, count]) => {
  const said = [...document.querySelectorAll('.jp-ai-message')].map(node => node.textContent.trim());
  return [...Array(count).keys()].every(n => said.filter(text => text.endsWith(`${end} ${n}`)).length === 3);
}"""
SHOW_ALL = "() => { const more = document.querySelector('.jp-ai-earlier'); more?.click(); return !more; }"
# What must not be in anything that a message, a name or a label made.
LEFT = r"""nodes => {
  const found = [];
  const tags = 'script,iframe,object,embed,base,meta,link,style,form,template,marquee,body,' +
    'foreignObject,animate,math:not(mjx-assistive-mml > math)';  // MathJax's own, of formulas
  for (const node of nodes) {
    for (const element of node.querySelectorAll('*')) {
      const tell = what => found.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
      if (element.matches(tags)) tell('tag');
      for (const { name, value } of element.attributes) {
        if (/^on|^srcdoc$|^formaction$|^data-commandlinker/.test(name)) tell(name);
        if (/^(xlink:)?href$|^action$/.test(name)) {
          const { protocol } = new URL(value, document.baseURI);
          if (!['http:', 'https:', 'mailto:'].includes(protocol)) tell(protocol);
        }
      }
      const { position } = getComputedStyle(element);
      if (position === 'fixed' && element.matches('.jp-ai-markdown *')) tell('style');
      if (element.matches('.jp-ai-markdown :is(a,area)[href]:not([href^="#"])')) {
        if (element.target !== '_blank' || !/\bnoopener\b/.test(element.rel)) tell('link');
      }
    }
  }
  return found;
}"""


def human(number: int, text: str) -> dict[str, Any]:
    return {
        "type": "human",
        "id": f"human{number}",
        "time": number,
        "body": text,
        "prompt": text,
        "selection": None,
        "attachments": [{"type": "file", "value": PAYLOADS[number]}],
        "client": {"id": "c", "username": f"u{number}", "display_name": text},
    }


def agent(number: int, text: str, **more: Any) -> dict[str, Any]:
    payload = PAYLOADS[number]
    return {
        "type": "agent",
        "id": f"agent{number}",
        "time": number,
        "body": text,
        "reply_to": f"human{number}",
        "persona": {"name": payload, "avatar_route": [*AVATARS, payload][number % (len(AVATARS) + 1)]},
        "metadata": {},
        **more,
    }


def history() -> list[dict[str, Any]]:
    """Each payload as a person's message, name and file, as a reply, a persona, and of some as an error."""
    messages = []
    for number, payload in enumerate(PAYLOADS):
        text = f"{payload}\n\n{END} {number}"
        error = {"error": {"name": payload, "message": payload}, "stopped": payload}
        left_out = {"command": payload, "name": payload, "kind": payload, "reason": payload, "characters": 0}
        error["context"] = {"included": [left_out]}
        messages += [human(number, text), agent(number, text, metadata=error if number % 3 == 0 else {})]
    return messages


def streams() -> list[dict[str, Any]]:
    """The frames of replies that are streamed side by side, of what is worked on, and of a refusal."""
    texts = [f"{payload}\n\n{END} {number}" for number, payload in enumerate(PAYLOADS)]
    frames = [
        agent(number, "", type="agent-stream", id=f"stream{number}", complete=False)
        for number in range(len(texts))
    ]
    for at in range(0, max(map(len, texts)) + STEP, STEP):
        for number, text in enumerate(texts):
            if at < len(text) + STEP:
                chunk = {
                    "type": "agent-stream-chunk",
                    "id": f"stream{number}",
                    "content": text[at : at + STEP],
                }
                frames.append({**chunk, "stream_complete": at >= len(text), "metadata": {}})
        frames[-1]["rest"] = True
    more = {"reply_to": "human0", "persona": {"name": HOSTILE, "avatar_route": ""}, "time": 0}
    more |= {"type": "pending", "ellipsis": True, "closed": False}
    frames += [{**more, "id": f"pending{number}", "body": text} for number, text in enumerate(PAYLOADS)]
    return [*frames, {"type": "error", "reason": HOSTILE, "code": HOSTILE}]


def provider(number: int, payload: str) -> dict[str, Any]:
    return {
        "id": f"p{number}",
        "name": payload,
        "models": [payload],
        "model_id_label": payload,
        "help": payload,
        "auth_strategy": {"type": "env", "name": payload},
        "registry": False,
        "fields": [{"type": "text", "key": "k", "label": payload}],
        "chat_models": None,
        "completion_models": None,
        "installed": number % 2 == 0,
        "install_hint": payload,
    }


class HostileServer:
    """In the place of the chat's routes, with hostile answers. `foreign`: what was loaded from elsewhere."""

    def __init__(self) -> None:
        self.foreign: list[str] = []

    async def attach(self, page: Page) -> None:
        frames = [{"type": "persona", "name": HOSTILE}, connection(history()), *streams()]
        await page.add_init_script(f"{CANARY} {scripted(frames)}")
        await page.context.route(re.compile("xss.invalid"), self._refuse)
        chats = [
            {
                "id": f"c{number}",
                "title": payload,
                "owner": payload,
                "shared": number % 2 == 0,
                "created": number,
            }
            | {"is_default": number == 0, "updated": number}
            for number, payload in enumerate(PAYLOADS)
        ]
        options = [
            {
                "id": f"{sign}a{payload}",
                "label": f"{sign}a{payload}",
                "description": payload,
                "only_start": False,
            }
            for payload in PAYLOADS
            for sign in "@/"
        ]
        personas = [
            {"name": payload, "address": payload, "description": payload, "avatar_route": payload}
            for payload in [HOSTILE, *PAYLOADS]
        ]
        providers = [provider(number, payload) for number, payload in enumerate(PAYLOADS)]
        config = {
            "model_provider_id": f"p0:{PAYLOADS[0]}",
            "embeddings_provider_id": f"p2:{PAYLOADS[2]}",
            "completions_model_provider_id": None,
            "fields": {},
            "embeddings_fields": {},
            "completions_fields": {},
            "send_with_shift_enter": False,
            "api_keys": PAYLOADS,
            "last_read": 1,
            "max_chat_history": 2,
            "default_max_chat_history": 2,
            "fixed": {"completions_model_provider_id": HOSTILE},
            "problems": PAYLOADS,
            "key_sources": dict.fromkeys(PAYLOADS, "user"),
        }
        for path, answer in {
            r"/api/ai/chats(\?.*)?$": {"chats": chats},
            "/api/ai/chats/autocomplete_options": {"options": options},
            r"/api/ai/personas(\?.*)?$": {"personas": personas},
            r"/api/ai/providers(/embeddings)?(\?.*)?$": {"providers": providers},
            r"/api/ai/config(\?.*)?$": config,
        }.items():
            await self._answer(page, path, answer)

    async def _answer(self, page: Page, path: str, answer: dict[str, Any]) -> None:
        await page.route(re.compile(path), lambda route: route.fulfill(json=answer))

    async def _refuse(self, route: Route, request: Request) -> None:
        # Images and films may be shown from anywhere; they can do nothing.
        if request.resource_type not in ("image", "media"):
            self.foreign.append(f"{request.resource_type} {request.url}")
        await route.abort()


async def left(chat: ChatPage, selector: str) -> list[str]:
    found: list[str] = await chat.page.locator(selector).evaluate_all(LEFT)
    return found


async def test_no_script_runs(lab: LabServer, open_chat: OpenChat) -> None:
    assert len(PAYLOADS) >= 60
    chat = await open_chat(lab)
    chat.allow("Failed to load resource|ERR_")  # images of the payloads that are nowhere
    server, dialogs = HostileServer(), list[str]()
    await server.attach(chat.page)
    chat.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await chat.open()
    await chat.show()

    await chat.page.wait_for_function(SHOW_ALL)
    await expect(chat.messages).to_have_count(3 * len(PAYLOADS))
    await expect(chat.panel.locator(".jp-ai-pending > div")).to_have_count(len(PAYLOADS))
    await chat.page.wait_for_function(ALL_SHOWN, arg=[END, len(PAYLOADS)])
    await expect(chat.panel.get_by_role("alert").filter(has_text=HOSTILE)).to_be_visible()
    assert await left(chat, ".jp-ai-message, .jp-chat-message-header, .jp-ai-pending, .jp-ai-notice") == []
    assert await left(chat, ".jp-ai-below, .jp-ai-addressee") == []

    await chat.panel.locator(".jp-ai-addressee").click()
    await expect(chat.page.locator("[role=menu] > li")).to_have_count(len(PAYLOADS) + 2)
    assert await left(chat, "[role=menu]") == []
    await chat.page.keyboard.press("Escape")

    await chat.panel.locator(".jp-ai-selector-button").click()
    await expect(chat.panel.get_by_role("option")).to_have_count(len(PAYLOADS))
    assert await left(chat, ".jp-ai-selector-list") == []
    await chat.page.keyboard.press("Escape")

    for sign in "/@":
        await chat.input.fill("")
        await chat.type(sign)
        await expect(
            chat.page.get_by_role("listbox", name="Completions").get_by_role("option")
        ).to_have_count(len(PAYLOADS))
        assert await left(chat, "[role=listbox]") == []

    await chat.input.fill("")
    name = HOSTILE.replace("/", "")
    await chat.execute("jupyter-ai-ui:export")
    dialog = chat.page.locator(".jp-Dialog")
    await dialog.locator("input").fill(f"{name}.md")
    await dialog.get_by_role("button", name="Export").click()
    await expect(chat.panel.get_by_text(f"saved as {name}.md")).to_be_visible()

    await chat.execute("jupyter-ai-ui:settings")
    form = chat.page.get_by_role("form", name="Settings of the chat")
    await form.get_by_role("combobox", name="Language model").click()
    await expect(form.get_by_role("option").first).to_be_visible()
    assert await left(chat, ".jp-ai-settings-form > *, .jp-ai-panel-notice") == []

    assert await chat.page.evaluate("window.__xss") == 0
    assert (dialogs, server.foreign) == ([], [])
    assert chat.page.url.startswith(chat.lab.url)
    assert len(chat.page.context.pages) == 1
