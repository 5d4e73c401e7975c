"""How much of a chat a model is shown: its window, and what of that is for the memory, in tokens."""

from __future__ import annotations

from typing import Any

__all__ = ["estimate_tokens", "memory_budget", "model_window"]

_UNKNOWN = 32_768  # tokens: what is common, and less than what most models of today take
_OLLAMA = 4_096  # tokens: what an Ollama server gives a model for which nobody says `num_ctx`
_ANSWER = 4_096  # tokens at most that are kept for an answer of which no bound is set
_BYTES = 3  # per token: of English a third too many, of code and of most other scripts about right


def estimate_tokens(text: str) -> int:
    """About how many tokens a model makes of a text, counted without its vocabulary; rather too many."""
    return -(-len(text.encode(errors="surrogatepass")) // _BYTES)


def model_window(model: Any) -> int:
    """How many tokens a LangChain model takes: what it is set to, else what its package tells of it.

    A model of which nothing is known, or None, is taken for one of 32,768.
    """
    for name in ("num_ctx", "n_ctx"):
        if set_to := _count(getattr(model, name, None)):
            return set_to
    profile = getattr(model, "profile", None)
    if told := _count(profile.get("max_input_tokens") if isinstance(profile, dict) else None):
        return told
    return _OLLAMA if hasattr(model, "num_ctx") else _UNKNOWN


def memory_budget(model: Any, prompt: str) -> int:
    """How many tokens of earlier exchanges `model` is shown with a prompt.

    Half of its window less room for the answer: the rest is for what context commands add. Less than half
    if the prompt itself needs more.
    """
    window = model_window(model)
    room = window - _answer(model, window)
    return max(0, min(room // 2, room - estimate_tokens(prompt)))


def _answer(model: Any, window: int) -> int:
    bounds = (_count(getattr(model, name, None)) for name in ("max_tokens", "num_predict"))
    bound = next((bound for bound in bounds if bound), _ANSWER)
    return min(bound, window // 4)


def _count(value: object) -> int:
    """A number of tokens; 0 for what is none, such as Ollama's -1."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
