"""The provider that asks the chosen model, as the service knows it: it tells more than the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_ai.completions.language_models import CompletionModels
    from jupyter_ai.completions.providers import InlineProviders
    from jupyter_ai.completions.served import Provider, ServedProvider

__all__ = ["MODEL", "ChosenModel"]

MODEL = "model"
"""Its id."""

_NO_MODEL = {"enabled": False, "model": None, "mode": "none", "name": "", "reason": None, "fixed": False}


class ChosenModel:
    """The provider `model`, if it serves.

    `switched` is called when it has another model, `changed` when its status may be another.
    """

    def __init__(
        self, providers: InlineProviders, switched: Callable[[], None], changed: Callable[[], None]
    ) -> None:
        self._providers = providers
        self._on_switched = switched
        self._changed = changed

    def status(self) -> dict[str, Any]:
        """What it tells of itself; that there is none, where it does not serve."""
        model = self._model()
        return model.status() if model is not None else dict(_NO_MODEL)

    def welcome(self, served: ServedProvider) -> None:
        """Take a provider that was made: if it is this one, it is observed from now on."""
        model = _as_model(served.provider) if served.id == MODEL and not served.disabled else None
        if model is not None:
            model.observe(lambda: self._switched(served, model))
            model.observe_pauses(lambda: self._resumed(served, model))
        self._changed()

    def look(self) -> None:
        """See whether another process has chosen another model, before what is known is trusted."""
        if (model := self._model()) is not None:
            model.look()

    async def look_aside(self) -> None:
        """Likewise, while nobody asks. Cancelling is harmless."""
        if (model := self._model()) is not None:
            await model.look_aside()

    def _model(self) -> CompletionModels | None:
        return _as_model(self._providers.get(MODEL))

    def _switched(self, served: ServedProvider, model: CompletionModels) -> None:
        self._on_switched()
        self._resumed(served, model)

    def _resumed(self, served: ServedProvider, model: CompletionModels) -> None:
        """A model that may be able to answer again, if so, is as one that has not been asked."""
        if model.status()["reason"] is None:
            served.succeed()
        self._changed()


def _as_model(provider: Provider | None) -> CompletionModels | None:
    """What another provider calls `observe` or `status` is its own."""
    if provider is None:
        return None
    # Not at the top: it imports what asks models.
    from jupyter_ai.completions.language_models import CompletionModels

    return provider if isinstance(provider, CompletionModels) else None
