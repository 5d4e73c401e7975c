"""The settings keys that plug-ins read: those of 2.x, for the default chat, and `jai_completions`."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Generator,
    ItemsView,
    Iterator,
    MutableMapping,
    MutableSequence,
    ValuesView,
)
from typing import TYPE_CHECKING, Any

from jupyter_ai.plugins import (
    CHAT_HANDLERS,
    CONTEXT_PROVIDERS,
    EMBEDDINGS_PROVIDERS,
    MODEL_PROVIDERS,
    PERSONAS,
)

if TYPE_CHECKING:
    import asyncio

    from jupyter_ai.engine.chat import Chat
    from jupyter_ai.server.host import EngineHost

__all__ = ["ForwardedList", "ForwardedMapping", "ForwardedObject", "build_settings"]


def build_settings(host: EngineHost, loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    """The values of the keys, none of which imports or opens anything before it is read."""
    options = host.options

    def of_chat(attribute: str, empty: Callable[[], Any], *groups: str) -> Callable[[], Any]:
        def get() -> Any:
            _load(host, groups)
            chat = host.default_chat()
            return empty() if chat is None else getattr(chat, attribute)

        return get

    def providers(group: str) -> Callable[[], Any]:
        return lambda: _load(host, (group,)).providers(group)

    return {
        "jai_config_manager": ForwardedObject("jai_config_manager", lambda: host.config_manager),
        "jai_chat_handlers": ForwardedMapping(of_chat("handlers", dict, CHAT_HANDLERS, PERSONAS)),
        "jai_root_chat_handlers": ForwardedMapping(of_chat("root_chat_handlers", dict)),
        "jai_context_providers": ForwardedMapping(of_chat("context_providers", dict, CONTEXT_PROVIDERS)),
        "jai_message_interrupted": ForwardedMapping(of_chat("message_interrupted", dict)),
        "jai_event_loop": loop,
        "jai_completions": ForwardedObject("jai_completions", lambda: host.completions),
        "lm_providers": ForwardedMapping(providers(MODEL_PROVIDERS)),
        "em_providers": ForwardedMapping(providers(EMBEDDINGS_PROVIDERS)),
        "model_parameters": options.model_parameters,
        "chat_history": ForwardedList(of_chat("log", list)),
        "pending_messages": ForwardedList(lambda: _pending(host.default_chat())),
        "llm_chat_memory": ForwardedObject("llm_chat_memory", of_chat("memory", lambda: None)),
        "dask_client_future": _DaskClient(host),
        "allowed_models": options.allowed_models,
        "blocked_models": options.blocked_models,
    }


def _load(host: EngineHost, groups: tuple[str, ...]) -> EngineHost:
    """Wait, even on the event loop, for what a reader asks for: it has no way to ask again later."""
    for group in groups:
        if not host.plugins.loaded(group):
            host.find_plugins().load(group)
    return host


def _pending(chat: Chat | None) -> list[Any]:
    return [] if chat is None else list(chat.pending.values())


class ForwardedMapping(MutableMapping[str, Any]):
    """The mapping that `target()` returns at each access."""

    def __init__(self, target: Callable[[], Any]) -> None:
        self._target = target

    def __getitem__(self, key: str) -> Any:
        return self._target()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._target()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._target()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._target())

    def __len__(self) -> int:
        return len(self._target())

    # The target's own, which may import nothing, or leave out what cannot be imported.

    def __contains__(self, key: object) -> bool:
        return key in self._target()

    def items(self) -> ItemsView[str, Any]:
        items: ItemsView[str, Any] = self._target().items()
        return items

    def values(self) -> ValuesView[Any]:
        values: ValuesView[Any] = self._target().values()
        return values

    def __repr__(self) -> str:
        return repr(self._target())

    def copy(self) -> dict[str, Any]:
        """A dictionary of its own, as `dict.copy` makes it."""
        return dict(self.items())


class ForwardedList(MutableSequence[Any]):
    """The list that `target()` returns at each access."""

    def __init__(self, target: Callable[[], list[Any]]) -> None:
        self._target = target

    def __getitem__(self, index: Any) -> Any:
        return self._target()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._target()[index] = value

    def __delitem__(self, index: Any) -> None:
        del self._target()[index]

    def __len__(self) -> int:
        return len(self._target())

    def insert(self, index: int, value: Any) -> None:
        """Put `value` before `index`; at the end it is appended, which a chat's log keeps."""
        target = self._target()
        if index >= len(target):
            target.append(value)
        else:
            target.insert(index, value)

    def __eq__(self, other: object) -> bool:
        return list(self) == (list(other) if isinstance(other, ForwardedList) else other)

    __hash__ = None  # type: ignore[assignment]  # as that of a list

    def __repr__(self) -> str:
        return repr(self._target())


class ForwardedObject:
    """The object that `target()` returns at each access to an attribute."""

    def __init__(self, name: str, target: Callable[[], Any]) -> None:
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_target", target)

    def __getattr__(self, name: str) -> Any:
        target = self._target()
        if target is None:
            raise AttributeError(f"{self._name} is not there yet: the default chat is not open.")
        return getattr(target, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._target(), name, value)

    def __repr__(self) -> str:
        return f"<{self._name}>"


class _DaskClient:
    """Awaiting it makes the engine's Dask client."""

    def __init__(self, host: EngineHost) -> None:
        self._host = host

    def __await__(self) -> Generator[Any, None, Any]:
        return self._client().__await__()

    async def _client(self) -> Any:
        engine = await self._host.ready()
        return await engine.dask_client_future
