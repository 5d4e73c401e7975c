"""Whether a chosen model answers: asked for one word; what goes wrong is told with the next step."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_ai.chat_handlers.provider_use import ModelSlot, allows_concurrency, is_api_key_exc
from jupyter_ai.config.naming import told
from jupyter_ai.config.sources import EMBEDDINGS_MODEL, LANGUAGE_MODEL, ModelSetting
from jupyter_ai_magics.auth import key_params
from jupyter_ai_magics.failures import summarize
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.config.choice import Choice
    from jupyter_ai.config_manager import ConfigManager

    Log = logging.Logger | logging.LoggerAdapter[Any]

__all__ = ["SECONDS", "Verdict", "try_model"]

SECONDS = 30.0
"""How long a model may take for its word, the import of its provider included."""

_PROMPT = "Answer with the one word: ready"
_MOST_CHARACTERS = 200  # of an answer, which then is long enough

_SAVE = "save, and test again"
_TYPE = "Type in a file: the status of completions tells what goes wrong."
_RELOAD = "run `jupyter ai plugins --reload`"
_UNREACHABLE = {
    "APIConnectionError",
    "ConnectError",
    "ConnectTimeout",
    "EndpointConnectionError",
    "ProxyError",
}
_HINTS = {
    400: f"Check the model's name and its fields, {_SAVE}.",
    403: "Check whether your account with the provider may use this model.",
    404: f"Check the model's name, and the address if there is a field for it, {_SAVE}.",
    429: "Wait a moment, or check the limits and the credit of your account with the provider.",
}
_REACH = "Start its server, or check the address, the network settings and the connection."
_FIRST_FAULT = 500  # of the statuses with which a server blames itself
_PROVIDERS_FAULT = "The fault is the provider's: test again later."
_KEY_HINTS = {
    "environment": "comes from the environment of the server: correct it there and restart the server.",
    "administrator": "was set by the administrator: enter a key of your own, or ask them to correct it.",
    "user": f"was entered here: enter it anew, {_SAVE}.",
}


@dataclass(frozen=True)
class Verdict:
    """What became of a test: the answer, or why there is none and what to do."""

    ok: bool
    text: str = ""
    seconds: float = 0.0
    reason: str = ""
    hint: str | None = None

    def describe(self) -> dict[str, Any]:
        """As JSON; a secret that a provider repeats is still in it."""
        if self.ok:
            return {"ok": True, "text": self.text, "seconds": round(self.seconds, 2)}
        return {"ok": False, "reason": self.reason, "hint": self.hint}


class _Failed(Exception):
    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.verdict = Verdict(False, reason=reason, hint=hint)


async def try_model(config: ConfigManager, setting: ModelSetting, log: Log) -> Verdict:
    """Ask the model that is chosen for one word; within `SECONDS`, and raising nothing but a cancellation.

    Cancelling it cancels the model's call. It may be called concurrently.
    """
    begun = time.monotonic()
    choice: Choice | None = None
    try:
        async with asyncio.timeout(SECONDS) as limit:
            choice = await run_in_thread(config.choices.of, setting)
            text = await _answer(config, setting, choice)
    except _Failed as failed:
        return failed.verdict
    # A provider's code, and that of the packages below it.
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001
        log.warning("The test of the %s failed: %s", setting.what, summarize(error))
        if limit.expired():
            return _too_late(choice)
        return _told(config, choice, error)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return _told(config, choice, error)
    if not text.strip():
        return Verdict(False, reason=f"{_name(choice)} answered without a word.", hint=_HINTS[400])
    return Verdict(True, " ".join(text.split()), time.monotonic() - begun)


async def _answer(config: ConfigManager, setting: ModelSetting, choice: Choice) -> str:
    await run_in_thread(_check, config, setting, choice)
    params = await run_in_thread(config.choices.params, setting)
    if params is None:
        raise _Failed("Another model was chosen meanwhile.", "Test again.")
    given = config.choices.model_parameters.get(str(choice.gid), {})
    # On the loop, as handlers do: some clients want one to be running.
    model = choice.provider(**{**params, **given})
    if setting is EMBEDDINGS_MODEL:
        return f"{len(await model.aembed_query('ready'))} numbers"
    if setting is not LANGUAGE_MODEL:
        return await _word(model)
    return await _word_in_turn(model, choice)


async def _word_in_turn(model: Any, choice: Choice) -> str:
    from jupyter_ai.chat_handlers.base import BaseChatHandler

    if BaseChatHandler._requests_count > 0 and not allows_concurrency(choice.provider):
        raise _Failed(
            f"{_name(choice)} answers one request at a time and is at work.", "Test again when it is done."
        )
    slot = ModelSlot(BaseChatHandler, counts=True)
    try:
        return await _word(model)
    finally:
        slot.release()


async def _word(model: Any) -> str:
    from jupyter_ai_magics.messages import text_of

    text = ""
    async with aclosing(model.astream(_PROMPT)) as chunks:
        async for chunk in chunks:
            text += text_of(chunk)
            if len(text) > _MOST_CHARACTERS:
                return f"{text[:_MOST_CHARACTERS]}…"
    return text


def _check(config: ConfigManager, setting: ModelSetting, choice: Choice) -> None:
    """Raise `_Failed` if it is known without asking that the model cannot answer."""
    if choice.gid is None:
        reason = choice.problem or f"No {setting.what} is chosen."
        raise _Failed(reason, f"Choose one, {_SAVE}.")
    if choice.provider is None and choice.problem is None:
        raise _Failed(f"{told(choice.gid)} completes code, and cannot be asked for a word.", _TYPE)
    refusal = config.policy.model_reason(choice.gid)
    if refusal is not None:
        raise _Failed(
            f"{told(choice.gid)} may not be used: {refusal}.",
            "Choose another model, or ask the administrator to allow this one.",
        )
    if choice.provider is None:
        hint = f"Install what it lacks and {_RELOAD}, or choose another model, {_SAVE}."
        raise _Failed(choice.problem or f"{told(choice.gid)} cannot be used.", hint)
    lacking = config.choices.lacking_keys(choice.provider, choice.gid)
    problem = config.choices.problem_of(setting)
    if problem is not None:
        raise _Failed(problem, f"Enter {' and '.join(lacking)}, {_SAVE}." if lacking else None)


# What went wrong


def _too_late(choice: Choice | None) -> Verdict:
    reason = f"{_name(choice)} has not answered within {SECONDS:g} s."
    hint = "Look whether its server runs and whether its address and the network settings are right."
    return Verdict(False, reason=reason, hint=hint)


def _told(config: ConfigManager, choice: Choice | None, error: BaseException) -> Verdict:
    name, provider = _name(choice), choice.provider if choice is not None else None
    if isinstance(error, Exception) and provider is not None and is_api_key_exc(provider, error):
        return Verdict(False, reason=f"{name} refused the API key.", hint=_key_hint(config, provider))
    if isinstance(error, ImportError):
        return Verdict(False, reason=f"{name} lacks a package: {summarize(error)}", hint=_install(provider))
    if any(_is_unreachable(cause) for cause in _chain(error)):
        return Verdict(False, reason=f"{name} cannot be reached: {summarize(error)}", hint=_REACH)
    status = next(filter(None, map(_status, _chain(error))), 0)
    hint = _PROVIDERS_FAULT if status >= _FIRST_FAULT else _HINTS.get(status)
    return Verdict(False, reason=f"{name} failed: {summarize(error)}", hint=hint)


def _key_hint(config: ConfigManager, provider: Any) -> str:
    names = list(key_params(getattr(provider, "auth_strategy", None)))
    sources = {name: source for name in names if (source := config.keys.source(name)) is not None}
    told_of = [f"{name} {_KEY_HINTS[source]}" for name, source in sources.items()]
    return " ".join(told_of) or f"Check the key, {_SAVE}."


def _install(provider: Any) -> str | None:
    packages = " ".join(getattr(provider, "pypi_package_deps", None) or ())
    return f"Run `pip install {packages}` where the server runs, and {_RELOAD}." if packages else None


def _name(choice: Choice | None) -> str:
    return told(choice.gid) if choice is not None and choice.gid else "The model"


def _is_unreachable(error: BaseException) -> bool:
    return isinstance(error, ConnectionError) or type(error).__name__ in _UNREACHABLE


def _status(error: BaseException) -> int:
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return 0


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__
