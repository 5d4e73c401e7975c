"""What can be completed in a prompt: slash commands, personas, context commands and their arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyter_ai.argument_options import argument_options
from jupyter_ai.chat_handlers.provider_use import unsupported_commands
from jupyter_ai.engine.addresses import address_of
from jupyter_ai.engine.frame import encodable
from jupyter_ai.models import ListOptionsEntry, ListPersonasEntry
from jupyter_ai_magics.failures import asking

if TYPE_CHECKING:
    from jupyter_ai.engine.chat import Chat
    from jupyter_ai.engine.engine import Engine
    from jupyter_ai.personas.manager import PersonaManager
    from jupyter_ai.plugins import Plugin

__all__ = ["list_options", "list_personas", "plugin_help", "supported_commands"]


async def list_options(chat: Chat, partial: str) -> list[ListOptionsEntry]:
    """Everything that begins with `partial`; after the colon of a context command, its arguments.

    Waits for the plug-ins, 30 s at most.
    """
    await chat.engine.handlers_ready()
    command, colon, prefix = partial.partition(":")
    providers = list(chat.context_providers.values())
    provider = next((p for p in providers if colon and _is_called(p, command)), None)
    if provider is not None:
        return await argument_options(provider, prefix, chat.engine.log)
    options = [*_commands(chat.engine), *_personas(chat.personas), *_contexts(chat.engine, providers)]
    return [option for option in options if option.label.casefold().startswith(partial.casefold())]


def list_personas(manager: PersonaManager) -> list[ListPersonasEntry]:
    """Who can be addressed, and how. Makes the personas that are not made yet."""
    return [
        ListPersonasEntry(
            name=member.name,
            address=address_of(member.name),
            description=member.description,
            avatar_route=manager.avatar_route(member.voice),
        )
        for member in manager.members()
    ]


def supported_commands(engine: Engine) -> list[tuple[str, Plugin]]:
    """The slash commands (with the slash) that the selected model supports, sorted."""
    provider = engine.config_manager.lm_provider
    if provider is None:
        return []
    unsupported = unsupported_commands(provider)
    handlers = engine.plugins.handlers()
    return [(k, handlers[k]) for k in sorted(handlers) if k.startswith("/") and k not in unsupported]


def plugin_help(plugin: Plugin) -> str:
    """What a plug-in says it does."""
    return encodable(str(getattr(plugin.obj, "help", "")))


def _is_called(provider: Any, command: str) -> bool:
    try:
        with asking():
            return bool(provider.command_id.casefold() == command.casefold())
    # A plug-in's code.
    except Exception:  # noqa: BLE001
        return False


def _commands(engine: Engine) -> list[ListOptionsEntry]:
    return [
        ListOptionsEntry(id=key, label=key, description=plugin_help(plugin), only_start=True)
        for key, plugin in supported_commands(engine)
    ]


def _personas(manager: PersonaManager) -> list[ListOptionsEntry]:
    found = [(address_of(member.name), member) for member in manager.members()]
    return [
        ListOptionsEntry(id=member.id, label=label, description=member.description, only_start=False)
        for label, member in found
    ]


def _contexts(engine: Engine, providers: Iterable[Any]) -> list[ListOptionsEntry]:
    found = [_context(engine, provider) for provider in providers]
    return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.id)


def _context(engine: Engine, provider: Any) -> ListOptionsEntry | None:
    try:
        with asking():
            name = provider.command_id
            label = f"{name}:" if provider.requires_arg else name
            description = encodable(provider.help)
            return ListOptionsEntry(
                id=name, label=label, description=description, only_start=provider.only_start
            )
    # A plug-in's code: what it says of itself may be anything, and the others are listed.
    except Exception:
        engine.log.warning("%r cannot be described.", type(provider), exc_info=True)
        return None
