"""How a message comes to be answered: who does it, and what is said if nobody did."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING, Any

from jupyter_ai.engine.addresses import address_of
from jupyter_ai.engine.restore import cut_reply
from jupyter_ai.engine.router import Addressed, DidYouMean, ForPeople, Handled, route
from jupyter_ai.engine.run import STOPPED_TEXT, Run
from jupyter_ai.errors import message_of
from jupyter_ai.models import AgentStreamMessage, Persona

if TYPE_CHECKING:
    from jupyter_ai.engine.chat import Chat

__all__ = ["Answers"]


class Answers:
    """Answers the messages of one chat, and has the last word of each run."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._engine = chat.engine

    async def answer(self, run: Run) -> None:
        """Let who is meant answer the message of `run`. Raises what a handler lets pass."""
        await self._engine.commands_ready()
        chat, prompt = self._chat, run.message.prompt
        if "@" in prompt:
            await self._engine.handlers_ready()  # context commands are no addresses
        choice = route(prompt, chat.plugins.handler_keys(), chat.personas.voices(prompt))
        match choice:
            case DidYouMean():
                self._refuse(run, f"{choice.text()}{chat.personas.local.hint(choice.command)}")
            case ForPeople():
                run.spoke = True  # nobody is to say anything
            case Addressed():
                await self._by_personas(run, choice)
            case Handled(key, addressed) if refusal := chat.personas.refusal(addressed, key):
                self._refuse(run, refusal)
            case Handled(key):
                await self._by_handler(run, key)

    def last_words(self, run: Run) -> None:
        """Say what became of `run`, where its own streams do not tell."""
        if run.state == "stopped":
            if not run.marked:
                self._stream_whole(run, STOPPED_TEXT, {"stopped": True})
        elif run.state == "interrupted":
            if not run.marked:
                self._chat.append(cut_reply(run.id, self._speaker(run), begun=run.spoke))
        elif run.state == "failed":
            self._engine.log.error("%s failed: %r", run.handler_name, run.error, exc_info=run.error)
            self._chat.say(_failure(run), run.id, {"error": {"type": type(run.error).__name__}})
        elif not run.spoke:
            name = run.handler_name or "The handler"
            self._chat.say(f"{name} ended without a reply.", run.id, {"empty": True})

    def _stream_whole(self, run: Run, text: str, metadata: dict[str, Any]) -> None:
        message = AgentStreamMessage(
            id=uuid.uuid4().hex,
            time=time.time(),
            body="",
            reply_to=run.id,
            persona=self._speaker(run),
            complete=False,
        )
        self._chat.open_stream(message, run)
        self._chat.end_stream(message.id, text, metadata)

    def _speaker(self, run: Run) -> Persona:
        """The first of the personas that answer; where none does, who speaks for the framework."""
        personas = self._chat.personas
        member = next(filter(None, map(personas.find, run.personas)), None)
        if member is None:
            return self._engine.persona()
        return Persona(name=member.name, avatar_route=personas.avatar_route(member.voice))

    async def _by_personas(self, run: Run, choice: Addressed) -> None:
        await self._engine.handlers_ready()
        personas = self._chat.personas
        if choice.explicit:
            personas.sticky = choice.names[-1]
        self._begin(run, address_of(choice.names[0]), " and ".join(choice.names))
        await personas.answer(run, choice.names, choice.text)

    async def _by_handler(self, run: Run, key: str) -> None:
        handler = self._chat.handlers.get(key)
        if handler is None:
            self._refuse(run, self._chat.plugins.why_not(key))
            return
        if handler.uses_llm:
            await self._engine.handlers_ready()
        self._begin(run, key, f"{type(handler).__name__} ({key})")
        await handler.on_message(run.message)

    def _begin(self, run: Run, key: str, name: str) -> None:
        self._chat.remembered.take_over_length()
        run.handler, run.handler_name = key, name
        self._chat.keep_run(run)

    def _refuse(self, run: Run, text: str) -> None:
        run.spoke = True
        self._chat.say(text, run.id, {"error": {"type": "Refused", "message": text}})


def _failure(run: Run) -> str:
    name = run.handler_name or "The handler"
    if isinstance(run.error, SystemExit):
        return f"{name} tried to exit the server ({run.error!r}); only its own answer ended."
    if isinstance(run.error, asyncio.CancelledError):
        return f"{name} was cancelled before it had answered."
    if run.error is None:
        return f"{name} failed."
    return f"{name} failed: {type(run.error).__name__}: {message_of(run.error)}"
