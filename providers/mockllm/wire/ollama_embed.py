"""Ollama's embeddings, in the present and in the older form."""

from __future__ import annotations

from typing import Any

from mockllm.tokens import count_tokens
from mockllm.values.embeddings import embed
from mockllm.wire.checks import BadRequest, Request, check_kinds, required_text

__all__ = ["embed_body", "legacy_embed_body"]

_DIMENSIONS = 768
_MOST_DIMENSIONS = 16_384


def embed_body(request: Request) -> dict[str, Any]:
    """The vectors of one or several texts; raises `BadRequest`."""
    check_kinds(request, {"input": ("a string", "a list"), "dimensions": "an integer"})
    model, given = required_text(request, "model"), request.get("input")
    texts = [given] if isinstance(given, str) else given or []
    if not all(isinstance(text, str) for text in texts):
        raise BadRequest("`input` must be a string or a list of strings.", "input")
    dimensions = _dimensions(request)
    return {
        "model": model,
        "embeddings": [embed(text, dimensions) for text in texts],
        "total_duration": 2_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": sum(map(count_tokens, texts)),
    }


def legacy_embed_body(request: Request) -> dict[str, Any]:
    """The vector of a prompt; none for an empty one."""
    check_kinds(request, {"prompt": "a string"})
    required_text(request, "model")
    prompt = request.get("prompt")
    return {"embedding": embed(prompt, _DIMENSIONS) if prompt else []}


def _dimensions(request: Request) -> int:
    dimensions: int = request.get("dimensions") or _DIMENSIONS
    if not 0 < dimensions <= _MOST_DIMENSIONS:
        raise BadRequest(
            f"`dimensions` must be from 1 to {_MOST_DIMENSIONS}, not {dimensions}.", "dimensions"
        )
    return dimensions
