"""The events of a streamed response of OpenAI's, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from mockllm.tokens import split_tokens
from mockllm.wire.answer import Answer
from mockllm.wire.checks import Request
from mockllm.wire.frames import HOLE, Step, Template, event_frame
from mockllm.wire.openai_responses import response_body

__all__ = ["MALFORMED", "response_steps"]

MALFORMED = (
    b"event: response.output_text.delta\n"
    b'data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":\n\n'
)


def response_steps(answer: Answer, request: Request) -> Iterator[Step]:
    """The events of a streamed reply."""
    body, numbered = response_body(answer, request), _Numbered()
    begun = body | {"status": "in_progress", "output": [], "usage": None, "completed_at": None}
    begun["incomplete_details"] = None
    for name in ("response.created", "response.in_progress"):
        yield numbered.event(name, response=begun)
    for index, item in enumerate(body["output"]):
        steps = _message_steps if item["type"] == "message" else _call_steps
        yield from steps(item, index, numbered)
    yield numbered.event(f"response.{body['status']}", response=body)


class _Numbered:
    """Numbers the events of one stream."""

    def __init__(self) -> None:
        self._numbers = count()

    def event(self, name: str, /, **fields: Any) -> Step:
        return Step(event_frame({"type": name, "sequence_number": next(self._numbers), **fields}, name))

    def deltas(self, name: str, text: str, /, **fields: Any) -> Iterator[Step]:
        template = Template(
            event_frame({"type": name, "sequence_number": HOLE, "delta": HOLE, **fields}, name)
        )
        for token in split_tokens(text):
            yield Step(template.fill(next(self._numbers), token), token=True)


def _message_steps(item: dict[str, Any], index: int, numbered: _Numbered) -> Iterator[Step]:
    part = item["content"][0]
    at_item = {"output_index": index}
    at_part = {"item_id": item["id"], **at_item, "content_index": 0}
    begun = item | {"status": "in_progress", "content": []}
    yield numbered.event("response.output_item.added", **at_item, item=begun)
    yield numbered.event("response.content_part.added", **at_part, part=part | {"text": ""})
    yield from numbered.deltas("response.output_text.delta", part["text"], **at_part, logprobs=[])
    yield numbered.event("response.output_text.done", **at_part, text=part["text"], logprobs=[])
    yield numbered.event("response.content_part.done", **at_part, part=part)
    yield numbered.event("response.output_item.done", **at_item, item=item)


def _call_steps(item: dict[str, Any], index: int, numbered: _Numbered) -> Iterator[Step]:
    at_item = {"output_index": index}
    of_item = {"item_id": item["id"], **at_item}
    begun = item | {"status": "in_progress", "arguments": ""}
    name = "response.function_call_arguments"
    yield numbered.event("response.output_item.added", **at_item, item=begun)
    yield from numbered.deltas(f"{name}.delta", item["arguments"], **of_item)
    yield numbered.event(f"{name}.done", **of_item, name=item["name"], arguments=item["arguments"])
    yield numbered.event("response.output_item.done", **at_item, item=item)
