"""The names that plug-ins import, pinned."""

import inspect
from importlib import import_module

import pytest

NAMES = {
    "jupyter_ai": (
        "AiExtension AuthStrategy AwsAuthStrategy BaseProvider CHAT_DEFAULT_TEMPLATE "
        "CHAT_SYSTEM_PROMPT COMPLETION_DEFAULT_TEMPLATE COMPLETION_SYSTEM_PROMPT EnvAuthStrategy "
        "Field HUMAN_MESSAGE_TEMPLATE InlineCompletionList InlineCompletionReply "
        "InlineCompletionRequest InlineCompletionStreamChunk IntegerField MultiEnvAuthStrategy "
        "MultilineTextField TextField"
    ),
    "jupyter_ai.chat_handlers": (
        "BaseChatHandler ClearChatHandler DefaultChatHandler HelpChatHandler SlashCommandRoutingType"
    ),
    "jupyter_ai.chat_handlers.base": (
        "BaseChatHandler ChatMessage GenerationInterrupted HandlerRoutingType MarkdownHelpFormatter "
        "Message SlashCommandRoutingType get_preferred_dir"
    ),
    "jupyter_ai.chat_handlers.default": ("DefaultChatHandler"),
    "jupyter_ai.callback_handlers": ("MetadataCallbackHandler"),
    "jupyter_ai.config_manager": (
        "AnyProvider AuthError BlockedModelError ConfigManager DEFAULT_INDENTATION_DEPTH JupyternautPersona "
        "KeyEmptyError KeyInUseError WriteConflictError"
    ),
    "jupyter_ai.completions": ("BaseInlineCompletionProvider ProviderOptions"),
    "jupyter_ai.completions.handlers": ("BaseInlineCompletionHandler DefaultInlineCompletionHandler"),
    "jupyter_ai.completions.handlers.base": ("BaseInlineCompletionHandler"),
    "jupyter_ai.completions.handlers.default": ("DefaultInlineCompletionHandler"),
    "jupyter_ai.completions.models": (
        "CompletionError InlineCompletionItem InlineCompletionList InlineCompletionReply "
        "InlineCompletionRequest InlineCompletionStreamChunk"
    ),
    "jupyter_ai.context_providers": (
        "BaseCommandContextProvider ContextCommand ContextProviderException FileContextProvider find_commands"
    ),
    "jupyter_ai.context_providers.base": (
        "BaseCommandContextProvider ChatMessage ContextCommand ContextProviderException find_commands"
    ),
    "jupyter_ai.context_providers.file": ("FILE_CONTEXT_TEMPLATE FileContextProvider SUPPORTED_EXTS"),
    "jupyter_ai.personas": ("BasePersona PersonaDefaults PersonaRequirementsUnmet"),
    "jupyter_ai.personas.base_persona": ("BasePersona PersonaDefaults"),
    "jupyter_ai_persona_manager": ("BasePersona PersonaDefaults PersonaManager PersonaRequirementsUnmet"),
    "jupyter_ai.extension": (
        "AiExtension DEFAULT_HELP_MESSAGE_TEMPLATE JUPYTERNAUT_AVATAR_PATH JUPYTERNAUT_AVATAR_ROUTE"
    ),
    "jupyter_ai.handlers": (
        "ApiKeysHandler AutocompleteOptionsHandler ChatHistoryHandler EmbeddingsModelProviderHandler "
        "GlobalConfigHandler ModelProviderHandler RootChatHandler SlashCommandsInfoHandler"
    ),
    "jupyter_ai.history": ("HUMAN_MSG_ID_KEY BoundedChatHistory WrappedBoundedChatHistory"),
    "jupyter_ai.models": (
        "AgentChatMessage AgentStreamChunkMessage AgentStreamMessage CellError CellSelection "
        "CellWithErrorSelection ChatClient ChatHistory ChatMessage ChatRequest ChatUser ClearMessage "
        "ClearRequest ClosePendingMessage ConnectionMessage DEFAULT_CHUNK_OVERLAP DEFAULT_CHUNK_SIZE "
        "DescribeConfigResponse Field GlobalConfig HumanChatMessage IndexMetadata IndexedDir "
        "ListOptionsEntry ListOptionsResponse ListProvidersEntry ListProvidersResponse "
        "ListSlashCommandsEntry ListSlashCommandsResponse Message PendingMessage Selection "
        "StopRequest TextSelection UpdateConfigRequest"
    ),
    "jupyter_ai.testing": ("HANG FakeModel FakeSyncModel Reply TestChat make_chat"),
    "jupyter_ai_magics": ("BaseEmbeddingsProvider BaseProvider JupyternautPersona Persona"),
}

HANDLER_KEYWORDS = (
    "log config_manager root_chat_handlers model_parameters chat_history llm_chat_memory root_dir "
    "preferred_dir dask_client_future help_message_template chat_handlers context_providers "
    "message_interrupted log_dir"
)


@pytest.mark.parametrize("module", NAMES)
def test_the_names_of_the_contract_can_be_imported(module: str) -> None:
    missing = [name for name in NAMES[module].split() if not hasattr(import_module(module), name)]

    assert missing == []


def test_a_handler_takes_the_keywords_of_the_contract() -> None:
    from jupyter_ai.chat_handlers.base import BaseChatHandler

    assert list(inspect.signature(BaseChatHandler).parameters) == HANDLER_KEYWORDS.split()


def test_a_context_provider_takes_the_keywords_of_the_contract() -> None:
    from jupyter_ai.context_providers import BaseCommandContextProvider

    left_out = {"root_chat_handlers", "help_message_template", "message_interrupted", "log_dir"}
    expected = [name for name in HANDLER_KEYWORDS.split() if name not in left_out]
    assert list(inspect.signature(BaseCommandContextProvider).parameters) == expected


def test_generation_interrupted_is_a_cancellation() -> None:
    import asyncio

    from jupyter_ai.chat_handlers.base import GenerationInterrupted

    assert issubclass(GenerationInterrupted, asyncio.CancelledError)
