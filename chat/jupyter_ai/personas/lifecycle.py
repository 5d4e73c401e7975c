"""What is called of a persona and when, with a deadline for each and nobody else hurt."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_ai.errors import PersonaNotReady
from jupyter_ai.personas.base_persona import BasePersona

if TYPE_CHECKING:
    from jupyter_ai.engine.run import Run
    from jupyter_ai.models import HumanChatMessage
    from jupyter_ai.personas.member import Member

__all__ = ["Lifecycle"]

_PREPARING = 30.0  # seconds for `prepare`
_TELLING = 2.0  # seconds for `shutdown` and `cancel_response`

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


class Lifecycle:
    """Prepares personas once, lets them answer, and tells them of Stop and of the end.

    `own` is given each task: it keeps it, and logs what it raises.
    """

    def __init__(self, own: Callable[[asyncio.Task[None]], None], log: Log) -> None:
        self._own = own
        self._log = log
        self._preparing: dict[BasePersona, asyncio.Task[None]] = {}

    async def answer(self, member: Member, message: HumanChatMessage, run: Run) -> None:
        """Let one answer; raises nothing but a cancellation."""
        persona = member.voice
        if not isinstance(persona, BasePersona):
            await persona.on_message(message)
            return
        try:
            await self._prepared(persona)
            await persona.process_message(message)
        except asyncio.CancelledError:
            if run.stopped or _is_cancelled():
                raise
            await self._tell(persona, RuntimeError(f"{persona.name} cancelled its own answer"))
        except SystemExit as e:
            await self._tell(persona, RuntimeError(f"it called exit({e.code!r}); only its own answer ended"))
        # Whatever a plug-in raises ends its own answer only, and is told.
        except Exception as e:  # noqa: BLE001
            await self._tell(persona, e)
        finally:
            persona.clear_status()

    def tell_stopped(self, member: Member) -> None:
        """Call `cancel_response`, in a task of its own."""
        if isinstance(member.voice, BasePersona):
            self._tell_later(member.voice, "cancel_response")

    def close(self, members: Sequence[Member]) -> set[asyncio.Task[None]]:
        """Call `shutdown` of each, in tasks of their own, which end within their deadline."""
        personas = [member.voice for member in members if isinstance(member.voice, BasePersona)]
        for persona in personas:
            self._preparing.pop(persona, None)
        tasks = [self._tell_later(persona, "shutdown") for persona in personas]
        return {task for task in tasks if task is not None}

    async def _prepared(self, persona: BasePersona) -> None:
        if not _defines(persona, "prepare"):
            return
        task = self._preparing.get(persona)
        if task is None:
            task = self._preparing[persona] = asyncio.get_running_loop().create_task(_call(persona.prepare))
            self._own(task)
        done, _ = await asyncio.wait({task}, timeout=_PREPARING)
        if not done or task.cancelled() or task.exception() is not None:
            self._preparing.pop(persona, None)
            task.cancel()
        if not done or task.cancelled():
            raise PersonaNotReady(persona.name, _PREPARING)
        task.result()

    async def _tell(self, persona: BasePersona, error: Exception) -> None:
        try:
            await persona.handle_uncaught_exception(error)
        # Its own account of a failure may fail too.
        except (Exception, SystemExit):  # noqa: BLE001
            self._log.exception("handle_uncaught_exception of %s raised.", type(persona).__name__)
            await BasePersona.handle_uncaught_exception(persona, error)

    def _tell_later(self, persona: BasePersona, method: str) -> asyncio.Task[None] | None:
        if not _defines(persona, method):
            return None
        task = asyncio.get_running_loop().create_task(self._tell_in_time(persona, method))
        self._own(task)
        return task

    async def _tell_in_time(self, persona: BasePersona, method: str) -> None:
        task = asyncio.get_running_loop().create_task(_call(getattr(persona, method)))
        self._own(task)
        try:
            done, _ = await asyncio.wait({task}, timeout=_TELLING)
        finally:
            task.cancel()
        if not done:
            name = type(persona).__name__
            self._log.warning("%s of %s did not end within %g s; left behind.", method, name, _TELLING)


def _defines(persona: BasePersona, method: str) -> bool:
    return getattr(type(persona), method) is not getattr(BasePersona, method)


async def _call(method: Callable[[], Any]) -> None:
    """Call what may be a coroutine function or, as in older personas, a plain one."""
    result = method()
    if inspect.isawaitable(result):
        await result


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
