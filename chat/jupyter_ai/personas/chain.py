"""Personas that address personas: who follows whom, how far, and within which run."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING

from jupyter_ai.engine.addresses import find_addresses
from jupyter_ai.engine.run import Run, current_run
from jupyter_ai.models import AskedByPersona, ChatClient, HumanChatMessage
from jupyter_ai_magics.failures import asking

if TYPE_CHECKING:
    from jupyter_ai.personas.base_persona import BasePersona
    from jupyter_ai.personas.manager import PersonaManager
    from jupyter_ai.personas.member import Member

__all__ = ["MOST_FOLLOWERS", "MOST_HOPS", "Chain"]

MOST_HOPS = 3
"""How many personas may address one another after a person has addressed the first."""

MOST_FOLLOWERS = 16
"""How many answers personas may ask of one another in one exchange, however short the chains are."""

_TOO_LATE = (
    "%s addressed %s after its answer, or from a thread of its own: nobody is asked. Address others while "
    "`process_message` runs; `asyncio.to_thread` knows what it answers."
)

_hops: ContextVar[int] = ContextVar("jupyter_ai_hops", default=0)


class Chain:
    """Starts the answers of personas that a persona's message begins with, in the run that it belongs to."""

    def __init__(self, manager: PersonaManager) -> None:
        self._manager = manager
        self._thread = threading.get_ident()

    def follow(self, persona: BasePersona, text: str) -> None:
        """Let those answer whom `text` addresses at its beginning, within bounds; from any thread."""
        run = current_run()
        if (run is not None and run.stopped) or not text.lstrip().startswith("@"):
            return
        if threading.get_ident() != self._thread:
            context = copy_context()
            self._manager.event_loop.call_soon_threadsafe(context.run, self._follow_here, persona, text)
            return
        others = [member for member in self._manager.members() if member.voice is not persona]
        found = find_addresses(text, [member.name for member in others])
        addressed = [member for member in others if member.name in found.leading]
        if not addressed:
            return
        if run is None or run.over:
            names = " and ".join(member.name for member in addressed)
            self._manager.log.warning(_TOO_LATE, type(persona).__name__, names)
        elif refusal := _refusal(run, len(addressed)):
            if refusal not in run.refusals:
                run.refusals.add(refusal)
                self._manager.say(refusal, run)
        else:
            self._begin(persona, addressed, text, found.text, run)

    def _follow_here(self, persona: BasePersona, text: str) -> None:
        try:
            with asking():
                self.follow(persona, text)
        # Its name and picture are a plug-in's code.
        except Exception:
            self._manager.log.exception("What %s says to another is not passed on.", type(persona).__name__)

    def _begin(self, persona: BasePersona, addressed: list[Member], text: str, said: str, run: Run) -> None:
        message = _message_of(persona, text, run)
        run.followers += len(addressed)
        token = _hops.set(_hops.get() + 1)
        try:
            for member in addressed:
                self._manager.begin(member, run, member.addressed_message(message, said))
        finally:
            _hops.reset(token)


def _refusal(run: Run, wanted: int) -> str | None:
    if _hops.get() >= MOST_HOPS:
        return f"{MOST_HOPS} personas have followed one another; no further one is asked."
    if run.followers + wanted > MOST_FOLLOWERS:
        return f"Personas may ask one another {MOST_FOLLOWERS} times in an answer; no further one is asked."
    return None


def _message_of(persona: BasePersona, text: str, run: Run) -> HumanChatMessage:
    """What a persona said, as a message; its id is the person's, so that replies belong to that exchange.

    What the person has attached and selected goes along: they gave it for the answer.
    """
    given = run.message
    selected = given.body.removeprefix(given.prompt) if given.selection else ""
    return AskedByPersona(
        id=run.id,
        time=time.time(),
        body=f"{text}{selected}",
        prompt=text,
        selection=given.selection,
        notebook=given.notebook,
        attachments=given.attachments,
        client=ChatClient(**{**persona.as_user_dict(), "id": persona.id}),
    )
