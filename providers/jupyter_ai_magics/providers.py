"""The names of `base_provider` under the module that plug-ins import them from, and some partner providers.

These are imported when they are first named, since each needs a package that may be missing.
"""

from __future__ import annotations

import sys
from typing import Any

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
from jupyter_ai_magics.partner_names import partner_class
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


def __getattr__(name: str) -> Any:
    return partner_class(name, __name__)


sys.modules[__name__].__class__ = PromptModule
