"""Our own partner providers, known without importing any of their packages."""

from __future__ import annotations

from typing import Any, TypeVar

from jupyter_ai_magics.card import ANY_MODEL, Card
from jupyter_ai_magics.embedding_cards import EMBEDDING_CARDS
from jupyter_ai_magics.language_cards import LANGUAGE_CARDS

__all__ = ["ANY_MODEL", "CARDS", "Card", "card_of", "described"]

CARDS: tuple[Card, ...] = (*LANGUAGE_CARDS, *EMBEDDING_CARDS)

C = TypeVar("C", bound=type[Any])

_BY_TARGET = {card.target: card for card in CARDS}
_BY_CLASS = {card.class_name: card for card in CARDS}


def card_of(target: str) -> Card | None:
    """The card of the class that an entry point names; None if it is not one of ours."""
    return _BY_TARGET.get(target.replace(" ", ""))


def described(cls: C) -> C:
    """A decorator that gives a class of ours the attributes on its card."""
    card = _BY_CLASS[cls.__name__]
    for name in ("id", "name", "model_id_key", "registry", "auth_strategy", "help"):
        setattr(cls, name, getattr(card, name))
    cls.models = list(card.models)
    cls.fields = list(card.fields)
    cls.pypi_package_deps = list(card.packages)
    if not card.embeddings:
        cls.model_id_label = card.model_id_label
    return cls
