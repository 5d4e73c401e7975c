"""One plug-in: where it comes from, and what has become of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from jupyter_ai_magics.card import Card

__all__ = [
    "CHAT_HANDLERS",
    "CONTEXT_PROVIDERS",
    "DEFAULT_TASKS",
    "EMBEDDINGS_PROVIDERS",
    "GROUPS",
    "INLINE_COMPLETION_PROVIDERS",
    "MODEL_PROVIDERS",
    "OURS",
    "PERSONAS",
    "Plugin",
    "PluginState",
    "with_local",
]

CHAT_HANDLERS = "jupyter_ai.chat_handlers"
PERSONAS = "jupyter_ai.personas"
MODEL_PROVIDERS = "jupyter_ai.model_providers"
EMBEDDINGS_PROVIDERS = "jupyter_ai.embeddings_model_providers"
CONTEXT_PROVIDERS = "jupyter_ai.context_providers"
INLINE_COMPLETION_PROVIDERS = "jupyter_ai.inline_completion_providers"
# In the order of loading: what providers import takes longest.
GROUPS = (
    CHAT_HANDLERS,
    PERSONAS,
    CONTEXT_PROVIDERS,
    INLINE_COMPLETION_PROVIDERS,
    MODEL_PROVIDERS,
    EMBEDDINGS_PROVIDERS,
)
DEFAULT_TASKS = "jupyter_ai.default_tasks"
"""A group of the 2.x series: what is in it is listed, and never loaded."""

OURS = "jupyter-ai"  # the distribution whose plug-ins are the built-ins

PluginState = Literal["loaded", "not loaded", "failed", "blocked", "disabled", "overridden", "not installed"]
"""A partner provider of ours is "not loaded" until it is used, and "not installed" without its package."""


@dataclass(eq=False)
class Plugin:
    """One entry point (or class added by hand), and what has become of it."""

    group: str
    name: str
    target: str
    distribution: str
    version: str = ""
    builtin: bool = False
    state: PluginState = "not loaded"
    reason: str | None = None
    traceback: str | None = None
    overridden_by: str | None = None
    trouble: str | None = None  # what went wrong with it after it was loaded
    obj: type | None = None
    card: Card | None = None  # what our catalogue says of it
    known_id: str | None = None  # from an earlier import
    project: Path | None = None  # the folder of its sources, where its package is installed editable
    where: str | None = None  # the file of its entry point; of what failed, the file and line to look at

    @property
    def id(self) -> str | None:
        """The class's own `id`: ours are known from the start, others once a process has imported them."""
        told = self.card.id if self.card is not None else self.known_id
        return _text(getattr(self.obj, "id", told))

    @property
    def slash_id(self) -> str | None:
        """The command without its slash; None before the import, and for the default handler."""
        return _text(getattr(getattr(self.obj, "routing_type", None), "slash_id", None))

    @property
    def owner(self) -> str:
        return f"{self.distribution} {self.version}".rstrip()

    def describe(self) -> dict[str, Any]:
        """As `GET api/ai/plugins` lists it."""
        return {
            "group": self.group,
            "name": self.name,
            "id": self.id,
            "slash_id": self.slash_id,
            "target": self.target,
            "distribution": self.distribution,
            "version": self.version,
            "builtin": self.builtin,
            "state": self.state,
            "reason": self.reason,
            "traceback": self.traceback,
            "overridden_by": self.overridden_by,
            "trouble": self.trouble,
            "where": self.where,
        }

    def __str__(self) -> str:
        return f"`{self.name}` of {self.owner} ({self.target})"


def with_local(installed: Sequence[Plugin], local: Sequence[Plugin]) -> list[Plugin]:
    """Those of persona files after the personas of packages, in a list sorted by group."""
    at = max((i for i, plugin in enumerate(installed, 1) if plugin.group == PERSONAS), default=len(installed))
    return [*installed[:at], *local, *installed[at:]]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
