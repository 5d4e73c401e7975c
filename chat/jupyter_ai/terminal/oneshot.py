"""One question and its answer, and then the end: for a command line and for a pipe."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jupyter_ai.terminal.answer import Answer
from jupyter_ai.terminal.client import ChatClient
from jupyter_ai.terminal.markdown import clean
from jupyter_ai.terminal.printers import Printer
from jupyter_ai.terminal.state import Event, Lost, Refused, Said, Settled, Synced

__all__ = ["FAILED", "INTERRUPTED", "Question"]

FAILED = 1
INTERRUPTED = 130


class Question:
    """Sends a prompt and shows its answer; what is no part of it goes to `tell`."""

    def __init__(
        self, client: ChatClient, prompt: str, printer: Printer, tell: Callable[[str], None]
    ) -> None:
        self._client = client
        self._prompt = prompt
        self._printer = printer
        self._tell = tell
        self._answer = Answer(client.state, prompt)
        self._interrupts = 0
        self._refused = False
        self._settling = False  # a `Settled` is on its way
        self._settled = False  # it has come, and the answer has been quiet since

    async def ask(self) -> int:
        """Return the exit code when the answer is over.

        Cancelling it leaves the answer to whoever makes it. Ctrl-C stops the answer, a second one cancels.
        """
        with self._catching_interrupts():
            self._client.say(self._prompt)
            try:
                await self._follow()
            finally:
                self._printer.close()
        if self._interrupts:
            return INTERRUPTED
        return FAILED if self._refused or self._answer.failed or self._answer.stopped else 0

    async def _follow(self) -> None:
        while not self._is_over():
            event = await self._client.next_event()
            ours = self._answer.take(event)
            if ours or not isinstance(event, Said):
                self._printer.take(event)
            else:
                self._on_other_message(event)
            self._on_event(event)

    def _on_other_message(self, event: Said) -> None:
        if event.message.warning:
            self._tell(clean(event.message.text))
        if event.message is self._answer.human and self._interrupts:
            self._client.stop(event.message.id)  # Ctrl-C came before its id was known

    def _on_event(self, event: Event) -> None:
        match event:
            case Lost(reason):
                self._tell(f"{reason}; trying again…")
            case Synced(first=False):
                self._tell("Connected again.")
            case Refused(reason) if self._answer.human is None:
                self._refused = True
                self._tell(clean(reason))
            case Settled():
                self._settling, self._settled = False, True

    def _is_over(self) -> bool:
        """Whether nothing more will come; while it looks so, the link is asked."""
        if self._refused or self._answer.cleared:
            return True
        if not self._answer.quiet:
            self._settled = False
        elif not self._settled and not self._settling and self._answer.human is not None:
            self._settling = True
            self._client.settle(self._answer.human.id)
        return self._settled

    # Ctrl-C

    @contextmanager
    def _catching_interrupts(self) -> Iterator[None]:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            loop.add_signal_handler(signal.SIGINT, self.interrupt, task)
        except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    def interrupt(self, task: asyncio.Task[int] | None) -> None:
        """Stop the answer; at the second call, cancel the task that waits for it."""
        self._interrupts += 1
        if self._interrupts > 1 and task is not None:
            task.cancel()
        elif self._answer.human is not None:
            self._client.stop(self._answer.human.id)
