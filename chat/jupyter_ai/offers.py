"""What was found that could answer, to be chosen by a person: nothing is ever chosen by itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from jupyter_ai.ollama_probe import TIMEOUT, Address, ollama_address, ollama_models
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.keys.secrets import Keys
    from jupyter_ai_magics.catalogue import Card
    from jupyter_ai_magics.policy import Policy

__all__ = ["Offer", "Offers", "describe", "find_offers"]

_LASTING = 60.0  # seconds that an answer of Ollama, or its silence, counts
_OLLAMA = "ollama"  # the id of its provider
_PLACES = {
    "environment": "in the environment",
    "user": "among your keys",
    "administrator": "set by the administrator",
}


@dataclass(frozen=True)
class Offer:
    """A model that could be chosen."""

    model: str  # its global id
    found: str  # what speaks for it, in words; never a key
    command: str  # what to type into the chat to choose it
    installed: bool  # whether its provider's package is there
    install_hint: str | None = None  # the command that installs it, where it is not


@dataclass(frozen=True)
class _Candidate:
    """What is known of a provider, from its card or its class."""

    id: str
    models: Sequence[str]
    key_names: frozenset[str]
    card: Card | None = None  # of a partner, whose package may be missing


def find_offers(
    keys: Keys, policy: Policy, providers: Iterable[type], ollama: tuple[Address, Sequence[str]] | None
) -> list[Offer]:
    """The models that the keys at hand, or an Ollama server, would serve and that may be used.

    `providers` are classes that are loaded, beside our own partner providers. Each set of keys makes one
    offer: the first chat model of the first provider that takes them.
    """
    offers: dict[frozenset[str], Offer] = {}
    for candidate in [*_partners(), *_loaded(providers)]:
        names = candidate.key_names
        if names and names not in offers and all(keys.get(name) for name in names):
            found = " and ".join(f"`{name}` {_PLACES[str(keys.source(name))]}" for name in sorted(names))
            offer = _offer(candidate, found, policy)
            if offer is not None:
                offers[names] = offer
    local = None if ollama is None else _of_ollama(*ollama, policy)
    return [*([] if local is None else [local]), *offers.values()]


def describe(offers: Sequence[Offer]) -> str:
    """A list of offers for the chat."""
    lines = []
    for offer in offers:
        first = "" if offer.installed else f", after `{offer.install_hint}` and `jupyter ai plugins --reload`"
        lines.append(f"* {offer.found}: `{offer.command}`{first}")
    return "\n".join(lines)


class Offers:
    """The offers of one server; Ollama is asked at most once a minute, and nobody else ever."""

    def __init__(
        self,
        config_manager: ConfigManager,
        providers: Callable[[], Iterable[type]] = tuple,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._config = config_manager
        self._providers = providers
        self._environ = environ
        self._clock = clock
        self._asked: float | None = None  # when Ollama was asked last
        self._ollama: tuple[Address, Sequence[str]] | None = None
        self._asking = asyncio.Lock()

    @property
    def chosen(self) -> bool:
        """Whether a model was chosen, by whomever."""
        return self._config.lm_is_chosen

    async def find(self) -> list[Offer]:
        """All offers of now, within about a second; may be called any number of times at once."""
        async with self._asking:
            if self._asked is None or self._clock() - self._asked > _LASTING:
                self._ollama = await self._ask()
                self._asked = self._clock()
        return self.known()

    def known(self) -> list[Offer]:
        """All offers, of Ollama as it was when last asked; returns at once."""
        return find_offers(self._config.keys, self._config.policy, self._providers(), self._ollama)

    async def note(self) -> str | None:
        """What to say while no model is chosen; None if one is, or if there is nothing to offer."""
        return None if self.chosen else _note(await self.find())

    def known_note(self) -> str | None:
        """The same from what is known; returns at once."""
        return None if self.chosen else _note(self.known())

    async def _ask(self) -> tuple[Address, Sequence[str]] | None:
        address = ollama_address(self._environ)
        if address is None or self._config.policy.provider_reason(_OLLAMA) is not None:
            return None
        try:
            async with asyncio.timeout(2 * TIMEOUT):
                models = await run_in_thread(ollama_models, address)
        except TimeoutError:  # it answers, but a byte at a time
            return None
        return (address, models) if models else None


def _note(offers: Sequence[Offer]) -> str | None:
    if not offers:
        return None
    return (
        "No language model is chosen, so the offline model answers. This was found, and is used only if you "
        f"choose it:\n\n{describe(offers)}"
    )


def _partners() -> Iterator[_Candidate]:
    from jupyter_ai_magics.auth import key_params
    from jupyter_ai_magics.catalogue import CARDS

    for card in CARDS:
        if card.is_chat and not card.embeddings:
            names = frozenset(key_params(card.auth_strategy))
            yield _Candidate(card.id, card.chat_models, names, card)


def _loaded(providers: Iterable[type]) -> Iterator[_Candidate]:
    from langchain_core.language_models import BaseChatModel

    from jupyter_ai_magics.auth import key_params

    for provider in providers:
        cls: Any = provider
        if issubclass(cls, BaseChatModel):
            names = frozenset(key_params(getattr(cls, "auth_strategy", None)))
            yield _Candidate(str(cls.id), list(cls.models), names)


def _of_ollama(address: Address, models: Sequence[str], policy: Policy) -> Offer | None:
    partner = next((candidate for candidate in _partners() if candidate.id == _OLLAMA), None)
    if partner is None:
        return None
    found = replace(partner, models=models)
    return _offer(found, f"Ollama at {address}", policy)


def _offer(candidate: _Candidate, found: str, policy: Policy) -> Offer | None:
    """An offer of its first model that is a model and allowed, if there is one."""
    gids = [f"{candidate.id}:{model}" for model in candidate.models if model != "*"]
    gid = next((gid for gid in gids if policy.model_reason(gid) is None), None)
    if gid is None:
        return None
    card = candidate.card
    hint = None if card is None or card.installed() else card.install_hint
    return Offer(gid, found, f"/model {gid}", hint is None, hint)
