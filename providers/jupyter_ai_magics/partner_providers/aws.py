"""Models on Amazon Bedrock, and endpoints of Amazon SageMaker."""

from __future__ import annotations

import json
from typing import Any

from langchain_aws import BedrockEmbeddings, BedrockLLM, ChatBedrock, SagemakerEndpoint
from langchain_aws.llms.sagemaker_endpoint import LLMContentHandler

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.base import PartnerEmbeddings, PartnerProvider
from jupyter_ai_magics.partner_providers.json_path import at_path, fill_in, parse_path

__all__ = [
    "BedrockChatProvider",
    "BedrockCustomProvider",
    "BedrockEmbeddingsProvider",
    "BedrockProvider",
    "SmEndpointProvider",
]


class BedrockModel(PartnerProvider):
    """A model on Bedrock; AWS names what is wrong with a key in a code."""

    key_errors = ("ExpiredToken", "InvalidClientTokenId", "InvalidSignature", "UnrecognizedClient")


@described
class BedrockProvider(BedrockModel, BedrockLLM):
    """Models that complete text."""


@described
class BedrockChatProvider(BedrockModel, ChatBedrock):
    """Models that take messages."""


@described
class BedrockCustomProvider(BedrockModel, ChatBedrock):
    """Custom and provisioned models, by ARN."""


@described
class BedrockEmbeddingsProvider(PartnerEmbeddings, BedrockEmbeddings):
    """Embedding models."""


@described
class SmEndpointProvider(BedrockModel, SagemakerEndpoint):
    """An endpoint of one's own, which takes and gives any JSON."""

    def __init__(self, *, request_schema: str = "", response_path: str = "", **kwargs: Any) -> None:
        if "content_handler" not in kwargs:
            kwargs["content_handler"] = JsonContentHandler(request_schema, response_path)
        super().__init__(**kwargs)


class JsonContentHandler(LLMContentHandler):
    """Puts the prompt into a JSON document, and takes the answer out of one.

    Raises ValueError for a `request_schema` that is no JSON, and for a `response_path` that is no path.
    """

    content_type = "application/json"
    accepts = "application/json"

    def __init__(self, request_schema: str, response_path: str) -> None:
        try:
            self._schema = json.loads(request_schema)
        except ValueError as error:
            raise ValueError(f"The request schema of the SageMaker endpoint is no JSON: {error}.") from None
        self._path = parse_path(response_path)

    def transform_input(self, prompt: str, model_kwargs: dict[str, Any]) -> bytes:
        """The request's body."""
        return json.dumps(fill_in(self._schema, prompt)).encode()

    def transform_output(self, output: Any) -> str:
        """The answer in the reply's body."""
        return str(at_path(json.loads(output.read()), self._path))
