"""The chats of a server over REST: list, create, rename, share, delete, read."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler, answers
from jupyter_ai.server.intake import InvalidBody

__all__ = ["ChatHandler", "ChatHistoryHandler", "ChatsHandler"]

_DELETED = 4404, "This chat was deleted."
_NOT_SHARED = 4403, "This chat is not shared any more."


class ChatsHandler(AiHandler):
    """All chats that the user may see."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """List them: one's own, of which the default chat is always there, and those that others share."""
        from jupyter_ai.models import ListChatsResponse

        engine = await self.engine()
        await engine.default_chat(self.owner)
        self.send(ListChatsResponse(chats=engine.chats(self.owner)))

    @web.authenticated
    @authorized
    @answers
    async def post(self) -> None:
        """Create one, with a `title` or without."""
        from jupyter_ai.models import ChatUpdate

        update = self.body(ChatUpdate)
        engine = await self.engine()
        chat = await engine.create_chat(self.owner, update.title or "")
        if update.shared:
            await engine.update_chat(chat.id, self.owner, shared=True)
        await engine.store.wait(engine.store.last_ticket)
        self.set_status(201)
        self.send(chat.describe())


class ChatHandler(AiHandler):
    """One chat."""

    @web.authenticated
    @authorized
    @answers
    async def get(self, chat_id: str) -> None:
        """Describe it."""
        chat = await (await self.engine()).chat(chat_id, self.owner)
        self.send(chat.describe())

    @web.authenticated
    @authorized
    @answers
    async def patch(self, chat_id: str) -> None:
        """Set its `title`, whether others see it (`shared`), or who answers next (`persona`)."""
        from jupyter_ai.models import ChatUpdate

        update = self.body(ChatUpdate)
        if update.title == "":
            raise InvalidBody("title: it is empty. Leave it out to keep the present one.")
        engine = await self.engine()
        if update.persona is not None:
            await engine.commands_ready()
        described = await engine.update_chat(
            chat_id, self.owner, title=update.title, shared=update.shared, persona=update.persona
        )
        if not described.shared:
            self._disconnect(chat_id, _NOT_SHARED, but=described.owner)
        await engine.store.wait(engine.store.last_ticket)
        self.send(described)

    @web.authenticated
    @authorized
    @answers
    async def delete(self, chat_id: str) -> None:
        """Delete it with all that was said."""
        await (await self.engine()).delete_chat(chat_id, self.owner)
        self._disconnect(chat_id, _DELETED)
        self.set_status(204)
        self.finish()

    def _disconnect(self, chat_id: str, why: tuple[int, str], but: str | None = None) -> None:
        for connection in self.host.connections_to(chat_id):
            if connection.owner != but:
                connection.close(*why)


class ChatHistoryHandler(AiHandler):
    """What was said in a chat."""

    @web.authenticated
    @authorized
    @answers
    async def get(self, chat_id: str | None = None) -> None:
        """The messages of a chat, or of the default chat, and what is pending."""
        engine = await self.engine()
        owner = self.owner
        chat = await (engine.default_chat(owner) if chat_id is None else engine.chat(chat_id, owner))
        history = chat.history_json()
        await engine.store.wait(engine.store.last_ticket)  # what is shown here is not lost by a crash
        self.finish(history)
