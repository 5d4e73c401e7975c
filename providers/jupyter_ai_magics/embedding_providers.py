"""The base class of providers of embedding models."""

from __future__ import annotations

from jupyter_ai_magics.auth import AuthStrategy, AwsAuthStrategy, EnvAuthStrategy, MultiEnvAuthStrategy
from jupyter_ai_magics.base_provider import ProviderModel
from jupyter_ai_magics.fields import Field

__all__ = [
    "AuthStrategy",
    "AwsAuthStrategy",
    "BaseEmbeddingsProvider",
    "EnvAuthStrategy",
    "Field",
    "MultiEnvAuthStrategy",
]


class BaseEmbeddingsProvider(ProviderModel):
    """Mixed with a LangChain `Embeddings`, makes that model selectable.

    It comes first among the bases of a subclass, which names itself in the class attributes.
    """
