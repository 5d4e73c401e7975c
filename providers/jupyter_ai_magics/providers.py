"""The names of `base_provider` under the module that plug-ins import them from."""

from __future__ import annotations

import sys

from jupyter_ai_magics.base_provider import (
    CHAT_DEFAULT_TEMPLATE,
    CHAT_SYSTEM_PROMPT,
    COMPLETION_DEFAULT_TEMPLATE,
    COMPLETION_SYSTEM_PROMPT,
    HUMAN_MESSAGE_TEMPLATE,
    AuthStrategy,
    AwsAuthStrategy,
    BaseProvider,
    EnvAuthStrategy,
    Field,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
    IntegerField,
    MultiEnvAuthStrategy,
    MultilineTextField,
    Persona,
    TextField,
)
from jupyter_ai_magics.prompts import PromptModule

__all__ = [
    "CHAT_DEFAULT_TEMPLATE",
    "CHAT_SYSTEM_PROMPT",
    "COMPLETION_DEFAULT_TEMPLATE",
    "COMPLETION_SYSTEM_PROMPT",
    "HUMAN_MESSAGE_TEMPLATE",
    "AuthStrategy",
    "AwsAuthStrategy",
    "BaseProvider",
    "EnvAuthStrategy",
    "Field",
    "InlineCompletionList",
    "InlineCompletionReply",
    "InlineCompletionRequest",
    "InlineCompletionStreamChunk",
    "IntegerField",
    "MultiEnvAuthStrategy",
    "MultilineTextField",
    "Persona",
    "TextField",
]

sys.modules[__name__].__class__ = PromptModule
