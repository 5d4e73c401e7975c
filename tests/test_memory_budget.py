"""How much of a chat a model is shown, by what is known of it."""

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_ai.memory_budget import estimate_tokens, memory_budget, model_window


def model(**members: Any) -> Any:
    return SimpleNamespace(**members)


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("four", 2), ("日本", 2), ("\ud800", 1)])
def test_tokens_are_estimated_by_bytes(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@pytest.mark.parametrize(
    ("known", "window"),
    [
        (model(num_ctx=8_192, profile={"max_input_tokens": 131_072}), 8_192),
        (model(n_ctx=2_048), 2_048),
        (model(profile={"max_input_tokens": 200_000}), 200_000),
        (model(num_ctx=None), 4_096),
        (model(profile=None), 32_768),
        (model(profile={"max_input_tokens": True}, n_ctx=-1), 32_768),
        (None, 32_768),
    ],
)
def test_window(known: Any, window: int) -> None:
    assert model_window(known) == window


def test_a_model_of_langchain_tells_its_window() -> None:
    from langchain_openai import ChatOpenAI

    assert model_window(ChatOpenAI(model="gpt-4o", api_key="-")) >= 100_000


@pytest.mark.parametrize(
    ("known", "prompt", "budget"),
    [
        (model(n_ctx=8_000), "", 3_000),  # a quarter is for the answer
        (model(n_ctx=8_000, max_tokens=1_000), "", 3_500),
        (model(n_ctx=8_000, max_tokens=1_000), "x" * 12_000, 3_000),
        (model(n_ctx=8_000, max_tokens=1_000), "x" * 30_000, 0),
        (model(n_ctx=100_096, num_predict=-1), "", 48_000),
    ],
)
def test_the_memory_gets_half_of_what_answer_and_prompt_leave(known: Any, prompt: str, budget: int) -> None:
    assert memory_budget(known, prompt) == budget
