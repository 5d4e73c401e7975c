"""What is to be told of a partner provider before its package is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_ai_magics.auth import AuthStrategy
from jupyter_ai_magics.fields import Field

__all__ = ["ANY_MODEL", "Card"]

ANY_MODEL = ("*",)
"""The models of a registry: whatever one names."""


@dataclass(frozen=True)
class Card:
    """One provider of ours: what its class says of itself, and what must be installed for it."""

    entry_point: str
    target: str  # `module:Class`
    id: str
    name: str
    model_id_key: str
    extra: str  # of our distribution; it installs what the provider needs
    requires: tuple[str, ...]  # top-level modules
    is_chat: bool = False  # whether its models take messages, so that the chat offers them
    embeddings: bool = False
    models: Sequence[str] = ANY_MODEL
    model_id_label: str | None = None
    registry: bool = False
    auth_strategy: AuthStrategy = None
    fields: Sequence[Field] = ()
    help: str | None = None
    packages: tuple[str, ...] = ()  # as pip names them; `pypi_package_deps` of the class

    @property
    def class_name(self) -> str:
        return self.target.partition(":")[2]

    @property
    def chat_models(self) -> list[str]:
        """What to offer in the chat."""
        return list(self.models) if self.is_chat else []

    @property
    def completion_models(self) -> list[str]:
        """What to offer for completing code."""
        return [] if self.embeddings else list(self.models)

    @property
    def install_hint(self) -> str:
        """The command that installs what it needs."""
        return f'pip install "jupyter_ai[{self.extra}]"'

    def installed(self) -> bool:
        """Whether its packages are there; imports nothing."""
        import sys
        from importlib.util import find_spec

        return all(module in sys.modules or find_spec(module) is not None for module in self.requires)
