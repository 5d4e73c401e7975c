"""Which model completes code, which others could, and why one cannot; nothing of it imports a provider."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from jupyter_ai.config.completions import AUTO, SERVERS_CHOICE, is_of_endpoint
from jupyter_ai.config.sources import COMPLETIONS_MODEL
from jupyter_ai_magics.auth import key_params
from jupyter_ai_magics.failures import asking

if TYPE_CHECKING:
    from jupyter_ai.config.file import Snapshot
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai_magics.card import Card

__all__ = ["Chosen", "CompletionChoice", "Mode", "family_of", "model_name"]

Mode = Literal["model", "auto", "none"]

_ORIGIN = re.compile(r"^(?:[a-z]+\.)+(?=[a-z])")  # `global.anthropic.`
_FAMILY = re.compile(r"[^\W\d]+(?:-[^\W\d]+(?=[-:]|$))*")  # words, up to the first that has a digit


@dataclass(frozen=True)
class Chosen:
    """What completes code, and whether people can choose otherwise."""

    gid: str | None
    fixed: bool = False

    @property
    def mode(self) -> Mode:
        """Whether it is one model, one that is chosen anew for each request, or none."""
        if self.gid is None:
            return "none"
        return "auto" if self.gid == AUTO else "model"


class CompletionChoice:
    """The choice of a server, as its settings, keys and policy make it at each moment; from any thread."""

    def __init__(self, config: ConfigManager) -> None:
        self._config = config

    def now(self, snapshot: Snapshot | None = None) -> Chosen:
        """What the first place says that says something: see `config.sources`."""
        source = self._config.sources.chosen(COMPLETIONS_MODEL, snapshot)
        return Chosen(None) if source is None else Chosen(source.value, source.is_fixed)

    def candidates(self) -> list[str]:
        """The models that `auto` chooses among: those that are named for it and can be asked."""
        settings = self._config.completions
        if settings.candidates is not None:
            return self._usable(settings.candidates)
        default = self._config.sources.defaults.get(COMPLETIONS_MODEL.name)
        named = [default, *settings.of_endpoint(), *self._entered()]
        found = self._usable([gid for gid in named if gid and gid != AUTO])
        return found or self._usable(self._first_of_each())

    def why_not(self, gid: str | None, snapshot: Snapshot | None = None) -> str | None:
        """Why this model, or `auto`, cannot be asked, and the next step; None if it can."""
        if gid is None:
            snapshot = snapshot or self._config.sources.read()
            return (snapshot.problem if snapshot.broken else None) or "No completion model is chosen."
        if gid == AUTO:
            return None if self.candidates() else _NO_CANDIDATE
        if is_of_endpoint(gid):
            reason = self._config.choices.why_not_served(gid)
            return f"{gid} cannot be asked: {reason}" if reason else None
        if ":" not in gid:
            return f"{gid} is not of the form <provider>:<model>."
        refusal = self._config.policy.model_reason(gid)
        return f"{gid} may not be used: {refusal}." if refusal else self._why_not_ready(gid)

    def is_allowed(self, gid: str) -> bool:
        """Whether the policy lets it pass; `auto` does in any case, and what it chooses among is asked."""
        return gid == AUTO or self._config.policy.model_reason(gid) is None

    def in_use(self) -> list[str]:
        """The models that some setting names, of whichever provider."""
        settings = self._config.completions
        named = [self.now().gid, self._config.sources.defaults.get(COMPLETIONS_MODEL.name)]
        named += [*(settings.candidates or ()), *self._entered()]
        return [gid for gid in dict.fromkeys(named) if gid and ":" in gid]

    def _why_not_ready(self, gid: str) -> str | None:
        id, choices = gid.partition(":")[0], self._config.choices
        card = _card(id)
        if card is not None and not card.installed():
            return f"{gid} needs a package: {card.install_hint}"
        if id not in self._providers():
            reason = choices.why_not(COMPLETIONS_MODEL, id) if choices.why_not else None
            return f"The provider of {gid} {(reason or 'is not installed').rstrip('.')}."
        lacking = choices.lacking_keys(card or self._providers().get(id), gid)
        return f"{gid} needs {' and '.join(lacking)}, which is not set." if lacking else None

    def _usable(self, gids: Any) -> list[str]:
        return [gid for gid in dict.fromkeys(gids) if self.why_not(gid) is None]

    def _entered(self) -> list[str]:
        """The models for which somebody entered fields."""
        return list(self._config.sources.read().settings.completions_fields)

    def _first_of_each(self) -> list[str]:
        """The first completion model of each provider that is called with a key."""
        first = {id: next(iter(_completion_models(self._described(id))), None) for id in self._providers()}
        return [f"{id}:{model}" for id, model in first.items() if model not in (None, "*")]

    def _described(self, id: str) -> Any:
        """The card or the class of a provider that takes a key, else None."""
        described = _card(id) or self._providers().get(id)
        return described if key_params(getattr(described, "auth_strategy", None)) else None

    def _providers(self) -> Any:
        return self._config.choices.providers()[0]


_NO_CANDIDATE = (
    "There is no model for auto to choose: none is named in AiExtension.completion_candidates, and no "
    "provider's key is set."
)


def model_name(gid: str | None) -> str:
    """What to call a model, or the lack of one, in few words."""
    if gid is None:
        return "No model"
    if gid == AUTO:
        return "Automatic"
    return "Endpoint" if gid == SERVERS_CHOICE else gid.partition(":")[2]


def family_of(model: str) -> str:
    """The family that a model's own name tells: `claude-sonnet` of `claude-sonnet-5-5`."""
    name = _ORIGIN.sub("", model.rpartition("/")[2])
    family = _FAMILY.match(name)
    return family[0] if family else model


def described(gid: str) -> tuple[str, str]:
    """The family and the vendor of a model; of a provider that is not ours, its id stands for the vendor."""
    id, _, model = gid.partition(":")
    card = _card(id)
    return family_of(model), vendor_of(card.name) if card is not None else id


def vendor_of(provider: str) -> str:
    """Whose models a provider of this name has: `OpenAI` of `OpenAI (general interface)`."""
    return provider.partition(" (")[0]


def _card(id: str) -> Card | None:
    from jupyter_ai_magics.catalogue import CARDS

    return next((card for card in CARDS if card.id == id and not card.embeddings), None)


def _completion_models(described: Any) -> list[str]:
    """Those of a card or a class."""
    models = getattr(described, "completion_models", [])
    try:
        with asking():
            return list(models() if callable(models) else models)
    # A plug-in's class: what it says of itself may be anything, and then it is no candidate.
    except Exception:  # noqa: BLE001
        return []
