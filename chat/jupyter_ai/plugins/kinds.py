"""What a plug-in of each group is called, and what its class claims once it is found to be right."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

from jupyter_ai.plugins import validation
from jupyter_ai.plugins.clashes import SLASH_IDS, Claim, Verdict
from jupyter_ai.plugins.record import (
    CHAT_HANDLERS,
    CONTEXT_PROVIDERS,
    EMBEDDINGS_PROVIDERS,
    INLINE_COMPLETION_PROVIDERS,
    MODEL_PROVIDERS,
    PERSONAS,
    Plugin,
)
from jupyter_ai.plugins.validation import PluginError

__all__ = ["claim_of", "note", "noun"]


class _Kind(NamedTuple):
    """What a plug-in of a group is called, and what may be wrong with its class."""

    noun: str
    problems: Callable[[type], list[str]]


_KINDS = {
    CHAT_HANDLERS: _Kind("chat handler", validation.chat_handler_problems),
    PERSONAS: _Kind("persona", validation.persona_problems),
    MODEL_PROVIDERS: _Kind("model provider", validation.provider_problems),
    EMBEDDINGS_PROVIDERS: _Kind("embeddings provider", validation.embeddings_provider_problems),
    CONTEXT_PROVIDERS: _Kind("context provider", validation.context_provider_problems),
    INLINE_COMPLETION_PROVIDERS: _Kind(
        "inline completion provider", validation.inline_completion_provider_problems
    ),
}


def noun(plugin: Plugin) -> str:
    return _KINDS[plugin.group].noun if plugin.group in _KINDS else "default task"


def claim_of(plugin: Plugin) -> Claim:
    """What the class claims; raise `PluginError` with all that is wrong with it."""
    cls, kind = plugin.obj, _KINDS[plugin.group]
    if not isinstance(cls, type):
        raise PluginError(f"`{plugin.target}` is not a class: register a class")
    if problems := kind.problems(cls):
        complaint = f"`{cls.__name__}` ({plugin.target}) cannot be used as {kind.noun}"
        raise PluginError(f"{complaint}: {'; '.join(problems)}")
    if plugin.group == CHAT_HANDLERS or (plugin.group == PERSONAS and plugin.slash_id is not None):
        return Claim(SLASH_IDS, plugin.slash_id)
    return Claim(plugin.group, plugin.name if plugin.group == PERSONAS else plugin.id)


def note(plugin: Plugin, verdict: Verdict) -> tuple[int, str]:
    """What the log says of a verdict, and at which level."""
    if verdict.state != "loaded":
        state = "failed" if verdict.state == "failed" else f"is {verdict.state}"
        return verdict.level, f"{noun(plugin).capitalize()} {plugin} {state}: {verdict.reason}"
    routed = plugin.group == CHAT_HANDLERS and plugin.slash_id is not None
    command = f" with command `/{plugin.slash_id}`" if routed else ""
    return logging.INFO, f"Registered {noun(plugin)} `{plugin.id or plugin.name}`{command}."
