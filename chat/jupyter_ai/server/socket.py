"""What our WebSockets have in common: who may open one, its limits, and how it is cut."""

from __future__ import annotations

import json
import struct
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketHandler

from jupyter_ai.keys.redaction import redact
from jupyter_ai.server.base import AUTH_RESOURCE, host_of

__all__ = ["AiSocket", "text_frame"]

_TORNADO_LIMIT = 10 << 20  # bytes of a frame: what tornado refuses closes the connection, so ours is less
_PING_INTERVAL = 30.0  # seconds; proxies drop connections on which nothing happens for longer


class AiSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """A WebSocket of ours."""

    auth_resource = AUTH_RESOURCE

    def abort(self) -> None:
        """Close the TCP connection, so that the client sees close code 1006 and comes back."""
        stream = getattr(self.ws_connection, "stream", None)
        if stream is not None:
            stream.close()

    @property
    def max_message_size(self) -> int:
        """Where tornado closes the connection: well beyond where we answer with an `error` frame."""
        return max(_TORNADO_LIMIT, 4 * host_of(self).options.max_frame_bytes)

    # Tornado pings by itself; its seconds are the mixin's milliseconds, so only one of them may.

    @property
    def ping_interval(self) -> float:
        """Seconds between two pings."""
        seconds = self.settings.get("websocket_ping_interval")
        return float(seconds or self.settings.get("ws_ping_interval", _PING_INTERVAL * 1000) / 1000)

    @property
    def ping_timeout(self) -> float | None:
        """Seconds to wait for a pong; None: as long as until the next ping."""
        seconds: float | None = self.settings.get("websocket_ping_timeout")
        return seconds or None

    def set_default_headers(self) -> None:
        """None of a page's headers: this is no page."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A refused upgrade is told as JSON."""
        error = kwargs.get("exc_info", (None, None))[1]
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"message": redact(getattr(error, "log_message", None) or self._reason)}))


def text_frame(payload: bytes) -> bytes:
    """A server's WebSocket frame (RFC 6455) around a whole text: not masked, not compressed."""
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", 0x81, length) + payload
    if length < 1 << 16:
        return struct.pack("!BBH", 0x81, 126, length) + payload
    return struct.pack("!BBQ", 0x81, 127, length) + payload
