"""Completion of slash commands and context commands while a prompt is typed."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from jupyter_ai.errors import ChatUnreachable
from jupyter_ai.terminal.client import Option
from jupyter_ai.terminal.markdown import clean

__all__ = ["ChatCompleter", "may_complete"]

_WORD = re.compile(r"(?:^|(?<=\s))\S*$")
_ARGUMENT = re.compile(r"@\w+:")


def may_complete(text: str) -> bool:
    """Whether the word at the end of `text` may be a command."""
    word = _last_word(text)
    return word.startswith("@") or (word.startswith("/") and word == text.lstrip())


class ChatCompleter(Completer):
    """Asks `fetch` for the commands once, and for the arguments of a context command as it is typed."""

    def __init__(self, fetch: Callable[[str], Awaitable[list[Option]]]) -> None:
        self._fetch = fetch
        self._commands: list[Option] | None = None

    def forget(self) -> None:
        """Ask again: another server may know other commands."""
        self._commands = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Nothing: they come from elsewhere, see `get_completions_async`."""
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """What the word before the cursor may become."""
        text = document.text_before_cursor
        word = _last_word(text)
        if not (may_complete(text) or not text.strip()):
            return
        for option in await self._options(word):
            if option.label.startswith(word) and not (option.only_start and text.lstrip() != word):
                yield _completion(option, word)

    async def _options(self, word: str) -> list[Option]:
        try:
            if _ARGUMENT.match(word):
                return await self._fetch(word)
            if self._commands is None:
                self._commands = sorted(await self._fetch(""), key=lambda option: option.label)
            return self._commands
        except ChatUnreachable:  # the screen tells of that
            return []


def _completion(option: Option, word: str) -> Completion:
    # An argument follows `@file:` at once, and a command after a blank.
    text = option.label if option.label.endswith((":", "/", " ")) else f"{option.label} "
    return Completion(
        clean(text), -len(word), display=clean(option.label), display_meta=clean(option.description)
    )


def _last_word(text: str) -> str:
    found = _WORD.search(text)
    return found[0] if found else ""
