"""A model that needs no network: it answers with the sentences that say most of what it is told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.providers import IntegerField
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

__all__ = ["OfflineProvider", "key_sentences"]

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_WORD = re.compile(r"\w{4,}")  # shorter ones say little


class OfflineProvider(BaseProvider, BaseChatModel):
    """Call your own model in `_chunks`; whatever it yields is shown at once."""

    id = "{{ cookiecutter.__provider_id }}"
    name = "{{ cookiecutter.package_name }}"  # type: ignore[misc]  # LangChain means an instance's
    models = ["sentences"]
    model_id_key = "model"
    help = "Answers with the most telling sentences of what it is asked. It needs no network."
    fields = [IntegerField(key="sentences", label="Sentences in an answer (default: 2)")]

    model: str = ""
    sentences: int = 2

    @classmethod
    def completion_models(cls) -> list[str]:
        """None: it cannot complete code."""
        return []

    @property
    def _llm_type(self) -> str:
        return self.id

    def _chunks(self, messages: list[BaseMessage]) -> Iterator[ChatGenerationChunk]:
        answer = key_sentences(str(messages[-1].content), self.sentences)
        for word in re.findall(r"\S+\s*", answer):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        yield from self._chunks(messages)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._chunks(messages):
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._chunks(messages))


def key_sentences(text: str, count: int) -> str:
    """The `count` sentences of `text` whose words are the commonest in it, in their order."""
    sentences = _SENTENCE_END.split(text.strip())
    common = Counter(_words(text))
    ranked = sorted(
        range(len(sentences)), key=lambda index: _weight(sentences[index], common), reverse=True
    )
    return " ".join(sentences[index] for index in sorted(ranked[: max(count, 1)]))


def _weight(sentence: str, common: Counter[str]) -> float:
    words = _words(sentence)
    return sum(common[word] for word in words) / (len(words) or 1)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
