"""The base class of providers of embedding models; some partners', each imported when it is first named."""

from __future__ import annotations

from typing import Any

from jupyter_ai_magics.auth import AuthStrategy, AwsAuthStrategy, EnvAuthStrategy, MultiEnvAuthStrategy
from jupyter_ai_magics.base_provider import ProviderModel
from jupyter_ai_magics.fields import Field
from jupyter_ai_magics.partner_names import partner_class

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


def __getattr__(name: str) -> Any:
    return partner_class(name, __name__)
