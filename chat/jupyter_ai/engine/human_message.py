"""What a person asks, as the message that the chat keeps."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from jupyter_ai.attachments import ATTACHED_ONLY
from jupyter_ai.engine.frame import encodable
from jupyter_ai.models import HumanChatMessage

if TYPE_CHECKING:
    from jupyter_ai.models import ChatClient, ChatRequest, Selection

__all__ = ["human_message", "title_of"]

_TITLE_LENGTH = 60


def human_message(request: ChatRequest, client: ChatClient) -> HumanChatMessage:
    """The message that a request makes."""
    is_blank = request.attachments and not request.prompt.strip()
    prompt = ATTACHED_ONLY if is_blank else request.prompt
    return HumanChatMessage(
        id=uuid.uuid4().hex,
        time=time.time(),
        body=_body(prompt, request.selection),
        prompt=prompt,
        selection=request.selection,
        notebook=request.notebook,
        attachments=request.attachments,
        client=client,
    )


def title_of(prompt: str) -> str:
    """What a chat is called that begins with `prompt`."""
    line = encodable(next(iter(prompt.strip().splitlines()), ""))
    return line if len(line) <= _TITLE_LENGTH else f"{line[: _TITLE_LENGTH - 1]}…"


def _body(prompt: str, selection: Selection | None) -> str:
    if selection is None or not selection.source:
        return prompt
    fence = "```"
    while fence in selection.source:
        fence += "`"
    return f"{prompt}\n\n{fence}\n{selection.source}\n{fence}"
