"""OpenAI's completions of a text: the request, the body, and the chunks of a stream."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from mockllm.content import Conversation, Said
from mockllm.tokens import split_tokens
from mockllm.wire.answer import Answer, Ask
from mockllm.wire.checks import BadRequest, Kind, Request, required_text
from mockllm.wire.frames import HOLE, Step, Template, event_frame, new_id
from mockllm.wire.openai_chat import DONE, read_stop
from mockllm.wire.openai_common import FINGERPRINT, SAMPLING, check_sampling, positive

__all__ = ["MALFORMED", "completion_body", "completion_steps", "read_completions", "texts_or_tokens"]

MALFORMED = b'data: {"id":"cmpl-","object":"text_completion","choices":[{"index":0,"text":\n\n'

_KINDS: dict[str, Kind] = {
    **SAMPLING,
    "best_of": "an integer",
    "echo": "true or false",
    "logprobs": "an integer",
    "suffix": "a string",
}


def read_completions(request: Request) -> list[Ask]:
    """What a request asks for, one for each of its prompts; raises `BadRequest`.

    The text that is to follow (`suffix`) is accepted; the rules are asked for the prompt alone.
    """
    check_sampling(request, _KINDS)
    model, stop = required_text(request, "model"), read_stop(request)
    prompts = texts_or_tokens(request, "prompt")
    max_tokens = positive(request, "max_tokens")
    return [
        Ask(
            model,
            Conversation((Said("human", prompt),)),
            bool(request.get("stream")),
            stop=stop,
            max_tokens=max_tokens,
        )
        for prompt in prompts
    ]


def texts_or_tokens(request: Request, name: str) -> list[str]:
    """The texts of a string, a list of strings, a list of tokens or a list of such lists.

    The vocabulary of tokens is not known here: each is a word made of its number.
    """
    given = request.get(name)
    if isinstance(given, str):
        return [given]
    if isinstance(given, list) and given:
        texts = [_text(given)] if isinstance(given[0], int) else [_text(each) for each in given]
        if None not in texts:
            return [text for text in texts if text is not None]
    raise BadRequest(f"`{name}` must be a string, or a list of strings or of tokens, and not empty.", name)


def completion_body(answers: Sequence[Answer], request: Request) -> dict[str, Any]:
    """The body of a reply that is not streamed; of each prompt, all its choices are alike."""
    count, echoed = request.get("n") or 1, _echoed(request, len(answers))
    texts = [text + answer.text for text, answer in zip(echoed, answers, strict=True)]
    choices = [
        _choice(number * count + index, text, answers[number].finish)
        for number, text in enumerate(texts)
        for index in range(count)
    ]
    return _envelope(request) | {"choices": choices, "usage": _usage(answers, count)}


def completion_steps(answers: Sequence[Answer], request: Request) -> Iterator[Step]:
    """The chunks of a streamed reply, one choice after the other."""
    envelope, count = _envelope(request), request.get("n") or 1
    wants_usage = bool((request.get("stream_options") or {}).get("include_usage"))
    if wants_usage:
        envelope["usage"] = None
    for number, echo in enumerate(_echoed(request, len(answers))):
        for index in range(number * count, (number + 1) * count):
            chunk = Template(event_frame(envelope | {"choices": [_choice(index, HOLE, None)]}))
            for token in [*([echo] if echo else []), *split_tokens(answers[number].text)]:
                yield Step(chunk.fill(token), token=True)
            yield Step(event_frame(envelope | {"choices": [_choice(index, "", answers[number].finish)]}))
    if wants_usage:
        yield Step(event_frame(envelope | {"choices": [], "usage": _usage(answers, count)}))
    yield Step(DONE)


def _text(value: Any) -> str | None:
    if isinstance(value, list) and all(isinstance(token, int) for token in value):
        return " ".join(map(str, value))
    return value if isinstance(value, str) else None


def _echoed(request: Request, count: int) -> list[str]:
    return texts_or_tokens(request, "prompt") if request.get("echo") else [""] * count


def _choice(index: int, text: Any, finish: str | None) -> dict[str, Any]:
    return {"text": text, "index": index, "logprobs": None, "finish_reason": finish}


def _envelope(request: Request) -> dict[str, Any]:
    return {
        "id": new_id("cmpl-", 29),
        "object": "text_completion",
        "created": int(time.time()),
        "model": request["model"],
        "system_fingerprint": FINGERPRINT,
    }


def _usage(answers: Sequence[Answer], count: int) -> dict[str, int]:
    asked = sum(answer.input_tokens for answer in answers)
    answered = sum(answer.output_tokens for answer in answers) * count
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
