"""Screen readers and languages: axe finds nothing serious, replies are told, all words are translated."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from chat_page import ChatPage, OpenChat
from lab_server import LabServer
from playwright.async_api import expect
from scripted_chat import connection, scripted

UI = Path(__file__).parents[2] / "ui"
AXE = UI / "node_modules/axe-core/axe.min.js"
SERIOUS = """async where => {
  const { violations } = await axe.run({ include: where }, { resultTypes: ['violations'] });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, html }) => `${id}: ${target} ${html.slice(0, 160)}`));
}"""
PANEL = "#jupyter-ai-panel"
MENU = "[role=listbox]"
SETTINGS = ".jp-ai-settings-form"
REPLY = """A list:

- one with `code`
- a [link](https://example.org)

```python
def f(x):
    return "a text", 1  # a remark
```

| a | b |
|---|---|
| 1 | 2 |
"""
PERSONA = {"name": "Jupyternaut", "avatar_route": "api/ai/static/jupyternaut.svg"}
SAID = re.compile(r"trans\.__\(\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")")
# What is seen and read out, but for what people, models and plug-ins said.
WORDS = """where => {
  const words = [];
  const shown = NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT;
  const walker = document.createTreeWalker(document.querySelector(where), shown);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    const element = node instanceof Element ? node : node.parentElement;
    const names = '.jp-chat-message-header, .jp-ai-chip-name';
    const others = `.jp-ai-message, ${names}, [role=listbox], [aria-hidden=true]`;
    if (element.closest(others) || !element.checkVisibility()) continue;
    if (node instanceof Text) words.push(node.data);
    else {
      const names = ['aria-label', 'title', 'placeholder', 'alt'];
      words.push(...names.map(name => node.getAttribute(name) ?? ''));
    }
  }
  return words.filter(word => /\\p{L}{2}/u.test(word) && !word.includes('⟦'));
}"""


def frames() -> list[dict[str, Any]]:
    """A prompt with a file and its reply, one with an error, and a reply that is streamed."""
    human = {
        "type": "human",
        "time": 1,
        "selection": None,
        "client": {"id": "c", "username": "u", "display_name": "Ada"},
    }
    agent = {"type": "agent", "time": 2, "persona": PERSONA, "metadata": {}}
    read = {"command": "", "name": "data.py", "kind": "text", "characters": 6, "tokens": 2, "left_out": 0}
    context = {"context": {"included": [{**read, "reason": None}], "tokens": 2, "room": 9}}
    attachments = [{"type": "file", "value": "data.py"}]
    error = {"error": {"name": "ValueError", "message": "no"}}
    history = [
        {**human, "id": "1", "body": "a question", "prompt": "a question", "attachments": attachments},
        {**agent, "id": "2", "reply_to": "1", "body": REPLY, "metadata": context},
        {**human, "id": "3", "body": "another", "prompt": "another"},
        {
            **agent,
            "id": "4",
            "reply_to": "3",
            "body": "It failed.\n\n<details><summary>Details</summary>\n\n```\nTrace\n```\n\n</details>",
            "metadata": error,
        },
    ]
    chunk = {"type": "agent-stream-chunk", "id": "5", "metadata": {}}
    return [
        {"type": "persona", "name": "Reviewer"},
        {**connection(history), "wait": True},
        {**agent, "type": "agent-stream", "id": "5", "reply_to": "1", "body": "", "complete": False},
        {**chunk, "content": "The whole ", "stream_complete": False, "rest": True},
        {**chunk, "content": "answer.", "stream_complete": True},
    ]


async def serious(chat: ChatPage, *where: str) -> list[str]:
    found: list[str] = await chat.page.evaluate(SERIOUS, list(where))
    return found


async def test_axe_finds_nothing_serious_and_replies_are_told(lab: LabServer, open_chat: OpenChat) -> None:
    chat = await open_chat(lab)
    await chat.page.add_init_script(scripted(frames()))
    await chat.open()
    await chat.show()
    await expect(chat.messages).to_have_count(4)
    await chat.input.fill("more")
    await chat.input.press("Enter")
    await chat.reply("The whole answer.")
    spoken = chat.panel.locator("[aria-live=polite].jp-ai-spoken")
    await expect(spoken).to_have_text("Jupyternaut answers: The whole answer.")
    await chat.page.add_script_tag(path=AXE)
    found = {}

    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        await chat.execute("apputils:change-theme", {"theme": theme})
        await expect(chat.page.locator(f"body[data-jp-theme-name='{theme}']")).to_be_attached()
        await chat.show()
        found[theme, "chat"] = await serious(chat, PANEL)
        await chat.type("/")
        await chat.page.get_by_role("listbox", name="Completions").get_by_role("option").first.wait_for()
        found[theme, "menu"] = await serious(chat, PANEL, MENU)
        await chat.input.press("Escape")
        await chat.input.fill("")
        await chat.panel.locator(".jp-ai-selector-button").click()
        await chat.panel.get_by_role("option").first.wait_for()
        found[theme, "selector"] = await serious(chat, PANEL)
        await chat.page.keyboard.press("Escape")
        await chat.execute("jupyter-ai-ui:settings")
        await expect(chat.page.get_by_role("combobox", name="Language model")).to_have_value(
            "mockllm:offline"
        )
        found[theme, "settings"] = await serious(chat, SETTINGS)

    await chat.panel.evaluate("panel => panel.append(document.createElement('button'))")
    assert len(await serious(chat, PANEL)) == 1  # as it would be told
    faults = [f"{state}: {fault}" for state, faults in found.items() for fault in faults]
    assert faults == [], "\n".join(faults)


async def test_no_word_is_left_untranslated(lab: LabServer, open_chat: OpenChat) -> None:
    source = "\n".join(path.read_text() for path in (UI / "src").rglob("*.ts*"))
    words = {re.sub(r"\\(.)", r"\1", one or other) for one, other in SAID.findall(source)}
    language = {"domain": "jupyter_ai", "language": "eo", "plural_forms": "nplurals=2; plural=(n != 1);"}
    translated = {"": language, **{word: [f"⟦{word}⟧"] for word in words}}
    chat = await open_chat(lab)
    await chat.page.route(
        "**/api/translations/*",
        lambda route: route.fulfill(json={"data": {"jupyter_ai": translated}, "message": ""}),
    )
    await chat.page.add_init_script(scripted(frames()))
    await chat.open()
    await chat.show()
    await expect(chat.messages).to_have_count(4)
    left = await chat.page.evaluate(WORDS, PANEL)
    await chat.execute("jupyter-ai-ui:settings")
    await expect(chat.page.get_by_role("combobox").first).to_be_visible()
    await expect(chat.page.locator(f"{SETTINGS} input").first).to_be_visible()
    left += await chat.page.evaluate(WORDS, SETTINGS)

    routes = ("chats", "personas", "providers", "providers/embeddings")
    said = [lab.request("GET", f"api/ai/{route}") for route in routes]
    by_server = json.dumps(said, ensure_ascii=False)
    assert len(words) > 100
    assert [word for word in left if word not in by_server] == []
