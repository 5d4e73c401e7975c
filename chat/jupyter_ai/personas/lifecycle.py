"""What is called of a persona and when, with a deadline for each and nobody else hurt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_ai.chat_handlers.failure_report import report
from jupyter_ai.errors import PersonaNotReady
from jupyter_ai.keys.redaction import redact
from jupyter_ai.personas.base_persona import BasePersona
from jupyter_ai_magics.failures import asking, contained

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

    `own` is given each task: it keeps it, and logs what it raises. `say` tells in a run what a persona cannot
    tell by itself.
    """

    def __init__(
        self, own: Callable[[asyncio.Task[None]], None], say: Callable[[str, Run], None], log: Log
    ) -> None:
        self._own = own
        self._say = say
        self._log = log
        self._preparing: dict[BasePersona, asyncio.Task[None]] = {}

    async def answer(self, member: Member, message: HumanChatMessage, run: Run) -> None:
        """Let one answer; raises nothing but a cancellation."""
        try:
            await self._answer(member, message)
        except asyncio.CancelledError:
            if run.stopped or _is_cancelled():
                raise
            await self._tell(member, RuntimeError(f"{member.name} cancelled its own answer"), run)
        # Whatever a plug-in raises ends its own answer only, and is told.
        except Exception as e:  # noqa: BLE001
            await self._tell(member, e, run)
        finally:
            self._clear_status(member)

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

    async def _answer(self, member: Member, message: HumanChatMessage) -> None:
        persona = member.voice
        if isinstance(persona, BasePersona):
            await self._prepared(persona, member.name)
            await contained(persona.process_message, message)
        else:
            await contained(persona.on_message, message)

    async def _prepared(self, persona: BasePersona, name: str) -> None:
        if not _defines(persona, "prepare"):
            return
        task = self._preparing.get(persona)
        if task is None:
            task = self._preparing[persona] = self._begin(contained(persona.prepare))
        done, _ = await asyncio.wait({task}, timeout=_PREPARING)
        if not done or task.cancelled() or task.exception() is not None:
            self._preparing.pop(persona, None)
            task.cancel()
        if not done or task.cancelled():
            raise PersonaNotReady(name, _PREPARING)
        task.result()

    async def _tell(self, member: Member, error: Exception, run: Run) -> None:
        persona = member.voice
        if isinstance(persona, BasePersona):
            default = partial(BasePersona.handle_uncaught_exception, persona)
            for account in (persona.handle_uncaught_exception, default):
                if await self._is_told(member, account, error):
                    return
        self._say(redact(report(member.name, error, None, self._log)), run)

    async def _is_told(
        self, member: Member, account: Callable[[Exception], object], error: Exception
    ) -> bool:
        try:
            await contained(account, error)
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
        # Its own account of a failure may fail too: its name is a plug-in's code.
        except Exception:  # noqa: BLE001
            self._log.exception("handle_uncaught_exception of %s raised.", type(member.voice).__name__)
        else:
            return True
        return False

    def _clear_status(self, member: Member) -> None:
        if not isinstance(member.voice, BasePersona):
            return
        try:
            with asking():
                member.voice.clear_status()
        # It may be overridden, or the persona lacks what its constructor should have made.
        except Exception:  # noqa: BLE001
            self._log.exception("clear_status of %s raised.", type(member.voice).__name__)

    def _tell_later(self, persona: BasePersona, method: str) -> asyncio.Task[None] | None:
        if not _defines(persona, method):
            return None
        return self._begin(self._tell_in_time(persona, method))

    async def _tell_in_time(self, persona: BasePersona, method: str) -> None:
        task = self._begin(contained(getattr(persona, method)))
        try:
            done, _ = await asyncio.wait({task}, timeout=_TELLING)
        finally:
            task.cancel()
        if not done:
            name = type(persona).__name__
            self._log.warning("%s of %s did not end within %g s; left behind.", method, name, _TELLING)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._own(task)
        return task


def _defines(persona: BasePersona, method: str) -> bool:
    return getattr(type(persona), method) is not getattr(BasePersona, method)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
