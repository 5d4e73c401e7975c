"""What our partner providers have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from jupyter_ai_magics.base_provider import BaseProvider, ProviderModel
from jupyter_ai_magics.embedding_providers import BaseEmbeddingsProvider

__all__ = ["PartnerEmbeddings", "PartnerProvider", "is_refused_key"]

_UNAUTHORIZED = 401


class _Partner(ProviderModel):
    key_errors: ClassVar[tuple[str, ...]] = ()  # what a message or code of a wrong key contains

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**self._without_blanks(kwargs))

    @classmethod
    def _without_blanks(cls, kwargs: dict[str, Any]) -> dict[str, Any]:
        """A field that was left empty is not given: to the partner's class, "" would be a value."""
        keys = {field.key for field in cls.fields}
        return {k: v for k, v in kwargs.items() if not (k in keys and isinstance(v, str) and not v.strip())}

    @classmethod
    def is_api_key_exc(cls, e: Exception) -> bool:
        """Whether the server refused the key."""
        return is_refused_key(e, cls.key_errors)


class PartnerProvider(_Partner, BaseProvider):
    """The base of our model providers; a partner's class comes after it."""


class PartnerEmbeddings(_Partner, BaseEmbeddingsProvider):
    """The base of our embeddings providers, likewise."""


def is_refused_key(error: Exception, signs: tuple[str, ...] = ()) -> bool:
    """Whether an error, or what caused it, has status 401 or one of `signs` in its text."""
    seen: BaseException | None = error
    while seen is not None:
        if _status(seen) == _UNAUTHORIZED or any(sign in str(seen) for sign in signs):
            return True
        seen = seen.__cause__
    return False


def _status(error: BaseException) -> object:
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if status is not None:
            return status
    return None
