"""Text and tool calls out of the replies of real servers, streamed or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockllm.config import ToolCall

__all__ = ["ReadReply", "read_reply", "reader_of"]

Documents = list[Mapping[str, Any]]


@dataclass(frozen=True)
class ReadReply:
    """What a model said."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()


Reader = Callable[[Documents], "ReadReply | None"]


def reader_of(path: str) -> Reader | None:
    """What reads the replies to requests for a path; None: they are of no known API."""
    return next((reader for ending, reader in _READERS.items() if path.endswith(ending)), None)


def read_reply(reader: Reader, content_type: str, body: bytes) -> ReadReply | None:
    """What a reply says; None if it is not whole, says nothing, or is not as the API has it."""
    try:
        documents = list(_documents(content_type, body.decode()))
        reply = reader(documents) if all(isinstance(each, dict) for each in documents) else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return reply if reply and (reply.text or reply.tool_calls) else None


def _documents(content_type: str, text: str) -> Iterator[Any]:
    match content_type.partition(";")[0].strip().lower():
        case "text/event-stream":
            events = (_data(event) for event in text.replace("\r\n", "\n").split("\n\n"))
            yield from (json.loads(data) if data != "[DONE]" else {"done": True} for data in events if data)
        case "application/x-ndjson":
            yield from (json.loads(line) for line in text.splitlines() if line.strip())
        case _:
            yield json.loads(text)


def _data(event: str) -> str:
    lines = (line.removeprefix("data:") for line in event.splitlines() if line.startswith("data:"))
    return "\n".join(line.removeprefix(" ") for line in lines).strip()


def _openai_chat(documents: Documents) -> ReadReply | None:
    parts = [choice.get("delta") or choice.get("message") or {} for choice in _first_choices(documents)]
    calls: dict[int, list[str]] = {}
    for part in parts:
        for at, call in enumerate(part.get("tool_calls") or ()):
            found = calls.setdefault(call.get("index", at), ["", ""])
            function = call.get("function") or {}
            found[0] += function.get("name") or ""
            found[1] += function.get("arguments") or ""
    text = "".join(part.get("content") or "" for part in parts)
    return ReadReply(text, _calls(calls.values())) if _is_finished(documents) else None


def _openai_completion(documents: Documents) -> ReadReply | None:
    text = "".join(choice.get("text") or "" for choice in _first_choices(documents))
    return ReadReply(text) if _is_finished(documents) else None


def _first_choices(documents: Documents) -> list[Mapping[str, Any]]:
    choices = (choice for document in documents for choice in document.get("choices") or ())
    return [choice for choice in choices if choice.get("index", 0) == 0]


def _is_finished(documents: Documents) -> bool:
    return any(choice.get("finish_reason") for choice in _first_choices(documents))


def _openai_response(documents: Documents) -> ReadReply | None:
    response = documents[-1] if documents[-1].get("object") == "response" else _completed(documents)
    if response is None or response.get("status") not in ("completed", "incomplete"):
        return None
    items = response.get("output") or []
    said = [part for item in items if item["type"] == "message" for part in item["content"]]
    calls = [(item["name"], item["arguments"]) for item in items if item["type"] == "function_call"]
    return ReadReply("".join(part.get("text") or "" for part in said), _calls(calls))


def _completed(documents: Documents) -> Mapping[str, Any] | None:
    ends = ("response.completed", "response.incomplete")
    return next((each["response"] for each in documents if each.get("type") in ends), None)


def _anthropic_message(documents: Documents) -> ReadReply | None:
    if documents[0].get("type") == "message":
        blocks = list(documents[0]["content"])
    elif documents[-1].get("type") == "message_stop":
        blocks = _streamed_blocks(documents)
    else:
        return None
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    calls = [ToolCall(block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"]
    return ReadReply(text, tuple(calls))


def _streamed_blocks(documents: Documents) -> list[dict[str, Any]]:
    blocks: dict[int, dict[str, Any]] = {}
    for event in documents:
        if event["type"] == "content_block_start":
            blocks[event["index"]] = {**event["content_block"], "json": ""}
        elif event["type"] == "content_block_delta":
            block, delta = blocks[event["index"]], event["delta"]
            block["text"] = block.get("text", "") + delta.get("text", "")
            block["json"] += delta.get("partial_json", "")
    return [{**block, "input": json.loads(block["json"] or "{}")} for block in blocks.values()]


def _ollama(documents: Documents) -> ReadReply | None:
    if not documents[-1].get("done"):
        return None
    messages = [each.get("message") or {} for each in documents]
    functions = [call["function"] for message in messages for call in message.get("tool_calls") or ()]
    text = "".join(each.get("response") or "" for each in documents)
    text += "".join(message.get("content") or "" for message in messages)
    return ReadReply(text, tuple(ToolCall(each["name"], each["arguments"]) for each in functions))


def _calls(calls: Iterable[Iterable[str]]) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(name, json.loads(arguments or "{}")) for name, arguments in calls)


# The longer ending goes first.
_READERS: Mapping[str, Reader] = {
    "/chat/completions": _openai_chat,
    "/completions": _openai_completion,
    "/responses": _openai_response,
    "/v1/messages": _anthropic_message,
    "/api/chat": _ollama,
    "/api/generate": _ollama,
}
