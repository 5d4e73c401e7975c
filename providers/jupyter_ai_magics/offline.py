"""The built-in model: canned answers from a YAML file, with no key and no network."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field as ModelField
from pydantic import field_validator

from jupyter_ai_magics.base_provider import BaseProvider
from jupyter_ai_magics.fields import Field, IntegerField, TextField
from jupyter_ai_magics.messages import text_of
from jupyter_ai_magics.threads import run_in_thread
from mockllm.config import ResponsesConfig, cached_responses

__all__ = ["BUILT_IN_RESPONSES", "MockLLMProvider"]

BUILT_IN_RESPONSES = Path(__file__).parent / "data" / "offline.yaml"

_TOKEN = re.compile(r"\S+\s*|\s+")
# LangChain 1.x marks the end of a stream and sends one more, empty chunk if the last one is not marked.
_LAST: dict[str, Any] = {"chunk_position": "last"} if "chunk_position" in AIMessageChunk.model_fields else {}


class MockLLMProvider(BaseProvider, BaseChatModel):
    """Answers in process from a YAML file, the built-in one unless another is named.

    `responses_path` names it, else the environment variable MOCKLLM_RESPONSES.
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
        # A canned answer is never what belongs at the cursor.
        return []

    @field_validator("responses_path", "delay_ms", mode="before")
    @classmethod
    def _blank_is_none(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @property
    def _llm_type(self) -> str:
        return self.id

    def _responses(self) -> ResponsesConfig:
        named = self.responses_path or os.environ.get("MOCKLLM_RESPONSES")
        return cached_responses(Path(named).expanduser() if named else BUILT_IN_RESPONSES)

    def _delay(self, responses: ResponsesConfig) -> float:
        return responses.settings.token_delay if self.delay_ms is None else self.delay_ms / 1000

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = _answer(self._responses(), messages, stop)
        message = AIMessage(content=answer, **self._metadata(messages, answer))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        responses = self._responses()
        delay = self._delay(responses)
        for index, chunk in enumerate(self._chunks(messages, _answer(responses, messages, stop))):
            if index and delay:
                time.sleep(delay)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        responses = await run_in_thread(self._responses)
        delay = self._delay(responses)
        for index, chunk in enumerate(self._chunks(messages, _answer(responses, messages, stop))):
            if index and delay:
                await asyncio.sleep(delay)
            yield chunk

    def _chunks(self, messages: Sequence[BaseMessage], answer: str) -> Iterator[ChatGenerationChunk]:
        tokens = _TOKEN.findall(answer) or [""]
        for token in tokens[:-1]:
            yield ChatGenerationChunk(message=AIMessageChunk(content=token))
        last = AIMessageChunk(content=tokens[-1], **self._metadata(messages, answer), **_LAST)
        yield ChatGenerationChunk(message=last)

    def _metadata(self, messages: Sequence[BaseMessage], answer: str) -> dict[str, Any]:
        asked, answered = sum(_words(text_of(message)) for message in messages), _words(answer)
        usage = UsageMetadata(input_tokens=asked, output_tokens=answered, total_tokens=asked + answered)
        response = {"model_name": self.model_id, "finish_reason": "stop"}
        return {"usage_metadata": usage, "response_metadata": response}


def _answer(responses: ResponsesConfig, messages: Sequence[BaseMessage], stop: Sequence[str] | None) -> str:
    answer = responses.answer(_prompt(messages))
    for word in stop or ():
        answer = answer.partition(word)[0]
    return answer


def _prompt(messages: Sequence[BaseMessage]) -> str:
    return next((text_of(message) for message in reversed(messages) if isinstance(message, HumanMessage)), "")


def _words(text: str) -> int:
    return len(text.split())
