"""The text that greets a chat and answers `/help`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_ai.code_spans import code_span

if TYPE_CHECKING:
    from jupyter_ai_magics.models.persona import Persona

__all__ = ["DEFAULT_HELP_MESSAGE_TEMPLATE", "build_help_message"]

DEFAULT_HELP_MESSAGE_TEMPLATE = """\
Hello, I am {persona_name}. Ask me anything, or begin a message with one of these commands:

{slash_commands_list}
{context_commands_list}{personas_list}

Each command explains itself with `--help`."""

_MOST_PERSONAS = 5


def build_help_message(
    template: str,
    persona: Persona,
    chat_handlers: Mapping[str, Any],
    context_providers: Mapping[str, Any],
    unsupported: Iterable[str] = (),
    personas: Sequence[str] = (),
) -> str:
    """Fill in `template`: `{persona_name}`, `{slash_commands_list}`, `{context_commands_list}` and
    `{personas_list}`.

    Commands in `unsupported` (`"/learn"`) are left out. One persona alone needs no address.
    """
    hidden = set(unsupported)
    commands = [
        f"* `{key}`: {handler.help}"
        for key, handler in sorted(chat_handlers.items())
        if key.startswith("/") and key not in hidden
    ]
    # Their names alone: what each adds stands in the menu of `@`, and a narrow panel has few lines.
    contexts = ", ".join(f"`{p.command_id}`" for _, p in sorted(context_providers.items()))
    return (template or DEFAULT_HELP_MESSAGE_TEMPLATE).format(
        persona_name=persona.name,
        slash_commands_list="\n".join(commands),
        context_commands_list=f"\nThese add context to a message: {contexts}." if contexts else "",
        personas_list=f"\n{_line_of(personas)}" if len(personas) > 1 else "",
    )


def _line_of(personas: Sequence[str]) -> str:
    from jupyter_ai.engine.addresses import address_of  # an administrator's traits need none of the engine

    shown = ", ".join(code_span(address_of(name)) for name in personas[:_MOST_PERSONAS])
    more = len(personas) - _MOST_PERSONAS
    return f"These answer by name: {shown}{f' and {more} more' if more > 0 else ''}."
