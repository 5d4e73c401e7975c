"""Streaming a runnable: the text of its chunks, its generation info, and how it is interrupted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from jupyter_ai.errors import GenerationInterrupted, UnsupportedChunk

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable, RunnableConfig

__all__ = ["GenerationInfo", "chunk_text", "close", "interrupt", "open_stream", "uncancel", "yielded_nothing"]

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


def chunk_text(handler: str, chunk: Any) -> str:
    """The text of a str or a message chunk; of a list content, that of its text parts.

    Raises `UnsupportedChunk` for anything else.
    """
    if isinstance(chunk, str):
        return chunk
    content = getattr(chunk, "content", None)
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_part_text(part) for part in content)
    raise UnsupportedChunk(handler, chunk)


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and part.get("type", "text") == "text":
        return str(part.get("text") or "")
    return ""  # a tool call, an image, a thought: no text to show


async def open_stream(
    runnable: Runnable[Any, Any], input: Any, config: RunnableConfig | None
) -> AsyncIterator[Any]:
    """What `runnable.astream(input, config)` yields.

    A sequence costs LangChain about 40 microseconds a chunk beyond its model. One of prompts and a model
    passes the model's chunks on as they are: there, unless callbacks watch the sequence, the prompts are
    formatted first and the model is streamed itself.
    """
    from langchain_core.language_models import BaseLanguageModel
    from langchain_core.prompts import BasePromptTemplate
    from langchain_core.runnables import RunnableSequence

    if type(runnable) is RunnableSequence and isinstance(runnable.last, BaseLanguageModel):
        prompts = runnable.steps[:-1]
        if all(isinstance(step, BasePromptTemplate) for step in prompts) and not _watched(config):
            for prompt in prompts:
                input = await prompt.ainvoke(input, config)
            return runnable.last.astream(input, config)
    return runnable.astream(input, config=config)


def _watched(config: RunnableConfig | None) -> bool:
    from langchain_core.callbacks import AsyncCallbackManager

    return bool(AsyncCallbackManager.configure((config or {}).get("callbacks")).handlers)


class GenerationInfo:
    """Collects what the model says of its answer: finish reason, model name, token usage.

    Read off the chunks where the runnable ends with a chat model; else, where a later step keeps only the
    text, from a callback (which costs a few microseconds a chunk). Without a runnable, off the chunks alone.
    """

    def __init__(self, runnable: Runnable[Any, Any] | None, config: RunnableConfig | None) -> None:
        self.metadata: dict[str, Any] = {}
        self.config = config
        self._callback: Any = None
        if runnable is not None and not _ends_with_chat_model(runnable):
            self._callback, self.config = _with_callback(config)

    def see(self, chunk: Any) -> None:
        """Take what a message chunk carries beside its text."""
        info = getattr(chunk, "response_metadata", None)
        if info:
            self.metadata.update(info)
        usage = getattr(chunk, "usage_metadata", None)
        if usage:
            from langchain_core.messages.ai import add_usage

            self.metadata["usage_metadata"] = dict(add_usage(self.metadata.get("usage_metadata"), usage))

    def result(self) -> dict[str, Any]:
        """The generation info, for the last chunk of a stream."""
        if self._callback is not None:
            return {**self.metadata, **self._callback.jai_metadata}
        return self.metadata


def _ends_with_chat_model(runnable: Any) -> bool:
    from langchain_core.language_models import BaseChatModel

    return isinstance(getattr(runnable, "last", runnable), BaseChatModel)


def _with_callback(config: RunnableConfig | None) -> tuple[Any, RunnableConfig]:
    from langchain_core.runnables.config import merge_configs

    from jupyter_ai.callback_handlers import MetadataCallbackHandler

    callback = MetadataCallbackHandler()
    return callback, merge_configs(config, {"callbacks": [callback]})


def yielded_nothing(error: ValueError) -> bool:
    """Whether `error` is how LangChain says that a model's stream was empty."""
    return str(error) == "No generation chunks were returned"


async def interrupt(chunks: AsyncIterator[Any] | None, log: Log) -> None:
    """Throw `GenerationInterrupted` into a generator that stands at a yield, and close it.

    A generator that was waiting has seen the cancellation already. What it raises on the way out is logged;
    a new cancellation of the running task passes.
    """
    try:
        if getattr(chunks, "ag_frame", None) is not None and not getattr(chunks, "ag_running", False):
            await chunks.athrow(GenerationInterrupted("stopped by the user"))  # type: ignore[union-attr]
    except asyncio.CancelledError:
        if _is_cancelled():
            raise
    except StopAsyncIteration:
        pass
    # It is being closed: whatever it raises must not keep the reply open.
    except Exception:
        log.warning("A runnable raised while it was being stopped.", exc_info=True)
    await close(chunks, log)


async def close(chunks: AsyncIterator[Any] | None, log: Log) -> None:
    """Close a generator; one that raises or yields instead is logged."""
    aclose = getattr(chunks, "aclose", None)
    if aclose is None:
        return
    try:
        await aclose()
    # It is being closed: whatever it raises must not keep the reply open.
    except Exception:
        log.warning("A runnable raised while it was being closed.", exc_info=True)


def uncancel() -> None:
    """Take the cancellation of the running task back, if there is one."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        task.uncancel()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
