"""The base class of model providers: what to show of a model, how to reach it, how to prompt it."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict
from pydantic import Field as ModelField

from jupyter_ai_magics.auth import (
    AuthStrategy,
    AwsAuthStrategy,
    EnvAuthStrategy,
    MultiEnvAuthStrategy,
    key_params,
)
from jupyter_ai_magics.completion_utils import (
    post_process_suggestion,
    template_inputs_from_request,
    token_from_request,
)
from jupyter_ai_magics.fields import Field, IntegerField, MultilineTextField, TextField
from jupyter_ai_magics.messages import text_of
from jupyter_ai_magics.models.completion import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai_magics.models.persona import Persona
from jupyter_ai_magics.network import with_network
from jupyter_ai_magics.prompts import (
    CHAT_DEFAULT_TEMPLATE,
    CHAT_SYSTEM_PROMPT,
    COMPLETION_DEFAULT_TEMPLATE,
    COMPLETION_SYSTEM_PROMPT,
    HUMAN_MESSAGE_TEMPLATE,
    PromptModule,
)
from jupyter_ai_magics.threads import raise_if_cancelled, run_in_thread

if TYPE_CHECKING:
    from langchain_core.outputs import LLMResult
    from langchain_core.prompt_values import PromptValue
    from langchain_core.prompts import BasePromptTemplate, PromptTemplate
else:
    # Pydantic resolves the field's annotation, and LangChain takes 0.7 s to import; the class that a
    # provider mixes in brings it along anyway.
    PromptTemplate = Any

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


class ProviderModel(BaseModel):
    """What model and embedding providers share: an id, and the constructor's keyword that it goes to."""

    # The input of a provider holds its keys, and an error is shown in the chat and in the log.
    # `extra` is for embedding models without a field for the model; of LangChain's language models the own
    # configuration comes last, and counts.
    model_config = ConfigDict(extra="allow", protected_namespaces=(), hide_input_in_errors=True)

    id: ClassVar[str]
    name: ClassVar[str]
    models: ClassVar[list[str]]
    help: ClassVar[str | None] = None
    model_id_key: ClassVar[str | None] = None
    pypi_package_deps: ClassVar[list[str]] = []
    auth_strategy: ClassVar[AuthStrategy] = None
    registry: ClassVar[bool] = False
    fields: ClassVar[list[Field]] = []

    model_id: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs = with_network(type(self), kwargs)
        if not kwargs.get("model_id"):
            raise ValueError(f"{type(self).__name__} needs to be told its model: pass model_id=….")
        if self.model_id_key:
            kwargs[self.model_id_key] = kwargs["model_id"]
        super().__init__(*args, **kwargs)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        # LangChain puts the repr of a model into every trace.
        secret = key_params(self.auth_strategy).values()
        return ((name, value) for name, value in super().__repr_args__() if name not in secret)


class BaseProvider(ProviderModel):
    """Mixed with a LangChain model, makes that model selectable.

    A subclass names itself in the class attributes. `BaseProvider` comes first among its bases, then an `LLM`
    or a `BaseChatModel`; only the second kind is offered in the chat.
    """

    model_id_label: ClassVar[str | None] = None
    manages_history: ClassVar[bool] = False
    persona: ClassVar[Persona | None] = None
    unsupported_slash_commands: ClassVar[set[str]] = set()
    server_settings: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    prompt_templates: dict[str, PromptTemplate] = ModelField(
        default_factory=lambda: _default_templates(), repr=False
    )

    @classmethod
    def chat_models(cls) -> list[str]:
        """The models to offer in the chat."""
        return cls.models

    @classmethod
    def completion_models(cls) -> list[str]:
        """The models to offer for completing code."""
        return cls.models

    @classmethod
    def is_api_key_exc(cls, _: Exception) -> bool:
        """Whether an exception means that the API key is wrong; the chat then says so."""
        return False

    @property
    def is_chat_provider(self) -> bool:
        from langchain_core.language_models import BaseChatModel

        return isinstance(self, BaseChatModel)

    @property
    def allows_concurrency(self) -> bool:
        """Whether the model answers a second request before it has finished the first."""
        return True

    @property
    def takes_images(self) -> bool:
        """Whether messages to it may hold images: what its LangChain class knows, unless overridden."""
        profile = getattr(self, "profile", None)  # LangChain 1.x has one
        return bool(profile.get("image_inputs")) if isinstance(profile, dict) else False

    @property
    def _supports_sync_streaming(self) -> bool:
        return self._implements("_stream")

    @property
    def _supports_async_streaming(self) -> bool:
        return self._implements("_astream")

    @property
    def supports_streaming(self) -> bool:
        return self._supports_sync_streaming or self._supports_async_streaming

    def _implements(self, method: str) -> bool:
        from langchain_core.language_models import BaseChatModel, BaseLLM

        default = getattr(BaseChatModel if self.is_chat_provider else BaseLLM, method)
        return getattr(type(self), method, default) is not default

    async def _call_in_executor(self, *args: Any, **kwargs: Any) -> str:
        """The model's `_call` on a thread, for models that have no `_acall` of their own.

        Cancelling stops the waiting, not the call. May be called concurrently.
        """
        return await run_in_thread(cast("Any", self)._call, *args, **kwargs)

    async def _generate_in_executor(self, *args: Any, **kwargs: Any) -> LLMResult:
        """The model's `_generate` on a thread, likewise."""
        return await run_in_thread(cast("Any", self)._generate, *args, **kwargs)

    def get_prompt_template(self, format: str) -> PromptTemplate:
        """How a magic command asks for output in this format; the template has one variable, `prompt`."""
        return self.prompt_templates.get(format) or self.prompt_templates["text"]

    def update_prompt_template(self, format: str, template: str) -> None:
        """Ask for output in this format in other words."""
        from langchain_core.prompts import PromptTemplate

        self.prompt_templates[format] = PromptTemplate.from_template(template)

    def get_chat_prompt_template(self) -> BasePromptTemplate[Any]:
        """How the chat asks: from `input`, `context` and, unless the model keeps it by itself, `history`."""
        from jupyter_ai_magics.templates import chat_template, text_template

        if self.is_chat_provider:
            history = not self.manages_history
            return chat_template(CHAT_SYSTEM_PROMPT, self._names(), HUMAN_MESSAGE_TEMPLATE, history=history)
        kept = {"history": ""} if self.manages_history else {}
        return text_template(CHAT_DEFAULT_TEMPLATE, **self._names(), **kept)

    def get_completion_prompt_template(self) -> BasePromptTemplate[Any]:
        """How an editor asks for a completion: from the values of `template_inputs_from_request`."""
        from jupyter_ai_magics.templates import chat_template, text_template

        if self.is_chat_provider:
            names = self._names()
            return chat_template(COMPLETION_SYSTEM_PROMPT, names, COMPLETION_DEFAULT_TEMPLATE, history=False)
        return text_template(f"{COMPLETION_SYSTEM_PROMPT}\n\n{COMPLETION_DEFAULT_TEMPLATE}")

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        """One suggestion, whole. Cancelling cancels the model's call; may be called concurrently."""
        output = await cast("Any", self).ainvoke(await self._completion_prompt(request))
        item = InlineCompletionItem(insertText=post_process_suggestion(text_of(output), request))
        return InlineCompletionReply(list=InlineCompletionList(items=[item]), reply_to=request.number)

    async def stream_inline_completions(
        self, request: InlineCompletionRequest
    ) -> AsyncIterator[InlineCompletionReply | InlineCompletionStreamChunk]:
        """An empty suggestion at once, then as it grows, and last with `done`.

        Of a class that defines `generate_inline_completions` only, the reply of that. Closing or cancelling
        closes the model's stream; may be called concurrently.
        """
        if self._only_generates():
            yield await self.generate_inline_completions(request)
            return
        token = token_from_request(request, 0)
        item = InlineCompletionItem(insertText="", isIncomplete=True, token=token)
        yield InlineCompletionReply(list=InlineCompletionList(items=[item]), reply_to=request.number)
        suggestion = ""
        async with aclosing(self._suggestions(request)) as suggestions:
            async for grown in suggestions:
                if grown != suggestion:
                    suggestion = grown
                    yield _suggestion_chunk(request, token, suggestion, done=False)
        yield _suggestion_chunk(request, token, suggestion, done=True)

    def _only_generates(self) -> bool:
        """Whether the class that completes in its own way does not stream."""
        ways = {"generate_inline_completions", "stream_inline_completions"}
        nearest = next(cls for cls in type(self).__mro__ if ways & vars(cls).keys())
        return "stream_inline_completions" not in vars(nearest)

    async def _suggestions(self, request: InlineCompletionRequest) -> AsyncGenerator[str, None]:
        # The model itself is streamed: a sequence of LangChain's leaves the stream within it open where it is
        # cancelled just as a chunk comes.
        prompt = await self._completion_prompt(request)
        output = ""
        async with aclosing(cast("Any", self).astream(prompt)) as chunks:
            async for chunk in chunks:
                raise_if_cancelled()
                output += text_of(chunk)
                yield post_process_suggestion(output, request)

    async def _completion_prompt(self, request: InlineCompletionRequest) -> PromptValue:
        return await self.get_completion_prompt_template().ainvoke(template_inputs_from_request(request))

    def _names(self) -> dict[str, str]:
        return {"provider_name": self.name, "local_model_id": self.model_id}


def _default_templates() -> dict[str, PromptTemplate]:
    from jupyter_ai_magics.templates import format_templates

    return dict(format_templates())


def _suggestion_chunk(
    request: InlineCompletionRequest, token: str, suggestion: str, *, done: bool
) -> InlineCompletionStreamChunk:
    item = InlineCompletionItem(insertText=suggestion, isIncomplete=not done, token=token)
    return InlineCompletionStreamChunk(response=item, reply_to=request.number, done=done)


sys.modules[__name__].__class__ = PromptModule
