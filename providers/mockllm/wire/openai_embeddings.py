"""OpenAI's embeddings: the request, and the body."""

from __future__ import annotations

from typing import Any

from mockllm.tokens import count_tokens
from mockllm.values.embeddings import base64_floats, embed
from mockllm.wire.checks import BadRequest, Request, check_kinds, required_text
from mockllm.wire.openai_common import positive
from mockllm.wire.openai_completions import texts_or_tokens

__all__ = ["embeddings_body"]

_DIMENSIONS = {"text-embedding-3-large": 3072}
_DEFAULT_DIMENSIONS = 1536
_MOST_DIMENSIONS = 16_384


def embeddings_body(request: Request) -> dict[str, Any]:
    """The vectors of one or several texts; raises `BadRequest`."""
    check_kinds(request, {"dimensions": "an integer", "encoding_format": "a string", "user": "a string"})
    model, texts = required_text(request, "model"), texts_or_tokens(request, "input")
    if not all(texts):
        raise BadRequest("`input` must not hold an empty string.", "input")
    tokens = sum(map(count_tokens, texts))
    return {
        "object": "list",
        "data": [_embedding(text, index, request) for index, text in enumerate(texts)],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _embedding(text: str, index: int, request: Request) -> dict[str, Any]:
    vector = embed(text, _dimensions(request))
    encoding = request.get("encoding_format") or "float"
    if encoding not in ("float", "base64"):
        raise BadRequest(f"`encoding_format` must be float or base64, not {encoding!r}.", "encoding_format")
    encoded = base64_floats(vector) if encoding == "base64" else vector
    return {"object": "embedding", "index": index, "embedding": encoded}


def _dimensions(request: Request) -> int:
    default = _DIMENSIONS.get(request["model"], _DEFAULT_DIMENSIONS)
    dimensions = positive(request, "dimensions") or default
    if dimensions > _MOST_DIMENSIONS:
        raise BadRequest(f"`dimensions` must be at most {_MOST_DIMENSIONS}, not {dimensions}.", "dimensions")
    return dimensions
