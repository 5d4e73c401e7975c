"""What keys do at the prompt: Enter sends, Ctrl-C stops and, pressed again, leaves."""

from __future__ import annotations

from typing import Protocol

from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import has_focus
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

__all__ = ["Keys"]

_AGAIN = "Ctrl-C again leaves."


class _Chat(Protocol):
    def submit(self, prompt: str) -> None: ...

    def stop(self) -> bool: ...

    def hint(self, text: str) -> None: ...


class Keys:
    """The keys of one prompt."""

    def __init__(self, chat: _Chat) -> None:
        self._chat = chat
        self._armed_at: str | None = None  # the text at which Ctrl-C was pressed: once more, and it leaves

    def bindings(self) -> KeyBindings:
        """For prompt_toolkit."""
        bindings = KeyBindings()
        here = has_focus(DEFAULT_BUFFER)
        bindings.add("enter", filter=here)(self._enter)
        bindings.add("escape", "enter", filter=here)(self._new_line)
        bindings.add("c-c", filter=here)(self._interrupt)
        bindings.add("<sigint>", filter=here)(self._interrupt)
        return bindings

    def _enter(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None  # it was picked; the next Enter sends
            return
        prompt = buffer.text.strip()
        if prompt:
            self._armed_at = None
            buffer.reset(append_to_history=True)
            self._chat.submit(prompt)

    def _new_line(self, event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    def _interrupt(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if self._armed_at == buffer.text:
            event.app.exit(exception=EOFError)
            return
        if not self._chat.stop():
            buffer.reset()
        self._chat.hint(_AGAIN)
        self._armed_at = buffer.text
