"""Texts with placeholders: Jinja templates, kept from running for ever or growing without end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

__all__ = ["PlainText", "TemplateError", "Text", "text_or_template"]


class TemplateError(ValueError):
    """A template that cannot be understood or filled in; the message says why."""


@runtime_checkable
class Text(Protocol):
    """Words that may depend on the prompt."""

    def render(self, variables: Mapping[str, Any]) -> str: ...


@dataclass(frozen=True)
class PlainText:
    """Words that never change."""

    text: str = ""

    def render(self, variables: Mapping[str, Any]) -> str:
        return self.text


def text_or_template(text: str, groups: frozenset[str] | None = None) -> Text:
    """Understand a text, which is a template if it contains `{{` or `{%`; raises `TemplateError`.

    `groups` are the names of a regular expression's groups; None: there is no regular expression.
    """
    if "{{" not in text and "{%" not in text:
        return PlainText(text)
    from mockllm.rules.jinja import Template  # only a file with templates pays for importing Jinja

    return Template(text, groups)
