"""Prompt templates for LangChain, built from the wording in use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from jinja2 import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from langchain_core.messages import BaseMessage, SystemMessage, get_buffer_string
from langchain_core.prompts import (
    ChatPromptTemplate,
    HumanMessagePromptTemplate,
    MessagesPlaceholder,
    PromptTemplate,
)

from jupyter_ai_magics.prompts import FORMAT_TEMPLATES

__all__ = ["JinjaTemplate", "chat_template", "format_templates", "jinja_template", "text_template"]


class JinjaTemplate(PromptTemplate):
    """A Jinja template compiled once; LangChain's own compiles at every use, which takes 80 times as long."""

    def format(self, **kwargs: Any) -> str:
        values = self._merge_partial_and_user_variables(**kwargs)
        return _compiled(self.template).render({name: _readable(value) for name, value in values.items()})


class _HumanTemplate(HumanMessagePromptTemplate):
    """A message with the images that its `context` brings along (`context.images`: content parts)."""

    def format(self, **kwargs: Any) -> BaseMessage:
        return _with_images(super().format(**kwargs), kwargs.get("context"))

    async def aformat(self, **kwargs: Any) -> BaseMessage:
        return _with_images(await super().aformat(**kwargs), kwargs.get("context"))


def _with_images(message: BaseMessage, context: object) -> BaseMessage:
    if images := getattr(context, "images", ()):
        message.content = [{"type": "text", "text": message.content}, *images]
    return message


@lru_cache(maxsize=64)
def jinja_template(template: str) -> JinjaTemplate:
    return JinjaTemplate.from_template(template, template_format="jinja2")  # type: ignore[return-value]


def chat_template(system: str, names: Mapping[str, str], human: str, *, history: bool) -> ChatPromptTemplate:
    """The messages for a chat model: a system message, the history where wanted, and the human's."""
    instructions = _with_names(system, names)
    return ChatPromptTemplate.from_messages(
        [
            *([SystemMessage(content=instructions)] if instructions.strip() else []),
            *([MessagesPlaceholder("history")] if history else []),
            _HumanTemplate(prompt=jinja_template(human)),
        ]
    )


def text_template(template: str, **values: str) -> PromptTemplate:
    """One text for a model that knows no messages, with some of its variables filled in."""
    return jinja_template(template).partial(**values)  # type: ignore[return-value]


@cache
def format_templates() -> dict[str, PromptTemplate]:
    """The default template of each output format; copy it before changing it."""
    return {name: PromptTemplate.from_template(text) for name, text in FORMAT_TEMPLATES.items()}


@lru_cache(maxsize=64)
def _compiled(template: str) -> Template:
    return ImmutableSandboxedEnvironment().from_string(template)


def _readable(value: object) -> object:
    """Messages as the lines of a conversation, anything else as it is."""
    if isinstance(value, list) and value and all(isinstance(item, BaseMessage) for item in value):
        return get_buffer_string(value)
    return value


def _with_names(template: str, names: Mapping[str, str]) -> str:
    try:
        return template.format_map(names)
    except (KeyError, IndexError, ValueError, AttributeError):
        # A deployment's own wording with braces in it, such as an example of JSON.
        for name, value in names.items():
            template = template.replace(f"{{{name}}}", value)
        return template
