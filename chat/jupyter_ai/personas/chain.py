"""Personas that address personas: who follows whom, how far, and within which run."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING

from jupyter_ai.engine.addresses import find_addresses
from jupyter_ai.engine.run import Run, current_run
from jupyter_ai.models import ChatClient, HumanChatMessage

if TYPE_CHECKING:
    from jupyter_ai.personas.base_persona import BasePersona
    from jupyter_ai.personas.manager import PersonaManager

__all__ = ["MOST_FOLLOWERS", "MOST_HOPS", "Chain"]

MOST_HOPS = 3
"""How many personas may address one another after a person has addressed the first."""

MOST_FOLLOWERS = 16
"""How many answers personas may ask of one another in one exchange, however short the chains are."""

_hops: ContextVar[int] = ContextVar("jupyter_ai_hops", default=0)


class Chain:
    """Starts the answers of personas that a persona's message begins with, in the run that it belongs to."""

    def __init__(self, manager: PersonaManager) -> None:
        self._manager = manager
        self._thread = threading.get_ident()

    def follow(self, persona: BasePersona, text: str) -> None:
        """Let those answer whom `text` addresses at its beginning, within bounds; from any thread."""
        run = current_run()
        if run is None or run.over or run.stopped or not text.lstrip().startswith("@"):
            return
        if threading.get_ident() != self._thread:
            context = copy_context()
            self._manager.event_loop.call_soon_threadsafe(context.run, self.follow, persona, text)
            return
        others = [member for member in self._manager.members() if member.voice is not persona]
        found = find_addresses(text, [member.name for member in others])
        addressed = [member for member in others if member.name in found.leading]
        if addressed and (refusal := _refusal(run, len(addressed))):
            self._manager.say(refusal, run)
            return
        run.followers += len(addressed)
        token = _hops.set(_hops.get() + 1)
        try:
            for member in addressed:
                message = _message_of(persona, text, run)
                self._manager.begin(member, run, member.addressed_message(message, found.text))
        finally:
            _hops.reset(token)


def _refusal(run: Run, wanted: int) -> str | None:
    if _hops.get() >= MOST_HOPS:
        return f"{MOST_HOPS} personas have followed one another; no further one is asked."
    if run.followers + wanted > MOST_FOLLOWERS:
        return f"Personas have asked one another {run.followers} times; no further one is asked."
    return None


def _message_of(persona: BasePersona, text: str, run: Run) -> HumanChatMessage:
    """What a persona said, as a message; its id is the person's, so that replies belong to that exchange."""
    client = ChatClient(id=persona.id, **persona.as_user_dict())
    return HumanChatMessage(id=run.id, time=time.time(), body=text, prompt=text, client=client)
