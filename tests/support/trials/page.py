"""A page of the chat under observation: its clock, its long tasks, its memory."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chat_page import FLAGS, ChatPage
from lab_server import TOKEN, LabServer
from playwright.async_api import CDPSession, async_playwright

from trials.plugin import install
from trials.treatise import END, START
from trials.websocket import WebSocket

__all__ = ["LONGEST_TASK", "MOST_TIME", "Answer", "WatchedPage", "lab_with_treatises", "watched_page"]

LONGEST_TASK = 200
"""Milliseconds that the page may be busy at a stretch."""

MOST_TIME = 1.5
"""A long answer stands after so many times its stream's own time."""

_SUPPORT = Path(__file__).parents[1]
_QUIET = 1000  # ms without a change, after which an answer stands

# `trial` holds what the DOM and the WebSocket tell: moments since the last prompt, in the page's ms.
_WATCH = """
(() => {
  const trial = (window.trial = { tasks: [], ended: 0 });
  trial.begin = () =>
    Object.assign(trial, { tasks: [], enter: 0, sent: 0, arrived: 0, shown: 0, done: 0, changed: 0 });
  trial.begin();
  new PerformanceObserver(list => {
    for (const { startTime, duration } of list.getEntries()) trial.tasks.push([startTime, duration]);
  }).observe({ entryTypes: ['longtask'] });

  window.addEventListener('keydown', event => {
    if (event.key === 'Enter') trial.enter = event.timeStamp;
  }, true);

  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(url, protocols) {
      super(url, protocols);
      this._isChat = String(url).includes('/api/ai/chats');
      if (this._isChat) this.addEventListener('message', event => receive(event.data));
    }
    send(data) {
      if (this._isChat) trial.sent = performance.now();
      super.send(data);
    }
  };
  function receive(data) {
    const frame = JSON.parse(data);
    if (frame.type !== 'agent-stream-chunk') return;
    if (frame.content && !trial.arrived) trial.arrived = performance.now();
    if (frame.stream_complete) { trial.done = performance.now(); trial.ended++; }
  }

  const elementOf = node => (node instanceof Element ? node : node.parentElement);

  // What is written is on screen after the next frame.
  const painted = () =>
    new Promise(resolve => requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))));
  new MutationObserver(changes => {
    if (!changes.some(({ target }) => elementOf(target)?.closest('.jp-chat-messages-container'))) return;
    trial.changed = performance.now();
    if (trial.arrived && !trial.shown && trial.start) {
      const last = [...document.querySelectorAll('#jupyter-ai-panel .jp-ai-markdown')].at(-1);
      if (last?.textContent.includes(trial.start)) {
        trial.shown = -1;
        void painted().then(at => { trial.shown = at; });
      }
    }
  }).observe(document, { childList: true, subtree: true, characterData: true });

  trial.isOver = quiet =>
    trial.done > 0 && trial.shown > 0 && performance.now() - Math.max(trial.changed, trial.done) > quiet;
})();
"""


@dataclass(frozen=True)
class Answer:
    """What it took to show one, in milliseconds."""

    sending: float  # from Enter until the prompt was sent
    showing: float  # from the first chunk's coming until it was on screen
    longest_task: float
    shown: float  # from the first chunk's coming until all stands
    streamed: float  # from the first chunk to the last, for a client that shows nothing
    is_whole: bool  # its end is there

    @property
    def first(self) -> float:
        """From Enter to the first chunk on screen, without what the WebSocket took."""
        return self.sending + self.showing

    @property
    def ratio(self) -> float:
        """The time until all stands, over the stream's own."""
        return self.shown / self.streamed

    def faults(self) -> list[str]:
        """What must not be."""
        return [
            *([] if self.is_whole else ["its end is not there"]),
            *([f"a task of {self.longest_task:.0f} ms"] if self.longest_task > LONGEST_TASK else []),
            *([f"{self.ratio:.2f} times the stream's time"] if self.ratio > MOST_TIME else []),
        ]


class WatchedPage:
    """A page that asks for treatises."""

    def __init__(self, chat: ChatPage, cdp: CDPSession) -> None:
        self.chat = chat
        self._cdp = cdp

    async def ask(self, kilobytes: int, period: float = 5, patience: float = 120) -> Answer:
        """Ask for so many thousand characters, a chunk each `period` ms; returns when all stands."""
        page, times = self.chat.page, _Times()
        other = await WebSocket.connect(self.chat.lab.port, "/api/ai/chats", TOKEN, times.take)
        await self.chat.input.fill(f"/treatise {kilobytes} {period}")
        await page.keyboard.press("End")
        await page.evaluate("start => { trial.start = start; trial.begin(); }", START)
        # Not by the keyboard alone: on a page that has just come up, JupyterLab may have taken the focus.
        await self.chat.input.press("Enter")
        # From here on nothing but `trial` is used: finding elements costs the page time.
        await page.wait_for_function(
            "quiet => trial.isOver(quiet)", arg=_QUIET, timeout=patience * 1000, polling=100
        )
        other.close()
        told = await page.evaluate("trial")
        text = await self.chat.messages.last.text_content()
        tasks = [took for at, took in told["tasks"] if at + took > told["enter"]]
        return Answer(
            sending=told["sent"] - told["enter"],
            showing=told["shown"] - told["arrived"],
            longest_task=max(tasks, default=0.0),
            shown=max(told["changed"], told["done"]) - told["arrived"],
            streamed=times.seconds * 1000,
            is_whole=text is not None and END in text,
        )

    async def exchange(self, times: int) -> None:
        """Ask for so many short answers, one after the other."""
        for _ in range(times):
            ended = await self.chat.page.evaluate("trial.ended")
            await self.chat.input.fill("/treatise 1 0")
            await self.chat.input.press("Enter")
            await self.chat.page.wait_for_function("ended => trial.ended > ended", arg=ended)

    async def memory(self) -> float:
        """What its JavaScript holds, in MB, without what nothing refers to."""
        await self._cdp.send("HeapProfiler.collectGarbage")
        told = await self._cdp.send("Performance.getMetrics")
        found: dict[str, float] = {metric["name"]: metric["value"] for metric in told["metrics"]}
        return found["JSHeapUsedSize"] / 1e6

    async def clear(self) -> None:
        """Forget all that was said."""
        await self.chat.lab.forget()
        await self.chat.page.wait_for_function(
            "() => document.querySelectorAll('#jupyter-ai-panel .jp-chat-message').length === 1"
        )


class _Times:
    """When the first and the last chunk came to a client that shows nothing."""

    def __init__(self) -> None:
        self._first = self._last = 0.0

    @property
    def seconds(self) -> float:
        return self._last - self._first

    def take(self, frame: bytes) -> None:
        told = json.loads(frame)
        if told["type"] == "agent-stream-chunk" and told["content"]:
            self._last = time.monotonic()
            self._first = self._first or self._last


@contextmanager
def lab_with_treatises() -> Iterator[LabServer]:
    """JupyterLab on a server that knows `/treatise`."""
    site = Path(tempfile.mkdtemp(prefix="trial-"))
    before = filter(None, [os.environ.get("PYTHONPATH")])
    path = os.pathsep.join([str(_SUPPORT), str(install(site)), *before])
    try:
        with LabServer(environment={"PYTHONPATH": path}) as server:
            yield server
    finally:
        shutil.rmtree(site, ignore_errors=True)


@asynccontextmanager
async def watched_page(server: LabServer) -> AsyncIterator[WatchedPage]:
    """A page of it with the panel shown, at its first message."""
    async with async_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
        await context.add_init_script(_WATCH)
        chat = ChatPage(await context.new_page(), server)
        cdp = await context.new_cdp_session(chat.page)
        await cdp.send("Performance.enable")
        await chat.open()
        await chat.show()
        await chat.messages.first.wait_for()
        yield WatchedPage(chat, cdp)
        await browser.close()
