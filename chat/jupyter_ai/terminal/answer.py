"""One prompt and what comes of it, for a client that asks, shows and leaves."""

from __future__ import annotations

from jupyter_ai.terminal.state import ChatState, Cleared, Event, Message, Said

__all__ = ["Answer"]


class Answer:
    """Recognizes the replies to `prompt`, sent once, among all that happens in a chat; without I/O."""

    def __init__(self, state: ChatState, prompt: str) -> None:
        self.human: Message | None = None  # the prompt, once it is a message of the chat
        self.replies: list[Message] = []
        self.cleared = False  # along with the prompt: nothing more will come
        self._state = state
        self._prompt = prompt

    def take(self, event: Event) -> bool:
        """Note an event; whether it is a reply that begins."""
        match event:
            case Said(message) if message.kind == "human":
                if self.human is None and message.prompt == self._prompt and self._state.is_mine(message):
                    self.human = message
            case Said(message) if self._is_reply(message):
                self.replies.append(message)
                return True
            case Cleared(ids) if self.human is not None and self.human.id in ids:
                self.cleared = True
        return False

    @property
    def quiet(self) -> bool:
        """Whether all seems to be said: there is a reply, and nothing of it is unfinished."""
        if self.human is None or not all(reply.complete for reply in self.replies):
            return False
        pending = any(p.get("reply_to") in ("", self.human.id) for p in self._state.pending.values())
        return bool(self.replies) and not pending

    @property
    def failed(self) -> bool:
        """Whether a reply tells of a failure, or is not whole."""
        return any(reply.metadata.keys() & {"error", "interrupted", "empty"} for reply in self.replies)

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it."""
        return any(reply.metadata.get("stopped") for reply in self.replies)

    def _is_reply(self, message: Message) -> bool:
        # Handlers may leave out whom they answer. What only warns or offers is no part of an answer.
        return self.human is not None and not message.warning and message.reply_to in (self.human.id, "")
