"""Writes each request into the journal and a line into the log."""

from __future__ import annotations

import logging
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockllm.journal import Entry, Journal, current_entry

__all__ = ["Observer"]

logger = logging.getLogger("mockllm")


class Observer:
    """ASGI middleware: an entry of the journal for each request, except those for the journal itself."""

    def __init__(self, app: ASGIApp, journal: Journal) -> None:
        self._app = app
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/journal"):
            await self._app(scope, receive, send)
            return
        names = (name.decode("latin-1").lower() for name, _ in scope["headers"])
        entry = self._journal.begin(scope["method"], scope["path"], names)
        started = perf_counter()
        token = current_entry.set(entry)
        try:
            await self._app(scope, receive, _noting(entry, send, started))
        except Exception as error:
            entry.status, entry.error = entry.status or 500, f"{type(error).__name__}: {error}"
            raise
        finally:
            current_entry.reset(token)
            entry.end((perf_counter() - started) * 1000)
            self._journal.changed()
            _log(entry)


def _noting(entry: Entry, send: Send, started: float) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.body":
            if message.get("body"):
                if entry.first_byte_ms is None:
                    entry.first_byte_ms = (perf_counter() - started) * 1000
                entry.chunks += 1
            if not message.get("more_body"):
                entry.completed = entry.disconnected_at is None
        elif message["type"] == "http.response.start":
            entry.status = message["status"]
        await send(message)

    return noting


def _log(entry: Entry) -> None:
    end = "" if entry.completed else ", the client has gone" if entry.disconnected_at else ", cut"
    logger.info(
        "%s %s %s, %.0f ms, %d tokens%s%s",
        entry.method,
        entry.path.encode("unicode_escape").decode("ascii"),  # a path cannot forge a line
        entry.status,
        entry.duration_ms,
        entry.tokens,
        f", by {entry.rule}" if entry.rule else "",
        end,
    )
