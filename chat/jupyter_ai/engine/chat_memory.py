"""What models remember of one chat: read from the store when first needed, and kept there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_ai.engine.memory import Shortening, exchange_rows, memory_row, recall

if TYPE_CHECKING:
    from jupyter_ai.engine.chat import Chat
    from jupyter_ai.engine.store import MemoryRow
    from jupyter_ai.history import BoundedChatHistory
    from jupyter_ai.models import HumanChatMessage

__all__ = ["ChatMemory"]


class ChatMemory:
    """The memory of one chat, and its rows until somebody asks for it."""

    def __init__(self, chat: Chat, rows: list[MemoryRow]) -> None:
        self._chat = chat
        self._rows = rows  # that were stored
        self._history: BoundedChatHistory | None = None
        self._length: int | None = None  # as it was chosen last
        self._shortening = Shortening(chat.log, chat.say)

    @property
    def history(self) -> BoundedChatHistory:
        """The memory itself."""
        if self._history is None:
            from jupyter_ai.history import BoundedChatHistory

            engine = self._chat.engine
            self._length = engine.memory_length()
            self._history = BoundedChatHistory(k=self._length)
            if lost := recall(self._rows, self._history):
                engine.log.warning("%d memories of chat %s cannot be read; left out.", lost, self._chat.id)
            self._rows = []
            self._history.observe(
                lambda human_id, message: self._keep(memory_row(human_id, message)),
                lambda ids: _ignore(engine.store.clear_memory(self._chat.id, ids)),
            )
        return self._history

    def take_over_length(self) -> None:
        """Take over another length; one that a plug-in has set stays until then."""
        length = self._chat.engine.memory_length()
        if self._history is not None and length != self._length:
            self._history.k = self._length = length

    def check(self, human_id: str, budget: int | None) -> None:
        """Say in the chat, once, that `budget` tokens leave out its beginning."""
        self._shortening.check(human_id, self.history, budget)

    def remember_cut(self, human: HumanChatMessage, answer: str) -> None:
        """Add an exchange that a crash or a restart cut off, unless it is in."""
        if not answer or any(row.human_id == human.id for row in self._rows):
            return
        for row in exchange_rows(human.id, human.body, answer):
            self._rows.append(row)
            self._keep(row)

    def forget(self, targets: list[str] | None) -> None:
        """Forget these exchanges (ids of human messages), or with None all of them."""
        self._rows = [] if targets is None else [row for row in self._rows if row.human_id not in targets]
        if self._history is not None:
            self._history.clear(targets)

    def _keep(self, row: MemoryRow) -> None:
        if not self._chat.closed:
            self._chat.engine.store.add_memory(self._chat.id, row)


def _ignore(_: object) -> None:
    return None
