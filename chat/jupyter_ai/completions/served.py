"""One inline completion provider of a server, and how it fares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from jupyter_ai.completions.cooldown import status_of
from jupyter_ai.completions.options import ProviderOptions
from jupyter_ai.errors import CompletionUnavailable, JupyterAIError, message_of
from jupyter_ai.keys.redaction import redact

if TYPE_CHECKING:
    from jupyter_ai.completions.base import BaseInlineCompletionProvider
    from jupyter_ai_magics.base_provider import BaseProvider

    Provider = BaseInlineCompletionProvider | BaseProvider

__all__ = ["ServedProvider"]

State = Literal["ready", "failed", "off"]

_DISABLED = "The administrator has switched it off (AiExtension.disabled_completion_providers)."


@dataclass(eq=False)
class ServedProvider:
    """A provider, and how it fares."""

    id: str
    name: str
    options: ProviderOptions
    provider: Provider | None  # None: it could not be made
    cls: type | None = None  # of an installed package; None: registered at run time
    state: State = "ready"
    reason: str | None = None  # why it is not ready, for people
    disabled: bool = False  # by the administrator: it is not asked
    names: frozenset[str] = field(init=False)  # by which others may mean it
    _kind: str = ""  # of its last failure, for programs

    def __post_init__(self) -> None:
        """Collect its names."""
        self.names = frozenset(filter(None, (self.id, self.options.group)))

    def succeed(self) -> bool:
        """Note that it has answered; whether that is news."""
        return self._become("ready", None, "")

    def fail(self, error: BaseException) -> bool:
        """Note that it has not; whether that is news, which other words for the same are not.

        Everybody is told the reason. What anything but our own errors says may be of what one person asked,
        and is for that person only.
        """
        if isinstance(error, CompletionUnavailable):
            return self._become("off", redact(message_of(error)) or "It gave no reason.", error.type)
        kind = type(error).__name__
        if isinstance(error, JupyterAIError):
            told = redact(message_of(error))
        else:
            status = status_of(error)
            told = f"it was answered with status {status}" if status else "it failed when it was asked"
        return self._become("failed", f"{kind}: {told}", kind)

    def disable(self) -> None:
        """Note that the administrator has switched it off."""
        self.disabled = True
        self._become("off", _DISABLED, "")

    def is_broken(self, error: BaseException) -> None:
        """Note that it could not be made."""
        kind, told = type(error).__name__, redact(message_of(error)) or "it gave no reason"
        self._become("failed", f"{kind}: {told}", kind)

    def describe(self) -> dict[str, Any]:
        """As the status tells it."""
        return {"id": self.id, "name": self.name, "state": self.state, "reason": self.reason}

    def _become(self, state: State, reason: str | None, kind: str) -> bool:
        news = (state, kind) != (self.state, self._kind)
        self.state, self.reason, self._kind = state, reason, kind
        return news
