"""Keys taken out of what a chat says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_ai.engine.frame import plain
from jupyter_ai.keys.redaction import active, redact, redact_data
from jupyter_ai.models import BaseAgentMessage, PendingMessage

if TYPE_CHECKING:
    from jupyter_ai.models import Message

__all__ = ["take_keys_out", "without_keys"]


def take_keys_out(message: Message) -> None:
    """Take keys out of what a plug-in or we say; what people said stays as it is."""
    if active() and isinstance(message, BaseAgentMessage | PendingMessage):
        message.body = redact(message.body)
    if isinstance(message, BaseAgentMessage):
        message.metadata = without_keys(message.metadata)


def without_keys(metadata: dict[str, Any]) -> dict[str, Any]:
    """`metadata` as it may be shown."""
    found: dict[str, Any] = redact_data(plain(metadata)) if metadata and active() else metadata
    return found
