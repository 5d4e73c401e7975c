"""The interactive chat: a prompt that is always there, and above it what is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from jupyter_ai.terminal import rendering
from jupyter_ai.terminal.client import ChatClient
from jupyter_ai.terminal.completion import ChatCompleter, may_complete
from jupyter_ai.terminal.keys import Keys
from jupyter_ai.terminal.printers import Pace
from jupyter_ai.terminal.state import Cleared, Event, Lost, Message, Refused, Synced
from jupyter_ai.terminal.transcript import Transcript

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Screen"]

_SHOWN = 40  # messages of the past
_TICK = 0.1  # seconds between two looks of a spinner
_BELOW = 8  # lines that the tail leaves to the prompt and what surrounds it
_KEYS = "Enter sends, Alt-Enter begins a new line, Ctrl-C stops the answer, Ctrl-D leaves."
_PROMPT = f"\x1b[1;34m{rendering.PROMPT}\x1b[0m"


class Screen:
    """One person at one chat, until they leave. Its console must write where prompt_toolkit writes."""

    def __init__(
        self,
        client: ChatClient,
        console: Console,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._console = console
        self._pause = pause
        self.session: PromptSession[str] | None = None  # once the chat's past is known
        self._transcript = Transcript(console, client.state.is_mine)
        self._completer = ChatCompleter(client.link.options)
        self._news = asyncio.Event()  # something is to be painted
        self._pace = Pace()
        self._tail: list[str] = []  # of the message that is coming in
        self._above = ANSI(_PROMPT)  # the prompt, and what is shown above it
        self._hint = ""
        self._wheel = 0  # of the spinner
        self._lost = ""  # why there is no connection

    async def run(self) -> None:
        """Return when the person leaves. Raises `ChatUnreachable` when there is no way back to the chat."""
        event = await self._client.next_event()
        while not isinstance(event, Synced):
            event = await self._client.next_event()
        self._show_past(event.past)
        self.session = self._make_session(event.past)
        try:
            with patch_stdout(raw=True), suppress(EOFError):
                await self.session.prompt_async(pre_run=self._start)
        finally:
            self._print(self._transcript.end())
            if self._client.busy and self._client.link.lasting:
                self._transcript.note("(The answer goes on, and is there when you come back.)")
                self._print(self._transcript.end())

    def submit(self, prompt: str) -> None:
        """Send what was typed."""
        self._client.say(prompt)
        self.hint("")
        self._news.set()

    def stop(self) -> bool:
        """Stop what is being answered; whether anything was."""
        if self._client.busy:
            self._client.stop()
            return True
        return False

    def hint(self, text: str) -> None:
        """Show `text` above the prompt, until another one."""
        if text != self._hint:
            self._hint = text
            self._compose()

    # Setting up

    def _show_past(self, messages: Sequence[Message]) -> None:
        self._transcript.note(f"{self._client.link.name}: {_KEYS}")
        if (earlier := len(messages) - _SHOWN) > 0:
            self._transcript.note(f"… {earlier} earlier messages")
        self._transcript.extend(messages[-_SHOWN:])
        self._print(self._transcript.pull(float("inf")))
        self._news.set()

    def _make_session(self, past: Sequence[Message]) -> PromptSession[str]:
        prompts = [message.prompt for message in past if message.kind == "human"]
        session: PromptSession[str] = PromptSession(
            message=lambda: self._above,
            multiline=True,
            prompt_continuation=" " * len(rendering.PROMPT),
            completer=self._completer,
            complete_while_typing=Condition(lambda: may_complete(_text_before_cursor())),
            key_bindings=Keys(self).bindings(),
            history=InMemoryHistory([prompt for prompt, _ in groupby(prompts)]),
            erase_when_done=True,
        )
        session.default_buffer.on_text_changed += lambda _: self.hint("")
        return session

    def _start(self) -> None:
        get_app().create_background_task(self._watched(self._listen()))
        get_app().create_background_task(self._watched(self._paint_for_ever()))

    async def _watched(self, work: Coroutine[Any, Any, None]) -> None:
        """Work for as long as the prompt is there, which ends if the work does."""
        try:
            await work
        # It is raised where the prompt is awaited.
        except Exception as error:  # noqa: BLE001
            get_app().exit(exception=error)

    # What happens

    async def _listen(self) -> None:
        while True:
            event = await self._client.next_event()
            self._transcript.take(event)
            self._tell(event)
            self._news.set()

    def _tell(self, event: Event) -> None:
        match event:
            case Lost(reason):
                self._lost = f"{reason[:1].upper()}{reason[1:]}. Trying again…"
            case Synced():
                self._lost = ""
                self._completer.forget()
            case Refused(reason):
                self._transcript.note(f"Refused: {reason}")
            case Cleared(everything=True):
                self._transcript.note("The chat was cleared.")

    # Painting

    async def _paint_for_ever(self) -> None:
        while True:
            await self._wait_for_news()
            self._pace.begin()
            self._wheel += 1
            lines = self._transcript.pull()
            self._tail = self._transcript.tail(self._room())
            self._compose()
            if lines:
                await self._print_above(lines)
            if self._transcript.behind:
                self._news.set()
            get_app().invalidate()
            await self._pause(self._pace.rest())

    async def _print_above(self, lines: list[str]) -> None:
        """Print where the prompt is; it is drawn anew below.

        Not `run_in_terminal`, which gives the keyboard back to the terminal for that time: what is typed
        then would be echoed, and Ctrl-D lost.
        """
        renderer = get_app().renderer
        if get_app().output.responds_to_cpr:
            await renderer.wait_for_cpr_responses()  # they tell of the place where the prompt is now
        renderer.erase()
        self._print(lines)
        renderer.request_absolute_cursor_position()

    async def _wait_for_news(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_TICK if self._client.busy or self._lost else None):
                await self._news.wait()
        self._news.clear()

    def _compose(self) -> None:
        hint = [rendering.note(self._hint)] if self._hint else []
        lines = [
            *self._tail,
            *rendering.pending_lines(self._console, self._under_way(), self._wheel),
            *rendering.waiting_lines(self._console, self._client.unconfirmed, self._transcript.waiting),
            *rendering.to_lines(self._console, hint),
        ]
        self._above = ANSI("\n".join([*lines[-self._room() :], "", _PROMPT]))

    def _under_way(self) -> list[str]:
        """What people wait for."""
        if self._lost:
            return [self._lost]
        state = self._client.state
        if state.pending or state.open or not self._client.busy:
            return state.under_way()
        return ["Waiting…"]

    def _room(self) -> int:
        return max(1, self._console.height - _BELOW)

    def _print(self, lines: list[str]) -> None:
        if lines:
            self._console.file.write("\n".join([*lines, ""]))
            self._console.file.flush()


def _text_before_cursor() -> str:
    return get_app().current_buffer.document.text_before_cursor
