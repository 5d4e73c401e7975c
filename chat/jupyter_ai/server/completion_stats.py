"""How completions fare, over REST."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler, answers

__all__ = ["CompletionStatsHandler"]


class CompletionStatsHandler(AiHandler):
    """The counts since the server started; to ask is no activity that keeps a server alive."""

    _track_activity = False

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """Tell them, of all people together and without any code."""
        self.send_json(self.host.completion_telemetry.stats.report())
