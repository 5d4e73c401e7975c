"""The cards of our partner providers: what deployments have in their settings, and what the documents say."""

import re
import tomllib
from pathlib import Path

import pytest

from jupyter_ai_magics.aliases import MODEL_ID_ALIASES
from jupyter_ai_magics.auth import AwsAuthStrategy, key_params
from jupyter_ai_magics.catalogue import ANY_MODEL, CARDS, Card, card_of
from jupyter_ai_magics.embedding_cards import EMBEDDING_CARDS
from jupyter_ai_magics.language_cards import LANGUAGE_CARDS

TREE = Path(__file__).parents[2]

# By entry point: the id, the keyword of the model, the keys or "AWS", and the fields; "+" marks a registry.
LANGUAGE = """
ai21: ai21 model AI21_API_KEY
amazon-bedrock: bedrock model_id AWS credentials_profile_name region_name
amazon-bedrock-chat: bedrock-chat model_id AWS credentials_profile_name region_name
amazon-bedrock-custom: +bedrock-custom model_id AWS provider region_name credentials_profile_name
anthropic-chat: anthropic-chat model ANTHROPIC_API_KEY
azure-chat-openai: +azure-chat-openai azure_deployment AZURE_OPENAI_API_KEY azure_endpoint api_version
cohere: cohere model COHERE_API_KEY
gemini: gemini model GOOGLE_API_KEY
gpt4all: gpt4all model - n_threads
huggingface_hub: +huggingface_hub repo_id HUGGINGFACEHUB_API_TOKEN
mistralai: mistralai model MISTRAL_API_KEY
nvidia-chat: nvidia-chat model NVIDIA_API_KEY
ollama: +ollama model - base_url
openai: openai model_name OPENAI_API_KEY
openai-chat: openai-chat model_name OPENAI_API_KEY openai_api_base openai_organization openai_proxy
openai-chat-custom: +openai-chat-custom model_name OPENAI_API_KEY openai_api_base openai_organization \
openai_proxy default_headers ca_bundle request_timeout
openrouter: +openrouter model_name OPENROUTER_API_KEY openai_api_base
qianfan: qianfan model_name QIANFAN_AK,QIANFAN_SK
sagemaker-endpoint: +sagemaker-endpoint endpoint_name AWS region_name request_schema response_path
together-ai: togetherai model TOGETHER_API_KEY
vertexai: vertexai model -
"""
EMBEDDINGS = """
azure: azure azure_deployment AZURE_OPENAI_API_KEY azure_endpoint
bedrock: bedrock model_id AWS
cohere: cohere model COHERE_API_KEY
gpt4all: gpt4all model_id -
huggingface_hub: +huggingface_hub repo_id HUGGINGFACEHUB_API_TOKEN
mistralai: mistralai model MISTRAL_API_KEY
ollama: +ollama model - base_url
openai: openai model OPENAI_API_KEY
openai-custom: +openai-custom model OPENAI_API_KEY openai_api_base
qianfan: qianfan model QIANFAN_AK,QIANFAN_SK
vertexai: vertexai model -
"""


def line(card: Card) -> str:
    aws = isinstance(card.auth_strategy, AwsAuthStrategy)
    keys = "AWS" if aws else ",".join(key_params(card.auth_strategy)) or "-"
    words = [f"{'+' * card.registry}{card.id}", card.model_id_key, keys, *(f.key for f in card.fields)]
    return f"{card.entry_point}: {' '.join(words)}"


@pytest.mark.parametrize(("cards", "table"), [(LANGUAGE_CARDS, LANGUAGE), (EMBEDDING_CARDS, EMBEDDINGS)])
def test_ids_keys_and_fields_are_those_that_deployments_have(cards: list[Card], table: str) -> None:
    assert [line(card) for card in cards] == table.strip().splitlines()


@pytest.mark.parametrize("cards", [LANGUAGE_CARDS, EMBEDDING_CARDS])
def test_ids_and_entry_points_are_unique(cards: list[Card]) -> None:
    assert len({card.id for card in cards}) == len({card.entry_point for card in cards}) == len(cards)


def test_a_card_is_found_by_its_target() -> None:
    assert [card_of(card.target) for card in CARDS] == list(CARDS)
    assert card_of("acme:Provider") is None


def test_a_registry_lists_no_models_and_the_others_do() -> None:
    assert {card.id for card in CARDS if tuple(card.models) == ANY_MODEL} == {
        card.id for card in CARDS if card.registry
    }


def test_what_is_not_installed_is_told_by_its_extra() -> None:
    card = Card("x", "m:C", "x", "X", "model", extra="acme", requires=("json", "acme_gone"))

    assert not card.installed()
    assert card.install_hint == 'pip install "jupyter_ai[acme]"'


def test_every_extra_is_one_of_the_distribution_and_all_has_them_all() -> None:
    extras = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    everything = {name for text in extras["all"] for name in re.findall(r"\w+", text.partition("[")[2])}

    assert {card.extra for card in CARDS} <= extras.keys()
    assert {card.extra for card in CARDS} | {"documents"} == everything


def test_every_alias_names_a_model_that_is_listed() -> None:
    listed = {f"{card.id}:{model}" for card in LANGUAGE_CARDS for model in card.models}

    assert set(MODEL_ID_ALIASES.values()) - listed == {"mockllm:offline"}


def test_the_documents_list_every_provider() -> None:
    page = (TREE / "docs" / "administrators" / "providers.md").read_text()
    language, embeddings, *_ = re.split("^## ", page, flags=re.M)[1:]

    for cards, text in ((LANGUAGE_CARDS, language), (EMBEDDING_CARDS, embeddings)):
        rows = [[cell.strip() for cell in row.split("|")] for row in re.findall(r"^\|(.+)\|$", text, re.M)]
        told = {row[0]: row[1:] for row in rows}
        for card in cards:
            name, extra, keys, fields, *_ = told[f"`{card.id}`"]
            assert (name, extra) == (card.name, f"`{card.extra}`")
            assert [key for key in key_params(card.auth_strategy) if f"`{key}`" not in keys] == []
            assert fields == ", ".join(f"`{field.key}`" for field in card.fields)
