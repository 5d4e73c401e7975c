"""One editor's connection: its requests are read, each is answered by a task, and its end cancels them."""

from __future__ import annotations

import asyncio
import traceback
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server._tz import utcnow
from jupyter_server.auth.decorator import ws_authenticated

from jupyter_ai.auth.owner import owner_of
from jupyter_ai.completions.caller import Caller
from jupyter_ai.errors import JupyterAIError, message_of
from jupyter_ai.keys.redaction import redact
from jupyter_ai.server.base import authorize, host_of, refuse
from jupyter_ai.server.socket import AiSocket, text_frame
from jupyter_ai_magics.failures import contained
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.completions.answer import Answer
    from jupyter_ai.completions.handlers.frames import CancelRequest, EventRequest
    from jupyter_ai.completions.models import (
        InlineCompletionReply,
        InlineCompletionRequest,
        InlineCompletionStreamChunk,
    )
    from jupyter_ai.config_manager import ConfigManager

__all__ = ["BaseInlineCompletionHandler"]

_MOST_REQUESTS = 64
"""That one connection may have running; for a newer one the oldest is withdrawn."""

_MOST_TASKS = 4 * _MOST_REQUESTS
"""Those included that were withdrawn and do not end; nothing more is begun then."""

_answering: ContextVar[Answer | None] = ContextVar("answering", default=None)
"""For what a request's task sends: which request that is, where a newer one has the same number."""


class BaseInlineCompletionHandler(AiSocket):
    """Answers an editor; subclasses define `handle_request`, and `handle_stream_request` if they stream.

    Each request is handled by a task of its own, which is cancelled when the editor withdraws the request or
    the connection ends.
    """

    caller: Caller
    """Who is at this connection."""

    def initialize(self) -> None:
        """Begin with no request; called by tornado."""
        self._running: dict[int, tuple[asyncio.Task[None], Answer]] = {}  # by the number of the request
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsent = 0  # bytes that were written and that the client has not taken
        self._taken = asyncio.Event()  # set while nothing waits
        self._taken.set()
        self._told: Callable[[], None] | None = None  # ends the telling of the status

    # What a subclass defines

    async def handle_request(self, message: InlineCompletionRequest) -> None:
        """Answer with one `reply`. What it raises is answered by `handle_exc`."""
        raise NotImplementedError(f"{type(self).__name__} must define `handle_request`.")

    async def handle_stream_request(self, message: InlineCompletionRequest) -> None:
        """Answer with a `reply`, then with one for each chunk; unless overridden, as a whole."""
        await self.handle_request(message)

    # Connecting

    async def pre_get(self) -> None:
        """Raise HTTP error 403 unless this user may ask for completions."""
        await authorize(self, "execute")

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Check who it is, then become a WebSocket until that is closed."""
        checked: Any = self.pre_get()  # a subclass's may be no coroutine
        await ensure_async(checked)
        tier = getattr(self.current_user, "tier", "")
        self.caller = Caller(uuid.uuid4().hex, owner_of(self), tier if isinstance(tier, str) else "")
        try:
            await self.prepare_service()
        except JupyterAIError as e:
            refuse(self, e)
            return
        await super().get(*args, **kwargs)

    async def prepare_service(self) -> None:
        """Import what answers, on a thread. Raises `JupyterAIError` where nothing can answer."""
        await run_in_thread(import_module, "jupyter_ai.completions.handlers.frames")

    def open(self, *args: str, **kwargs: str) -> None:
        """Take requests from now on."""
        self.set_nodelay(True)
        host_of(self).editors.add(self)

    def on_close(self) -> None:
        """Withdraw what was asked for."""
        host_of(self).editors.discard(self)
        if self._told is not None:
            self._told()
        for task in self._tasks:
            task.cancel()

    # Receiving

    def on_message(self, message: str | bytes) -> Awaitable[None]:
        """Take a frame, or answer it with an `error` frame; the connection stays open.

        The next frame is taken once what is returned is done: others get their turn before.
        """
        from jupyter_ai.completions.handlers.frames import parse

        try:
            frame: Any = parse(message, host_of(self).options.max_frame_bytes)
        except JupyterAIError as e:
            self._refuse(str(e), e.code)
            return self.drain()
        self.settings["api_last_activity"] = utcnow()  # somebody is here: not to be culled
        match getattr(frame, "type", "request"):
            case "cancel":
                self.on_cancel(frame)
            case "event":
                self.on_event(frame)
            case _:
                self._start(frame)
        taken = self.loop.create_future()  # no coroutine: each would be a task
        self.loop.call_soon(taken.set_result, None)
        return taken

    def on_cancel(self, frame: CancelRequest) -> None:
        """Withdraw a request, if it is still being answered."""
        self._withdraw(frame.number)

    def on_event(self, frame: EventRequest) -> None:
        """Take what became of a suggestion; nothing, unless overridden."""

    def _start(self, request: InlineCompletionRequest) -> None:
        from jupyter_ai.completions.answer import Answer, empty_reply

        self._withdraw(request.number)
        if len(self._tasks) >= _MOST_TASKS:
            self.send_text(_dumped(empty_reply(request.number)))
            return
        if len(self._running) >= _MOST_REQUESTS:
            self._withdraw(next(iter(self._running)))
        answer = Answer(request.number)
        task = self.loop.create_task(self._handle(request, answer), name=f"completion {request.number}")
        self._running[request.number] = task, answer
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._ended(request.number, task))

    def _withdraw(self, number: int) -> None:
        if (running := self._running.get(number)) is not None:
            running[0].cancel()
            self._finish(number)

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if number in self._running and self._running[number][0] is task:
            self._finish(number)

    def _finish(self, number: int) -> None:
        """Send what is left to be sent of a request; what comes of it later is dropped."""
        _, answer = self._running.pop(number)
        for part in answer.finish():
            self.send_text(_dumped(part))

    async def _handle(self, request: InlineCompletionRequest, answer: Answer) -> None:
        _answering.set(answer)
        try:
            await contained(self.handle_stream_request if request.stream else self.handle_request, request)
        # A subclass may raise anything: the editor is told, and the connection stays.
        except Exception as e:  # noqa: BLE001
            await self.handle_exc(e, request)

    async def handle_exc(self, e: Exception, request: InlineCompletionRequest) -> None:
        """Answer a request that failed: with no suggestion, and with the reason."""
        from jupyter_ai.completions.answer import empty_reply
        from jupyter_ai.completions.models import CompletionError

        self.log.exception("Completion request %d could not be answered.", request.number)
        title = redact(message_of(e)) or type(e).__name__
        told = redact("".join(traceback.format_exception(e)))
        error = CompletionError(type=type(e).__name__, title=title, traceback=told)
        self.reply(empty_reply(request.number).model_copy(update={"error": error}))

    # Sending

    def reply(self, reply: InlineCompletionReply | InlineCompletionStreamChunk) -> None:
        """Send a reply or a chunk; returns at once. A client that takes too little is cut off.

        What answers nothing that is being answered is dropped: a request gets one reply, and a suggestion
        nothing after its end.
        """
        running = self._running.get(reply.reply_to)
        by = _answering.get()
        if running is None or (by is not None and by.number == reply.reply_to and by is not running[1]):
            return
        frame = _dumped(reply)  # before it counts as sent
        if running[1].feed(reply):
            self.send_text(frame)

    def send_text(self, text: str) -> None:
        """Send a text frame, likewise."""
        connection = self.ws_connection
        stream = getattr(connection, "stream", None)
        if connection is None or stream is None or stream.closed() or connection.is_closing():
            return
        if self._unsent > host_of(self).options.max_outbox_bytes:
            self.log.warning("Editor %s reads too slowly; its connection is cut.", self.caller.client)
            self.abort()
            return
        frame = text_frame(text.encode("utf-8", "replace"))
        # Not `write_message`: that makes a task for each frame, three times the cost of the write itself.
        written = stream.write(frame)
        if not written.done():
            self._unsent += len(frame)
            self._taken.clear()
            written.add_done_callback(lambda done: self._took(len(frame), done))

    async def drain(self) -> None:
        """Return when the client took what was sent; a later chunk then stands for those between."""
        await self._taken.wait()

    def _took(self, size: int, written: asyncio.Future[None]) -> None:
        self._unsent -= size
        if not written.cancelled():
            written.exception()  # looked at: the connection's end is told by `on_close`
        if not self._unsent:
            self._taken.set()

    def _refuse(self, reason: str, code: str) -> None:
        from jupyter_ai.models import ErrorMessage

        self.send_text(ErrorMessage(reason=redact(reason), code=code).model_dump_json())

    # What 2.x offers here

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the server."""
        return asyncio.get_running_loop()

    @property
    def jai_config_manager(self) -> ConfigManager:
        """Which models were chosen."""
        return host_of(self).config_manager


def _dumped(part: InlineCompletionReply | InlineCompletionStreamChunk) -> str:
    # Not at the top: a server that only answers imports nothing of the engine.
    from jupyter_ai.engine.frame import dump

    return dump(part)
