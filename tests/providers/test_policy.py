"""What the administrator's four lists let through."""

import pytest

from jupyter_ai_magics.aliases import MODEL_ID_ALIASES
from jupyter_ai_magics.policy import Policy


def test_without_lists_all_may_be_used() -> None:
    assert Policy().model_reason("a:b") is None
    assert Policy().provider_reason("a") is None


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (Policy(blocked_providers=["a"]), "the provider a is in AiExtension.blocked_providers"),
        (Policy(allowed_providers=["x"]), "the provider a is not in AiExtension.allowed_providers"),
        (Policy(allowed_providers=[]), "the provider a is not in AiExtension.allowed_providers"),
        (Policy(blocked_models=["a:b"]), "the model a:b is in AiExtension.blocked_models"),
        (Policy(allowed_models=["a:c"]), "the model a:b is not in AiExtension.allowed_models"),
    ],
)
def test_a_reason_names_the_trait(policy: Policy, reason: str) -> None:
    assert policy.model_reason("a:b") == reason


def test_a_model_must_pass_all_lists() -> None:
    policy = Policy(
        allowed_providers=["a", "b"], blocked_models=["a:1"], allowed_models=["a:1", "a:2", "c:1"]
    )

    usable = [gid for gid in ("a:1", "a:2", "a:3", "b:1", "c:1") if policy.model_reason(gid) is None]

    assert usable == ["a:2"]


def test_a_block_list_beats_an_allow_list() -> None:
    policy = Policy(allowed_providers=["a"], blocked_providers=["a"])

    assert policy.provider_reason("a") == "the provider a is in AiExtension.blocked_providers"


def test_an_alias_is_its_model() -> None:
    alias, gid = next(iter(MODEL_ID_ALIASES.items()))

    assert Policy(blocked_models=[gid]).model_reason(alias) is not None
    assert Policy(blocked_models=[alias]).model_reason(gid) is not None
    assert Policy(allowed_models=[alias]).model_reason(gid) is None


@pytest.mark.parametrize(
    "model",
    [
        "llama3.2",
        "llama3.2:latest",
        "LLama3.2:Latest",
        "library/llama3.2",
        "registry.ollama.ai/library/llama3.2:latest",
        "https://registry.ollama.ai/library/llama3.2",
    ],
)
@pytest.mark.parametrize("listed", ["llama3.2", "llama3.2:latest"])
def test_what_ollama_takes_for_one_model_is_one(model: str, listed: str) -> None:
    gid = f"ollama:{model}"

    assert Policy(blocked_models=[f"ollama:{listed}"]).model_reason(gid) is not None
    assert Policy(allowed_models=[f"ollama:{listed}"]).model_reason(gid) is None


def test_another_tag_or_place_is_another_model() -> None:
    policy = Policy(blocked_models=["ollama:llama3.2"])

    for model in ("llama3.2:3b", "me/llama3.2", "localhost:5000/library/llama3.2"):
        assert policy.model_reason(f"ollama:{model}") is None
    assert Policy(blocked_models=["acme:Large"]).model_reason("acme:large") is None


@pytest.mark.parametrize(
    ("listed", "gid"),
    [
        ("openai-chat:gpt-4o", "openai-chat: gpt-4o"),
        ("openai-chat:gpt-4o", " openai-chat :gpt-4o\t"),
        (" openai-chat : gpt-4o", "openai-chat:gpt-4o"),
        (" gpt4o ", "openai-chat:gpt-4o"),
        ("gemini:gemini-2.5-pro", "gemini:models/gemini-2.5-pro"),
        ("gemini:models/gemini-2.5-pro", "gemini: gemini-2.5-pro"),
    ],
)
def test_another_way_to_write_a_model_names_the_same(listed: str, gid: str) -> None:
    assert Policy(blocked_models=[listed]).model_reason(gid) is not None
    assert Policy(allowed_models=[listed]).model_reason(gid) is None


def test_white_space_round_a_provider_lets_nothing_through() -> None:
    assert Policy(blocked_providers=["acme"]).model_reason(" acme : large") is not None
    assert Policy(blocked_providers=[" acme "]).model_reason("acme:large") is not None
    assert Policy(allowed_providers=["acme "]).model_reason(" acme : large") is None
    assert Policy(blocked_providers=["openai-chat"]).model_reason(" gpt4o ") is not None
