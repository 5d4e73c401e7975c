"""The interactive chat: a prompt that is always there, and above it what is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import ANSI, AnyFormattedText, merge_formatted_text
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout

from jupyter_ai.terminal import rendering
from jupyter_ai.terminal.client import ChatClient
from jupyter_ai.terminal.completion import ChatCompleter, may_complete
from jupyter_ai.terminal.printers import Pace
from jupyter_ai.terminal.state import Cleared, Event, Lost, Refused, Said, Synced
from jupyter_ai.terminal.transcript import Transcript

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from rich.console import Console

__all__ = ["Screen"]

_SHOWN = 40  # messages of the past
_TICK = 0.1  # seconds between two looks of a spinner
_BELOW = 6  # lines that the tail leaves to the prompt and what surrounds it


class Screen:
    """One person at one chat, until they leave."""

    def __init__(
        self, client: ChatClient, console: Console, *, pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._client = client
        self._console = console
        self._pause = pause
        self._transcript = Transcript(console, client.state.is_mine)
        self._completer = ChatCompleter(client.link.options)
        self._history = InMemoryHistory()
        self._news = asyncio.Event()  # something is to be painted
        self._pace = Pace()
        self._tail: list[str] = []
        self._hint = ""
        self._wheel = 0
        self._armed = False  # Ctrl-C was pressed: the next one leaves
        self._lost = False
        self._session: PromptSession[str] | None = None

    async def run(self) -> None:
        """Return when the person leaves. Raises `ChatUnreachable` when there is no way back to the chat."""
        events = self._client.events()
        async for event in events:
            if isinstance(event, Synced):
                break
        self._show_past()
        self._session = self._make_session()
        with patch_stdout(raw=True):
            work = [asyncio.create_task(self._listen(events)), asyncio.create_task(self._paint_for_ever())]
            try:
                with suppress(EOFError):
                    await self._session.prompt_async()
            finally:
                for task in work:
                    task.cancel()
                await asyncio.gather(*work, return_exceptions=True)
        self._print(self._transcript.end())
