"""Kinds of traits that mean the same in a configuration file and on a command line, or are refused."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from typing import Any

from traitlets import Dict, List, TraitError, Unicode

from jupyter_ai.keys.early import SecretDict

__all__ = ["Ids", "Objects", "Texts"]

_UNLIKELY = frozenset("[](){}\"',")  # in an id; what was meant to be a list has them


class Id(Unicode):  # type: ignore[type-arg]  # it is not generic when it runs
    """An id, without white space round it."""

    info_text = "an id"

    def validate(self, obj: Any, value: Any) -> str:
        """The id. Raises `TraitError` for what no provider or model is called."""
        id: str = super().validate(obj, value).strip()
        if not id or id == "None" or any(c in _UNLIKELY or c.isspace() for c in id):
            self.error(obj, value)
        return id


class Ids(List):  # type: ignore[type-arg]  # likewise
    """Ids, or None for no list.

    On a command line: one id, several with commas between them, a list of JSON or Python, or the whole option
    several times. Anything else is refused: a list that was not understood must not be taken for none.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Id(), None, allow_none=True, **kwargs)

    def from_string(self, s: str) -> list[str]:
        """The ids that one option gives. Raises `TraitError`."""
        return self.from_string_list([s])

    def from_string_list(self, s_list: Sequence[str]) -> list[str]:
        """The ids of all options of this name. Raises `TraitError`."""
        return [self._id(id) for text in s_list for id in _listed(text.strip())]

    def _id(self, id: Any) -> str:
        checked: str = Id().validate(None, id)
        return checked


class Texts(SecretDict):
    """Strings by name. On a command line: `name=text`, or an object of JSON or Python; also several times."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(key_trait=Unicode(), value_trait=self.member(), **kwargs)

    def member(self) -> Any:
        """The kind of its values."""
        return Unicode()

    def member_from(self, text: str) -> Any:
        """A value from what follows `name=`."""
        return text

    def from_string(self, s: str) -> dict[str, Any]:
        """What one option gives. Raises `TraitError`, which does not repeat it."""
        return self.from_string_list([s])

    def from_string_list(self, s_list: Sequence[str]) -> dict[str, Any]:
        """What all options of this name give, the last one first. Raises `TraitError`."""
        return {name: value for text in s_list for name, value in self._members(text.strip())}

    def _members(self, text: str) -> Iterator[tuple[str, Any]]:
        name, equals, value = text.partition("=")
        if text.startswith("{"):
            yield from _parsed(text, dict).items()
        elif name and equals:
            yield name.strip(), self.member_from(value)
        else:
            raise TraitError("It is not of the form name=value.")


class Objects(Texts):
    """The same, of objects."""

    kind = "a dictionary of dictionaries"

    def member(self) -> Any:
        """The kind of its values."""
        return Dict()

    def member_from(self, text: str) -> Any:
        """A value from what follows `name=`."""
        return _parsed(text.strip(), dict)


def _listed(text: str) -> list[Any]:
    if text[:1] in "[(":
        return list(_parsed(text, (list, tuple)))
    return text.split(",")


def _parsed(text: str, kind: type | tuple[type, ...]) -> Any:
    """JSON, or else a literal of Python, of this kind. Raises `TraitError`."""
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(value, kind):
            return value
    raise TraitError("It is neither JSON nor a literal of Python.")
