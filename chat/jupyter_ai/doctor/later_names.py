"""What packages written for 3.x import, and what stands for it here."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

from jupyter_ai_magics.langchain_moves import Import

__all__ = ["LATER_MODULES", "later_advice"]

LATER_MODULES: Mapping[str, str] = {
    "jupyter_ai_chat_commands": "write a chat handler: `BaseChatHandler` from `jupyter_ai.chat_handlers`",
    "jupyter_ai_jupyternaut": "the default chat handler answers: `DefaultChatHandler` from "
    "`jupyter_ai.chat_handlers`",
    "jupyter_ai_litellm": "write a model provider: `BaseProvider` from `jupyter_ai_magics`",
    "jupyter_ai_magic_commands": "import the magics from `jupyter_ai_magics`",
    "jupyter_ai_router": "name a chat handler in the entry point group `jupyter_ai.chat_handlers`: "
    "`BaseChatHandler` from `jupyter_ai.chat_handlers`",
    "jupyterlab_chat": "import messages from `jupyter_ai.models`",
}
"""By module of 3.x or of what it rests on."""

_OURS = ("jupyter_ai", "jupyter_ai_magics", "jupyter_ai_persona_manager", "mockllm")


def later_advice(wanted: Import) -> str | None:
    """What to do about an import that only another version of Jupyter AI has; None if it can be had here.

    Ours are imported to find out, what is examined is not.
    """
    top = wanted.module.partition(".")[0]
    if top in LATER_MODULES:
        return LATER_MODULES[top]
    return _lacking(wanted) if top in _OURS else None


def _lacking(wanted: Import) -> str | None:
    try:
        if find_spec(wanted.module) is None:
            return f"jupyter_ai has no module `{wanted.module}`"
        module = import_module(wanted.module)
    except ImportError:
        return f"jupyter_ai has no module `{wanted.module}`"
    lost = [name for name in wanted.names if not _has(module, name)]
    if not lost:
        return None
    near = difflib.get_close_matches(lost[0], getattr(module, "__all__", dir(module)), 1)
    hint = f" (it has `{near[0]}`)" if near else ""
    return f"`{wanted.module}` has no {' and no '.join(f'`{name}`' for name in lost)}{hint}"


def _has(module: object, name: str) -> bool:
    try:
        return hasattr(module, name) or find_spec(f"{module.__name__}.{name}") is not None  # type: ignore[attr-defined]
    except ImportError:
        return False
