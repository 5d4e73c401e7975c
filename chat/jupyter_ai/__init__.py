"""A chat for Jupyter in which every ability is a plug-in.

The names of this package are imported when they are first used: `import jupyter_ai` is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_ai.extension import AiExtension
    from jupyter_ai_magics import BaseEmbeddingsProvider, BaseProvider, JupyternautPersona, Persona
    from jupyter_ai_magics.base_provider import (
        CHAT_DEFAULT_TEMPLATE,
        CHAT_SYSTEM_PROMPT,
        COMPLETION_DEFAULT_TEMPLATE,
        COMPLETION_SYSTEM_PROMPT,
        HUMAN_MESSAGE_TEMPLATE,
        AuthStrategy,
        AwsAuthStrategy,
        EnvAuthStrategy,
        Field,
        IntegerField,
        MultiEnvAuthStrategy,
        MultilineTextField,
        TextField,
    )
    from jupyter_ai_magics.models.completion import (
        InlineCompletionList,
        InlineCompletionReply,
        InlineCompletionRequest,
        InlineCompletionStreamChunk,
    )

__version__ = "2.40.0"

_MAGICS = "jupyter_ai_magics"
_BASE = "jupyter_ai_magics.base_provider"
_COMPLETION = "jupyter_ai_magics.models.completion"
_HOMES = {
    "AiExtension": "jupyter_ai.extension",
    "BaseEmbeddingsProvider": _MAGICS,
    "BaseProvider": _MAGICS,
    "JupyternautPersona": _MAGICS,
    "Persona": _MAGICS,
    "AuthStrategy": _BASE,
    "AwsAuthStrategy": _BASE,
    "CHAT_DEFAULT_TEMPLATE": _BASE,
    "CHAT_SYSTEM_PROMPT": _BASE,
    "COMPLETION_DEFAULT_TEMPLATE": _BASE,
    "COMPLETION_SYSTEM_PROMPT": _BASE,
    "EnvAuthStrategy": _BASE,
    "Field": _BASE,
    "HUMAN_MESSAGE_TEMPLATE": _BASE,
    "IntegerField": _BASE,
    "MultiEnvAuthStrategy": _BASE,
    "MultilineTextField": _BASE,
    "TextField": _BASE,
    "InlineCompletionList": _COMPLETION,
    "InlineCompletionReply": _COMPLETION,
    "InlineCompletionRequest": _COMPLETION,
    "InlineCompletionStreamChunk": _COMPLETION,
    # Not in `__all__`, because each needs a package that may not be installed.
    "AI21Provider": _MAGICS,
    "GPT4AllProvider": _MAGICS,
    "HfHubProvider": _MAGICS,
    "QianfanProvider": _MAGICS,
    "TogetherAIProvider": _MAGICS,
}

__all__ = [
    "CHAT_DEFAULT_TEMPLATE",
    "CHAT_SYSTEM_PROMPT",
    "COMPLETION_DEFAULT_TEMPLATE",
    "COMPLETION_SYSTEM_PROMPT",
    "HUMAN_MESSAGE_TEMPLATE",
    "AiExtension",
    "AuthStrategy",
    "AwsAuthStrategy",
    "BaseEmbeddingsProvider",
    "BaseProvider",
    "EnvAuthStrategy",
    "Field",
    "InlineCompletionList",
    "InlineCompletionReply",
    "InlineCompletionRequest",
    "InlineCompletionStreamChunk",
    "IntegerField",
    "JupyternautPersona",
    "MultiEnvAuthStrategy",
    "MultilineTextField",
    "Persona",
    "TextField",
    "__version__",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Not kept here: prompt constants may be replaced at run time where they live.
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from jupyter_ai.extension import AiExtension

    return [{"module": "jupyter_ai", "app": AiExtension}]
