"""The models that complete code, one instance of each, made anew when what it is made from changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_ai.completions.choice import CompletionChoice
from jupyter_ai.completions.fill_in_middle import FillInMiddle
from jupyter_ai.config.completions import ENDPOINT, SERVERS_CHOICE, is_of_endpoint
from jupyter_ai.config.sources import COMPLETIONS_MODEL
from jupyter_ai.errors import CompletionUnavailable
from jupyter_ai_magics.failures import summarize
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.config.choice import Choice
    from jupyter_ai.config_manager import ConfigManager

__all__ = ["ModelInstances"]

_MOST = 16  # models are kept
_RETRYING = {"langchain_anthropic", "langchain_openai"}  # packages whose clients ask again by themselves


@dataclass(frozen=True)
class _Made:
    provider: type
    params: dict[str, Any] = field(repr=False)
    model: Any = field(repr=False)


class ModelInstances:
    """Makes models when they are first asked; belongs to one event loop."""

    def __init__(
        self,
        config: ConfigManager,
        choice: CompletionChoice,
        make_endpoint: Callable[[str | None], FillInMiddle],
    ) -> None:
        self._config = config
        self._choice = choice
        self._make_endpoint = make_endpoint
        self._endpoints: dict[str, FillInMiddle] = {}
        self._made: dict[str, _Made] = {}
        self._imported: set[str] = set()  # global ids whose provider's import needs no thread any more

    async def get(self, gid: str) -> Any:
        """What answers as this model, with the settings of now; it has the methods of `BaseProvider`.

        Raises `CompletionUnavailable`. Cancelling leaves an import that has begun alone.
        """
        reason = self._choice.why_not(gid)
        if reason is not None:
            raise CompletionUnavailable(reason, "no-model")
        if is_of_endpoint(gid):
            return self._endpoint(gid)
        choice = await self._chosen(gid)
        if choice.provider is None:
            raise CompletionUnavailable(choice.problem or f"{gid} cannot be used.", "no-model")
        return self._model(gid, choice)

    async def _chosen(self, gid: str) -> Choice:
        arguments = COMPLETIONS_MODEL, gid, "the settings"
        if gid in self._imported:
            return self._config.choices.named(*arguments)
        choice = await run_in_thread(self._config.choices.named, *arguments)
        if choice.provider is not None:
            self._imported.add(gid)
        return choice

    def _endpoint(self, gid: str) -> FillInMiddle:
        if gid not in self._endpoints:
            named = gid != SERVERS_CHOICE
            self._endpoints[gid] = self._make_endpoint(gid.removeprefix(f"{ENDPOINT}:") if named else None)
        return self._endpoints[gid]

    def _model(self, gid: str, choice: Choice) -> Any:
        params = self._params(gid, choice)
        made = self._made.get(gid)
        if made is None or made.provider is not choice.provider or made.params != params:
            made = self._made[gid] = _Made(choice.provider, params, _new(gid, choice.provider, params))
            if len(self._made) > _MOST:
                del self._made[next(iter(self._made))]
        return made.model

    def _params(self, gid: str, choice: Choice) -> dict[str, Any]:
        choices = self._config.choices
        lacking = choices.lacking_keys(choice.provider, gid)
        if lacking:
            raise CompletionUnavailable(f"{gid} needs {' and '.join(lacking)}, which is not set.", "no-key")
        try:
            params = choices.params_of(choice) or {}
        except (ValueError, ImportError) as error:
            raise CompletionUnavailable(f"{gid} cannot be reached: {error}", "network") from error
        given = choices.model_parameters.get(gid, {})
        return {**_without_retries(choice.provider), **params, **given}


def _new(gid: str, provider: Any, params: dict[str, Any]) -> Any:
    """A model, made on the loop as handlers do: some clients want one to be running."""
    try:
        return provider(**params)
    # A provider's constructor, and those of the packages below it.
    except (Exception, SystemExit) as error:
        raise CompletionUnavailable(f"{gid} cannot be made: {summarize(error)}", "no-model") from error


def _without_retries(provider: Any) -> dict[str, Any]:
    """Nobody who types waits for a second attempt: other models are asked then, or none for a while."""
    packages = {base.__module__.partition(".")[0] for base in provider.__mro__}
    retries = packages & _RETRYING and "max_retries" in getattr(provider, "model_fields", {})
    return {"max_retries": 0} if retries else {}
