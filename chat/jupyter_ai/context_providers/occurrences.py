"""Where the commands of a context provider stand in a text, but for those in backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jupyter_ai.code_spans import CODE
from jupyter_ai.context_providers.command import ARGUMENT, ContextCommand
from jupyter_ai.errors import ContextProviderException

if TYPE_CHECKING:
    from jupyter_ai.context_providers.base import BaseCommandContextProvider

__all__ = ["check_arguments", "find_commands", "matches"]

_MOST_COMMANDS = 50  # of one provider in one message


def find_commands(context_provider: BaseCommandContextProvider, text: str) -> list[ContextCommand]:
    """The commands of a provider in `text`, each once, in order; those in backticks are not meant.

    Raises `ContextProviderException` for more than 50.
    """
    found = dict[str, ContextCommand]()
    for match in matches(context_provider, text):
        if match[0] not in found:
            found[match[0]] = ContextCommand(cmd=match[0])
        if len(found) > _MOST_COMMANDS:
            name = context_provider.command_id
            raise ContextProviderException(f"A message takes {_MOST_COMMANDS} different `{name}`, not more.")
    return list(found.values())


def matches(provider: BaseCommandContextProvider, text: str) -> Iterator[re.Match[str]]:
    """Where its commands stand in `text`."""
    if not provider._has_own_pattern and provider.command_id.casefold() not in text.casefold():
        return
    start = len(text) - len(text.lstrip())
    for match in _outside_code(provider.pattern, text):
        if match.start() == start or not provider.only_start:
            yield match


def check_arguments(provider: BaseCommandContextProvider, text: str) -> None:
    """Raise `ContextProviderException` for a command that lacks the argument it takes."""
    if not provider.requires_arg or provider._has_own_pattern:
        return
    if match := next(_outside_code(rf"{provider._word}:(?!{ARGUMENT})", text), None):
        raise ContextProviderException(
            f"`{match[0]}` names {provider._nothing}: it stands right after the colon, in quotes if it has "
            "spaces. A command that is not meant is written in backticks."
        )


def _outside_code(pattern: str, text: str) -> Iterator[re.Match[str]]:
    found = re.finditer(f"(?P<code>{CODE})|{pattern}", text, re.DOTALL)
    return (match for match in found if match.lastgroup != "code")
