"""How a plug-in class is imported, and what it must have to be registered."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import reprlib
import sys
from typing import Any

from jupyter_ai_magics.failures import import_advice, is_interrupt, summarize

__all__ = [
    "PluginError",
    "chat_handler_problems",
    "context_provider_problems",
    "embeddings_provider_problems",
    "import_class",
    "inline_completion_provider_problems",
    "is_chat_handler",
    "parse_target",
    "persona_problems",
    "provider_problems",
    "summarize",
]

_TARGET = re.compile(r"\s*(?P<module>[\w.]+)\s*:\s*(?P<attr>[\w.]+)\s*(\[[^\]]*\]\s*)?")
_SLASH_ID = re.compile(r"[A-Za-z0-9_]+")
_MAKE_CONTEXT = "write `async def _make_context_prompt(self, message, commands): …`"
_COMPLETE = "write `async def generate_inline_completions(self, request): …`"
_PROCESS_MESSAGE = "write `async def process_message(self, message): …`"


class PluginError(Exception):
    """A plug-in cannot be used; the message says which one, why and what to do."""


def parse_target(target: str) -> tuple[str, str]:
    """Split `module:Class` (extras are allowed and ignored) into its two parts."""
    match = _TARGET.fullmatch(target)
    if match is None:
        raise PluginError(
            f"the entry point's target `{target}` is not of the form `module:Class`: correct it in the "
            "package's metadata (pyproject.toml, `[project.entry-points]`)"
        )
    return match["module"], match["attr"]


def import_class(target: str, distribution: str) -> type:
    """Import the class that `target` names; raise `PluginError` from whatever went wrong."""
    module, attr = parse_target(target)
    try:
        found: object = functools.reduce(getattr, attr.split("."), importlib.import_module(module))
    except BaseException as exc:  # a module may call sys.exit(), or raise a BaseException of its own
        if is_interrupt(exc):
            raise
        raise PluginError(_import_advice(exc, module, attr, distribution)) from exc
    if not isinstance(found, type):
        raise PluginError(
            f"`{target}` is a {type(found).__name__}, not a class: point the entry point at one"
        )
    return found


def is_chat_handler(cls: type) -> bool:
    from jupyter_ai.chat_handlers.base import BaseChatHandler

    return issubclass(cls, BaseChatHandler)


def chat_handler_problems(cls: type) -> list[str]:
    """What keeps `cls` from being a chat handler, each with what to do about it."""
    from jupyter_ai.chat_handlers.base import BaseChatHandler

    if not issubclass(cls, BaseChatHandler):
        return ["it is no subclass of `jupyter_ai.chat_handlers.BaseChatHandler`: derive it from that class"]
    problems = _id_problems(cls, BaseChatHandler) + _missing(cls, ("name", "help"), BaseChatHandler)
    problems += _routing_problems(cls)
    if cls.process_message is BaseChatHandler.process_message:
        return [*problems, f"`process_message` is not defined: {_PROCESS_MESSAGE}"]
    return problems + _coroutine_problems(cls)


def persona_problems(cls: type) -> list[str]:
    """What keeps `cls` from being a persona; a chat handler may be one."""
    if is_chat_handler(cls):
        return chat_handler_problems(cls)
    from jupyter_ai.personas.base_persona import BasePersona

    if not issubclass(cls, BasePersona):
        return ["it is no subclass of `jupyter_ai.personas.BasePersona`: derive it from that class"]
    problems = []
    if cls.defaults is BasePersona.defaults:
        problems.append("`defaults` is missing: define a property that returns `PersonaDefaults(name=…)`")
    if cls.process_message is BasePersona.process_message:
        return [*problems, f"`process_message` is not defined: {_PROCESS_MESSAGE}"]
    return problems + _coroutine_problems(cls)


def provider_problems(cls: type) -> list[str]:
    """What keeps `cls` from being a model provider."""
    from jupyter_ai_magics import registration

    return registration.provider_problems(cls)


def embeddings_provider_problems(cls: type) -> list[str]:
    """What keeps `cls` from being an embeddings provider."""
    from jupyter_ai_magics import registration

    return registration.embeddings_provider_problems(cls)


def context_provider_problems(cls: type) -> list[str]:
    """What keeps `cls` from being a context provider."""
    from jupyter_ai.context_providers.base import BaseCommandContextProvider

    problems = _id_problems(cls) + _missing(cls, ("help",))
    if not issubclass(cls, BaseCommandContextProvider):
        return problems
    if cls._make_context_prompt is BaseCommandContextProvider._make_context_prompt:
        return [*problems, f"`_make_context_prompt` is not defined: {_MAKE_CONTEXT}"]
    return problems + _coroutine_problems(cls, "_make_context_prompt", _MAKE_CONTEXT)


def inline_completion_provider_problems(cls: type) -> list[str]:
    """What keeps `cls` from being an inline completion provider."""
    from jupyter_ai.completions.base import BaseInlineCompletionProvider as Base

    if not issubclass(cls, Base):
        return [
            "it is no subclass of `jupyter_ai.completions.BaseInlineCompletionProvider`: derive it from that"
        ]
    problems = _id_problems(cls, Base) + _missing(cls, ("name",), Base) + _options_problems(cls)
    if cls.generate_inline_completions is not Base.generate_inline_completions:
        return problems + _coroutine_problems(cls, "generate_inline_completions", _COMPLETE)
    if cls.stream_inline_completions is Base.stream_inline_completions:
        problems.append(f"`generate_inline_completions` is not defined: {_COMPLETE}")
    return problems


def _options_problems(cls: type) -> list[str]:
    from jupyter_ai.completions.options import ProviderOptions

    options = getattr(cls, "options", None)
    if isinstance(options, ProviderOptions):  # which has looked at itself
        return []
    return [f"`options` is {reprlib.repr(options)}: write `options = ProviderOptions(…)`"]


def _id_problems(cls: type, base: type = object) -> list[str]:
    if missing := _missing(cls, ("id",), base):
        return missing
    value = getattr(cls, "id", None)
    if not isinstance(value, str) or not value.strip():
        return [f"`id` is {value!r}: make it a string that is not empty"]
    return []


def _missing(cls: type, names: tuple[str, ...], base: type = object) -> list[str]:
    return [
        f"`{name}` is missing: add `{name} = …` to the class" for name in names if not _sets(cls, name, base)
    ]


def _sets(cls: type, name: str, base: type) -> bool:
    """Whether `cls` has the attribute, and not only as a placeholder of `base`."""
    if getattr(cls, name, None) is None:
        return False
    home = next((each for each in cls.__mro__ if name in vars(each)), None)
    return home is not base


def _routing_problems(cls: type) -> list[str]:
    routing = getattr(cls, "routing_type", None)
    example = 'routing_type = SlashCommandRoutingType(slash_id="…")'
    if routing is None:
        return [f"`routing_type` is missing: add `{example}` to the class"]
    if isinstance(routing, type) or not hasattr(routing, "slash_id"):
        return [f"`routing_type` is not an instance with a `slash_id`: write `{example}`"]
    return _slash_id_problems(routing.slash_id)


def _slash_id_problems(slash_id: Any) -> list[str]:
    if slash_id is None or (isinstance(slash_id, str) and _SLASH_ID.fullmatch(slash_id)):
        return []
    return [
        f"slash id {slash_id!r} is not valid: use ASCII letters, digits and underscores only, "
        "or None for the default handler"
    ]


def _coroutine_problems(
    cls: type, name: str = "process_message", advice: str = _PROCESS_MESSAGE
) -> list[str]:
    method = getattr(cls, name, None)
    if method is None:
        return [f"`{name}` is missing: {advice}"]
    # A decorator may hand out the coroutine of the function that it wraps.
    if inspect.iscoroutinefunction(method) or inspect.iscoroutinefunction(inspect.unwrap(method)):
        return []
    return [f"`{name}` is not a coroutine function: {advice}"]


def _import_advice(exc: BaseException, module: str, attr: str, distribution: str) -> str:
    loaded = sys.modules.get(module)
    if isinstance(exc, AttributeError) and loaded is not None:
        return _attribute_advice(vars(loaded), module, attr)
    return import_advice(exc, module, distribution)


def _attribute_advice(names: dict[str, Any], module: str, attr: str) -> str:
    import difflib

    close = difflib.get_close_matches(
        attr, [name for name, value in names.items() if isinstance(value, type)]
    )
    hint = f" (it has `{close[0]}`)" if close else ""
    return f"`{module}` has no `{attr}`{hint}; define it there, or correct the entry point's target"
