"""The settings that a provider asks its user for."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

__all__ = ["Field", "IntegerField", "MultilineTextField", "TextField"]


class _TextualField(BaseModel):
    key: str
    label: str
    format: Literal["json", "jsonpath", "text"] = "text"


class TextField(_TextualField):
    """One line of text; its value reaches the provider's constructor under `key`."""

    type: Literal["text"] = "text"


class MultilineTextField(_TextualField):
    """Text of several lines, for instance a JSON document."""

    type: Literal["text-multiline"] = "text-multiline"


class IntegerField(BaseModel):
    """A whole number."""

    type: Literal["integer"] = "integer"
    key: str
    label: str


Field = TextField | MultilineTextField | IntegerField
