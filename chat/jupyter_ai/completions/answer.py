"""What one request is answered on the wire: one reply, then chunks of what it began, each with one end."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionStreamChunk,
)

__all__ = ["Answer", "Part", "empty_reply"]

Part = InlineCompletionReply | InlineCompletionStreamChunk


class Answer:
    """Lets through what a client may be sent; `finish` says what is left to be sent at the end."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._replied = False
        self._open: dict[str, InlineCompletionItem] = {}  # by token: suggestions that are to grow

    def feed(self, part: Part) -> bool:
        """Whether to send it: not a second reply, nor a chunk of what was not begun or is done."""
        if isinstance(part, InlineCompletionReply):
            return self._reply(part)
        token = part.response.token
        if token is None or token not in self._open:
            return False
        self._open[token] = part.response
        if part.done:
            del self._open[token]
        return True

    def finish(self) -> Iterator[Part]:
        """An empty reply if there was none, and the end of each suggestion that has none."""
        if not self._replied:
            self._replied = True
            yield empty_reply(self.number)
        for token in list(self._open):
            item = self._open.pop(token).model_copy(update={"isIncomplete": False})
            yield InlineCompletionStreamChunk(response=item, reply_to=self.number, done=True)

    def _reply(self, reply: InlineCompletionReply) -> bool:
        first, self._replied = not self._replied, True
        if first:
            self._open = {item.token: item for item in reply.list.items if item.isIncomplete and item.token}
        return first


def empty_reply(number: int) -> InlineCompletionReply:
    """The answer that there is nothing to suggest."""
    return InlineCompletionReply(list=InlineCompletionList(items=[]), reply_to=number)
