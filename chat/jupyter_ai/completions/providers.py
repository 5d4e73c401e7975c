"""The inline completion providers of a server: those of installed packages and those registered later."""

from __future__ import annotations

import asyncio
import logging
import reprlib
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from jupyter_ai.completions.options import ProviderOptions
from jupyter_ai.completions.served import ServedProvider
from jupyter_ai.plugins import INLINE_COMPLETION_PROVIDERS
from jupyter_ai_magics.failures import asking, contained

if TYPE_CHECKING:
    from jupyter_ai.completions.base import BaseInlineCompletionProvider
    from jupyter_ai.completions.models import InlineCompletionRequest
    from jupyter_ai.completions.served import Provider
    from jupyter_ai.plugins import Plugin, PluginRegistry

__all__ = ["InlineProviders"]

_PATIENCE = 2.0
"""Seconds that the first request waits for packages to be imported; who is late serves the next one."""

_CLOSING = 2.0  # seconds
_SERVING = ("loaded", "not loaded")

_METHODS = ("generate_inline_completions", "stream_inline_completions")

_TAKEN = "The id {!r} is that of a provider that was registered at run time: one of them needs another."


class InlineProviders:
    """One instance of each provider, made when something is asked for the first time.

    `make` calls a class's constructor; a failure is kept and costs that provider only. Those with an id in
    `disabled` are not asked, and installed ones not even made. All methods belong to the event loop's thread.
    """

    def __init__(
        self,
        plugins: PluginRegistry | None = None,
        make: Callable[[type], BaseInlineCompletionProvider] | None = None,
        *,
        disabled: Collection[str] = (),
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
    ) -> None:
        self.made: Callable[[ServedProvider], None] = lambda served: None  # the service's: one more serves
        self._plugins = plugins
        self._make = make
        self._disabled = disabled  # ids that the administrator has switched off
        self._log = log
        self._found: dict[Plugin, ServedProvider] = {}
        self._registered: dict[str, ServedProvider] = {}
        self._complete = plugins is None  # everything that is installed was looked at
        self._waited = False

    async def ready(self) -> None:
        """Find what is installed; returns at once if that was done. Cancelling it is harmless."""
        if self._complete or self._plugins is None:
            return
        if not self._waited:
            await self._plugins.ready(INLINE_COMPLETION_PROVIDERS, _PATIENCE)
            self._waited = True
        self._complete = self._plugins.loaded(INLINE_COMPLETION_PROVIDERS)
        self._take_in()

    def register(self, provider: Provider, options: ProviderOptions | None = None) -> Callable[[], None]:
        """Have a provider asked from now on; returns what undoes it.

        Raises ValueError for an id in use, also by an installed package that is still to be imported, as far
        as its entry point bears its id (one that turns out later to have the id fails then), and for a
        provider that lacks an id, a name or a method to be asked by, or has wrong options.
        """
        own = _options_of(provider) if options is None else options
        if lack := _lack(provider, own):
            raise ValueError(lack)
        id = provider.id
        if any(served.id == id for served in self) or id in self._installed():
            raise ValueError(f"A provider of inline completions with the id {id!r} is there: choose another.")
        served = ServedProvider(id, provider.name, own, provider)
        if id in self._disabled:
            served.disable()
        self.made(served)  # it may raise, and then nothing is registered
        self._registered[id] = served

        def undo() -> None:
            if self._registered.get(id) is served:
                del self._registered[id]

        return undo

    def matching(self, request: InlineCompletionRequest) -> list[ServedProvider]:
        """Who is to be asked, by priority."""
        able = [served for served in self if served.provider is not None and not served.disabled]
        fit = [served for served in able if served.options.match(request)]
        excluded = {name for served in fit for name in served.options.excludes if name not in served.names}
        asked = [served for served in fit if not served.names & excluded]
        return sorted(asked, key=lambda served: -served.options.priority)

    def get(self, id: str) -> Provider | None:
        """The instance with this id."""
        return next((served.provider for served in self if served.id == id and served.provider), None)

    def states(self) -> list[dict[str, Any]]:
        """How each fares, also those that could not be imported."""
        served = [served.describe() for served in self]
        plugins = self._plugins.plugins(INLINE_COMPLETION_PROVIDERS) if self._plugins is not None else []
        return served + [_describe(plugin) for plugin in plugins if plugin.state in ("failed", "disabled")]

    async def renew(self) -> None:
        """After a reload of plug-ins: make those whose class is new, close those whose class is gone."""
        if self._plugins is None:
            return
        await self._plugins.ready(INLINE_COMPLETION_PROVIDERS, _PATIENCE)
        self._complete = self._plugins.loaded(INLINE_COMPLETION_PROVIDERS)
        for served in self._take_in():
            await self._close(served)

    async def aclose(self) -> None:
        """Close every provider."""
        everybody, self._found, self._registered = list(self), {}, {}
        self._complete = True
        for served in everybody:
            await self._close(served)

    def __iter__(self) -> Iterator[ServedProvider]:
        return iter([*self._found.values(), *self._registered.values()])

    def _installed(self) -> set[str]:
        """The ids of installed providers; of those that are not imported yet, as entry points name them."""
        installed = self._plugins.plugins(INLINE_COMPLETION_PROVIDERS) if self._plugins is not None else []
        return {plugin.id or plugin.name for plugin in installed if plugin.state in _SERVING}

    def _take_in(self) -> list[ServedProvider]:
        """Make what serves now and was not made; who does not serve any more."""
        assert self._plugins is not None
        serving = [p for p in self._plugins.serving(INLINE_COMPLETION_PROVIDERS) if p.obj is not None]
        gone = [
            self._found.pop(plugin)
            for plugin, served in list(self._found.items())
            if plugin not in serving or served.cls is not plugin.obj
        ]
        for plugin in serving:
            if plugin not in self._found:
                self._found[plugin] = self._served(plugin)
        return gone

    def _served(self, plugin: Plugin) -> ServedProvider:
        cls: Any = plugin.obj
        served = ServedProvider(str(plugin.id), str(cls.name), cls.options, None, cls)
        if served.id in self._disabled:
            served.disable()
            return served
        if served.id in self._registered:
            served.state, served.reason = "failed", _TAKEN.format(served.id)
            plugin.trouble = served.reason
            return served
        try:
            with asking():
                served.provider = self._make(cls) if self._make is not None else cls()
            self.made(served)
        # Whatever a constructor raises must cost this provider only.
        except Exception as e:  # noqa: BLE001
            served.provider = None
            served.is_broken(e)
            plugin.trouble = f"its constructor failed: {served.reason}"
            self._log.exception("The inline completion provider %s could not be made.", plugin)
        return served

    async def _close(self, served: ServedProvider) -> None:
        close = getattr(served.provider, "aclose", None)
        if close is None:
            return
        try:
            async with asyncio.timeout(_CLOSING):
                await contained(close)
        # It is not asked any more; this is only told.
        except Exception:  # noqa: BLE001
            self._log.exception("The inline completion provider %s did not close well.", served.id)


def _lack(provider: Provider, options: Any) -> str:
    """What a provider lacks to be asked; "": nothing. Either of the base class's methods calls the other."""
    from jupyter_ai.completions.base import BaseInlineCompletionProvider as Base

    cls = type(provider)
    for name in ("id", "name"):
        value = getattr(provider, name, None)
        if not isinstance(value, str) or not value.strip():
            return f"`{name}` of {cls.__qualname__} is {reprlib.repr(value)}: make it a string."
    if not isinstance(options, ProviderOptions):
        return f"The options of {cls.__qualname__} are {reprlib.repr(options)}: give `ProviderOptions(…)`."
    own = [name for name in _METHODS if getattr(cls, name, None) not in (None, getattr(Base, name))]
    return "" if own else f"{cls.__qualname__} defines neither {_METHODS[0]} nor {_METHODS[1]}: define one."


def _options_of(provider: Provider) -> Any:
    """Its own; a field of that name of a language model is for something else."""
    from jupyter_ai.completions.base import BaseInlineCompletionProvider as Base

    options = getattr(provider, "options", None)
    ours = isinstance(options, ProviderOptions) or isinstance(provider, Base)
    return options if ours else ProviderOptions()


def _describe(plugin: Plugin) -> dict[str, Any]:
    state = "failed" if plugin.state == "failed" else "off"
    return {"id": plugin.id or plugin.name, "name": plugin.name, "state": state, "reason": plugin.reason}
