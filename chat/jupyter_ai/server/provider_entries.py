"""Providers as `GET api/ai/providers` lists them, those that are not imported or not installed included."""

from __future__ import annotations

import logging
from concurrent.futures import Future, wait
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from jupyter_ai.models import ListProvidersEntry, ListProvidersResponse
from jupyter_ai.plugins.record import EMBEDDINGS_PROVIDERS, Plugin
from jupyter_ai_magics.failures import as_exception, summarize

if TYPE_CHECKING:
    from jupyter_ai.plugins import PluginRegistry
    from jupyter_ai_magics.card import Card

    Log = logging.Logger | logging.LoggerAdapter[Any]

__all__ = ["card_entry", "list_providers", "provider_entry"]

_PATIENCE = 5.0  # seconds for a class to describe itself


def list_providers(plugins: PluginRegistry, group: str, log: Log) -> ListProvidersResponse:
    """Those that may be used, by name, and what could be installed; imports no provider.

    What cannot be described, or not in time, is in the list of plug-ins only.
    """
    serving = plugins.serving(group)
    taken = {name for plugin in serving for name in (plugin.id, plugin.name)}
    lacking = [p for p in plugins.plugins(group) if p.state == "not installed" and not {p.id, p.name} & taken]
    entries = [entry for p in (*serving, *lacking) if (entry := _entry(p, log)) is not None]
    return ListProvidersResponse(providers=sorted(entries, key=lambda entry: entry.name))


def provider_entry(cls: Any) -> ListProvidersEntry:
    """A class as it describes itself."""
    return ListProvidersEntry(
        id=cls.id,
        name=cls.name,
        model_id_label=getattr(cls, "model_id_label", None),
        models=cls.models,
        help=cls.help,
        auth_strategy=cls.auth_strategy,
        registry=cls.registry,
        fields=cls.fields,
        chat_models=cls.chat_models() if _is_for_chat(cls) else [],
        completion_models=cls.completion_models() if hasattr(cls, "completion_models") else [],
    )


def card_entry(card: Card, *, installed: bool) -> ListProvidersEntry:
    """A partner provider of ours as its card describes it."""
    return ListProvidersEntry(
        id=card.id,
        name=card.name,
        model_id_label=card.model_id_label,
        models=list(card.models),
        help=card.help,
        auth_strategy=card.auth_strategy,
        registry=card.registry,
        fields=list(card.fields),
        chat_models=card.chat_models,
        completion_models=card.completion_models,
        installed=installed,
        install_hint=None if installed else card.install_hint,
    )


def _entry(plugin: Plugin, log: Log) -> ListProvidersEntry | None:
    try:
        if plugin.obj is None and plugin.card is not None:
            return card_entry(plugin.card, installed=plugin.state != "not installed")
        return _told(plugin)
    # A plug-in's class: what it says of itself may be anything.
    except Exception as error:  # noqa: BLE001
        if plugin.trouble is None:
            plugin.trouble = f"it cannot be described: {summarize(error)}"
            kind = "Embeddings" if plugin.group == EMBEDDINGS_PROVIDERS else "Model"
            log.warning("%s provider %s: %s", kind, plugin, plugin.trouble)
        return None


class _Telling:
    """A class that describes itself, on a thread: its code may never return."""

    def __init__(self, cls: Any) -> None:
        self._answer: Future[ListProvidersEntry] = Future()
        self._until = monotonic() + _PATIENCE
        Thread(target=self._ask, args=(cls,), daemon=True, name="describe a provider").start()

    @property
    def is_over(self) -> bool:
        return self._answer.done()

    def entry(self) -> ListProvidersEntry:
        """The answer. Raises what the class raises, and TimeoutError if there is none in time."""
        wait([self._answer], max(0, self._until - monotonic()))
        if not self.is_over:
            raise TimeoutError(f"it has not answered within {_PATIENCE:g} s")
        return self._answer.result()

    def _ask(self, cls: Any) -> None:
        try:
            self._answer.set_result(provider_entry(cls))
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
            self._answer.set_exception(as_exception(error))


_telling: WeakKeyDictionary[Plugin, _Telling] = WeakKeyDictionary()  # those that were not heard out
_lock = Lock()


def _told(plugin: Plugin) -> ListProvidersEntry:
    """What its class says of itself; one that is late is not asked again until it has answered."""
    with _lock:
        telling = _telling.get(plugin) or _Telling(plugin.obj)
        _telling[plugin] = telling
    try:
        return telling.entry()
    finally:
        with _lock:
            if telling.is_over and _telling.get(plugin) is telling:
                del _telling[plugin]


def _is_for_chat(cls: type) -> bool:
    from langchain_core.language_models import BaseChatModel

    return issubclass(cls, BaseChatModel)
