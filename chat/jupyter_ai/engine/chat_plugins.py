"""The handlers and context commands of one chat: made when first needed, and anew once reloaded."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_ai.engine.lazy import LazyMapping
from jupyter_ai.engine.router import DEFAULT
from jupyter_ai.engine.run import current_run
from jupyter_ai.errors import message_of
from jupyter_ai.plugins import CONTEXT_PROVIDERS, Plugin
from jupyter_ai.plugins.blame import place_of_class, place_of_error
from jupyter_ai_magics.failures import asking

if TYPE_CHECKING:
    from jupyter_ai.chat_handlers.base import BaseChatHandler
    from jupyter_ai.engine.chat import Chat

__all__ = ["ChatPlugins"]

_NOT_OF_CONTEXTS = ("root_chat_handlers", "help_message_template", "message_interrupted", "log_dir")


class ChatPlugins:
    """Makes the instances of plug-ins that serve one chat."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._engine = chat.engine
        self.handlers: LazyMapping[BaseChatHandler] = LazyMapping(self.handler_keys, self._build_handler)
        self.context_providers: LazyMapping[Any] = LazyMapping(self.context_ids, self._build_context)

    def handler_keys(self) -> list[str]:
        """The routing keys of the handlers that serve."""
        return list(self._engine.plugins.handlers())

    def context_ids(self) -> tuple[str, ...]:
        """The ids of the context commands that serve."""
        return tuple(plugin.id for plugin in self._context_plugins() if plugin.id)

    def why_not(self, key: str) -> str:
        """What to tell the person where the handler of a routing key is not to be had."""
        plugin = self._engine.plugins.handlers().get(key)
        reason = f": {plugin.trouble}" if plugin is not None and plugin.trouble else ""
        what = "No default chat handler is installed" if key == DEFAULT else f"`{key}` cannot be used"
        return f"{what}{reason}. The server's log tells more, and `jupyter ai plugins` lists every plug-in."

    def build(self, plugin: Plugin, arguments: dict[str, Any]) -> Any:
        """An instance of a plug-in's class; None, and a word in the log, where its constructor fails."""
        try:
            with self._named(f"The constructor of {plugin}"):
                return plugin.obj(**arguments) if plugin.obj is not None else None
        # A constructor is a plug-in's code: it may raise anything and must hurt nobody else.
        except BaseException as e:
            plugin.trouble = f"{type(e).__name__} in its constructor: {message_of(e)}"
            plugin.traceback = "".join(traceback.format_exception(e))
            plugin.where = place_of_error(e, plugin.target) or place_of_class(plugin.obj, plugin.target)
            self._engine.log.error("Cannot make an instance of %s: %s", plugin, plugin.trouble, exc_info=e)
            return None

    def renew(self) -> None:
        """Forget the instances whose classes serve no more."""
        handlers = self._engine.plugins.handlers()
        contexts = {plugin.id: plugin for plugin in self._context_plugins()}
        self.handlers.forget(lambda key, value: not _is_made_by(value, handlers.get(key)))
        self.context_providers.forget(lambda key, value: not _is_made_by(value, contexts.get(key)))

    def _context_plugins(self) -> list[Plugin]:
        return [p for p in self._engine.plugins.plugins(CONTEXT_PROVIDERS) if p.state == "loaded"]

    def _build_handler(self, key: str) -> BaseChatHandler | None:
        plugin = self._engine.plugins.handlers()[key]
        handler: BaseChatHandler | None = self.build(plugin, self._engine.handler_arguments(self._chat))
        return handler

    def _build_context(self, key: str) -> Any:
        arguments = self._engine.handler_arguments(self._chat)
        for name in _NOT_OF_CONTEXTS:
            del arguments[name]
        plugin = next(p for p in self._context_plugins() if p.id == key)
        provider = self.build(plugin, arguments)
        return provider if provider is None or self._can_be_named(provider, plugin) else None

    def _can_be_named(self, provider: Any, plugin: Plugin) -> bool:
        """Whether a context command tells its word: each prompt is searched for that."""
        try:
            with asking():
                word, pattern = provider.command_id, getattr(provider, "pattern", "")
                if not (isinstance(word, str) and word.strip()):
                    raise TypeError(f"{word!r} is no word")
                re.compile(pattern if isinstance(pattern, str) else "")
        # A plug-in's code.
        except Exception as e:
            plugin.trouble = f"{type(e).__name__} in its `command_id` or `pattern`: {message_of(e)}"
            self._engine.log.exception("%s cannot be asked for its command: it is left out.", plugin)
            return False
        return True

    @contextmanager
    def _named(self, name: str) -> Iterator[None]:
        """What runs now is to be blamed under this name if it blocks the event loop."""
        run = current_run()
        before = run.handler_name if run is not None else ""
        self._engine.watchdog_enter()
        try:
            if run is not None:
                run.handler_name = name
            yield
        finally:
            self._engine.watchdog_leave()
            if run is not None:
                run.handler_name = before


def _is_made_by(instance: object, plugin: Plugin | None) -> bool:
    return plugin is not None and type(instance) is plugin.obj
