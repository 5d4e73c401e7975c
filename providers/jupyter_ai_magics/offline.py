"""The built-in model: canned answers from a YAML file, with no key and no network."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, cast
from uuid import uuid4
from zlib import crc32

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_function
from pydantic import Field as ModelField
from pydantic import field_validator

from jupyter_ai_magics.base_provider import BaseProvider
from jupyter_ai_magics.fields import Field, IntegerField, TextField
from jupyter_ai_magics.messages import text_of
from jupyter_ai_magics.models.completion import (
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai_magics.threads import run_in_thread
from mockllm.config import Reply, ToolCall
from mockllm.content import Conversation, Role, Said
from mockllm.live import shared_responses
from mockllm.tokens import count_tokens, split_tokens

__all__ = ["BUILT_IN_RESPONSES", "MockLLMProvider", "OfflineModelError"]

BUILT_IN_RESPONSES = Path(__file__).parent / "data" / "offline.yaml"

_ROLES: dict[str, Role] = {"system": "system", "human": "human", "tool": "tool"}
# LangChain 1.x marks the end of a stream and sends one more, empty chunk if the last one is not marked.
_LAST: dict[str, Any] = {"chunk_position": "last"} if "chunk_position" in AIMessageChunk.model_fields else {}


class OfflineModelError(RuntimeError):
    """A fault that the YAML file asks for; `status_code` is the HTTP status of a refusal."""

    def __init__(
        self, message: str, status_code: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.retry_after = retry_after


class MockLLMProvider(BaseProvider, BaseChatModel):
    """Answers in process from a YAML file, the built-in one unless another is named.

    `responses_path` names it, else the environment variable MOCKLLM_RESPONSES. All models that use a file
    count together how often its rules matched. A refusal and a cut stream raise `OfflineModelError`; frames
    that cannot be parsed do not exist in process.
    """

    id: ClassVar[str] = "mockllm"
    name: ClassVar[str] = "MockLLM (offline)"  # type: ignore[misc]  # BaseChatModel's is an instance's
    help: ClassVar[str | None] = (
        "Canned answers for trying things out and for tests, without a key or a network. "
        "They come from a YAML file, which may be your own."
    )
    models: ClassVar[list[str]] = ["offline"]
    fields: ClassVar[list[Field]] = [
        TextField(key="responses_path", label="YAML file of answers (optional)"),
        IntegerField(key="delay_ms", label="Milliseconds between two words (optional)"),
    ]

    responses_path: str | None = None
    delay_ms: float | None = ModelField(default=None, ge=0)

    @classmethod
    def completion_models(cls) -> list[str]:
        # A canned answer is not what belongs at the cursor, unless somebody wrote it for that.
        return cls.models if os.environ.get("MOCKLLM_RESPONSES") else []

    @field_validator("responses_path", "delay_ms", mode="before")
    @classmethod
    def _blank_is_none(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @property
    def _llm_type(self) -> str:
        return self.id

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        """What the file says of the prompt; nothing if it is the built-in one."""
        if self._file == BUILT_IN_RESPONSES:
            return InlineCompletionReply(list=InlineCompletionList(items=[]), reply_to=request.number)
        return await super().generate_inline_completions(request)

    async def stream_inline_completions(
        self, request: InlineCompletionRequest
    ) -> AsyncIterator[InlineCompletionReply | InlineCompletionStreamChunk]:
        """The same as it grows."""
        if self._file == BUILT_IN_RESPONSES:
            yield await self.generate_inline_completions(request)
            return
        async with aclosing(cast("Any", super().stream_inline_completions(request))) as parts:
            async for part in parts:
                yield part

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """The model itself: its rules say which tools it calls.

        Where `tool_choice` demands a call and the rule has none, it calls the first tool, with the smallest
        arguments that its schema allows, or with the rule's answer if that is JSON of this kind. That needs
        the package jsonschema; without it, answering raises `NotImplementedError`.
        """
        choice = kwargs.get("tool_choice")
        if choice in (None, False, "auto", "none"):
            return self.bind()
        return self.bind(must_call=_demanded([convert_to_openai_function(tool) for tool in tools], choice))

    def get_token_ids(self, text: str) -> list[int]:
        """A number for each token, the same for the same token; the tokens are those of `mockllm.tokens`."""
        return [crc32(token.encode(errors="replace")) for token in split_tokens(text)]

    def get_num_tokens(self, text: str) -> int:
        """As `mockllm.tokens` counts them: no vocabulary is loaded."""
        return count_tokens(text)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        """The tokens of the texts, as in `usage_metadata`; tools count for nothing."""
        return sum(count_tokens(text_of(message)) for message in messages)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = self._reply(messages, stop, **kwargs)
        if delay := next(reply.delays()):
            time.sleep(delay)
        return self._result(messages, reply)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = await run_in_thread(partial(self._reply, messages, stop, **kwargs))
        if delay := next(reply.delays()):
            await asyncio.sleep(delay)
        return self._result(messages, reply)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for delay, chunk in self._chunks(messages, self._reply(messages, stop, **kwargs)):
            if delay:
                time.sleep(delay)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        # On a thread: the file may have to be read, and a template filled in.
        reply = await run_in_thread(partial(self._reply, messages, stop, **kwargs))
        for delay, chunk in self._chunks(messages, reply):
            if delay:
                await asyncio.sleep(delay)
            yield chunk

    @property
    def _file(self) -> Path:
        """Where the answers are."""
        named = self.responses_path or os.environ.get("MOCKLLM_RESPONSES")
        return Path(named).expanduser() if named else BUILT_IN_RESPONSES

    def _reply(
        self,
        messages: Sequence[BaseMessage],
        stop: Sequence[str] | None,
        *,
        must_call: Sequence[dict[str, Any]] = (),
        **kwargs: Any,
    ) -> Reply:
        responses = shared_responses(self._file)
        conversation = Conversation(tuple(map(_said, messages)))
        reply = responses.current.reply(conversation.prompt(self.model_id))
        if reply.faults.status is not None:
            raise _refusal(reply, reply.faults.status)
        if self.delay_ms is not None:
            reply = replace(reply, faults=replace(reply.faults, token_ms=self.delay_ms))
        if must_call:
            return _with_call(reply, conversation, must_call)
        return _until(_without_calls_made(reply, conversation), stop or ())

    def _result(self, messages: Sequence[BaseMessage], reply: Reply) -> ChatResult:
        calls = [
            {"type": "tool_call", "name": call.name, "args": dict(call.arguments), "id": _new_id()}
            for call in reply.tool_calls
        ]
        message = AIMessage(content=reply.text, tool_calls=calls, **self._metadata(messages, reply))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _chunks(
        self, messages: Sequence[BaseMessage], reply: Reply
    ) -> Iterator[tuple[float, ChatGenerationChunk]]:
        """The chunks, each with the seconds to wait before it; raises where the stream is to be cut."""
        *earlier, last = split_tokens(reply.text) or [""]
        chunks = [AIMessageChunk(content=token) for token in earlier]
        chunks.append(AIMessageChunk(content=last, **self._ending(messages, reply)))
        for sent, (delay, chunk) in enumerate(zip(reply.delays(), chunks, strict=False)):
            if sent == reply.faults.cut_after:
                raise _cut(reply)
            yield delay, ChatGenerationChunk(message=chunk)
        if len(chunks) == reply.faults.cut_after:
            raise _cut(reply)

    def _ending(self, messages: Sequence[BaseMessage], reply: Reply) -> dict[str, Any]:
        calls = [
            {
                "type": "tool_call_chunk",
                "name": call.name,
                "args": json.dumps(call.arguments),
                "id": _new_id(),
                "index": index,
            }
            for index, call in enumerate(reply.tool_calls)
        ]
        return {"tool_call_chunks": calls, **self._metadata(messages, reply), **_LAST}

    def _metadata(self, messages: Sequence[BaseMessage], reply: Reply) -> dict[str, Any]:
        asked = self.get_num_tokens_from_messages(list(messages))
        answered = count_tokens(reply.text)
        usage = UsageMetadata(input_tokens=asked, output_tokens=answered, total_tokens=asked + answered)
        finish = "tool_calls" if reply.tool_calls else "stop"
        response = {"model_name": self.model_id, "finish_reason": finish}
        return {"usage_metadata": usage, "response_metadata": response}


def _said(message: BaseMessage) -> Said:
    calls = getattr(message, "tool_calls", ())
    made = tuple(ToolCall(call["name"], call["args"]) for call in calls)
    return Said(_ROLES.get(message.type, "model"), text_of(message), made)


def _without_calls_made(reply: Reply, conversation: Conversation) -> Reply:
    """The reply without the calls that were made since the human message: a rule makes each once.

    One that only calls tools repeats what the last tool said.
    """
    calls = tuple(call for call in reply.tool_calls if not conversation.has_called(call))
    text = reply.text or (conversation.tool_result or "" if reply.tool_calls and not calls else "")
    return replace(reply, text=text, tool_calls=calls)


def _demanded(functions: list[dict[str, Any]], choice: Any) -> list[dict[str, Any]]:
    """Those of which one must be called; raises `ValueError` if there is none."""
    name = choice.get("function", choice).get("name") if isinstance(choice, Mapping) else choice
    found = (
        functions
        if name in (True, "any", "required")
        else [each for each in functions if each["name"] == name]
    )
    if not found:
        raise ValueError(f"`tool_choice` asks for {name!r}, which is none of the tools.")
    return found


def _with_call(reply: Reply, conversation: Conversation, functions: Sequence[dict[str, Any]]) -> Reply:
    """The reply with a call of one of the functions, as the server makes it."""
    try:
        from mockllm.wire.answer import Ask, Tool, answer_to

        tools = tuple(Tool(each["name"], each.get("parameters") or {}) for each in functions)
        return answer_to(Ask("", conversation, tools=tools, choice="required"), reply).reply
    except ImportError as error:
        raise NotImplementedError(
            f"To be made to call a tool, the offline model needs the package {error.name}: "
            "pip install 'jupyter_ai[mock]'."
        ) from error


def _until(reply: Reply, stop: Sequence[str]) -> Reply:
    text = reply.text
    for word in stop:
        text = text.partition(word)[0]
    return replace(reply, text=text)


def _refusal(reply: Reply, status: int) -> OfflineModelError:
    phrase = next((f" ({known.phrase})" for known in HTTPStatus if known == status), "")
    after = reply.faults.retry_after
    again = "" if after is None else f" Try again after {after:g} s."
    message = f"The model refused with status {status}{phrase}, as `{reply.rule}` in its file says.{again}"
    return OfflineModelError(message, status, after)


def _cut(reply: Reply) -> OfflineModelError:
    after = reply.faults.cut_after
    return OfflineModelError(f"The stream was cut after {after} words, as `{reply.rule}` in its file says.")


def _new_id() -> str:
    return f"call_{uuid4().hex[:12]}"
