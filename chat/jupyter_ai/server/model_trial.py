"""The test of a chosen model over REST."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import answers
from jupyter_ai.server.config import SettingsHandler

if TYPE_CHECKING:
    from jupyter_ai.model_trial import Verdict

__all__ = ["ModelTestHandler"]


class ModelTestHandler(SettingsHandler):
    """Asks a model for one word."""

    _test: asyncio.Task[Verdict] | None = None

    @web.authenticated
    @authorized
    @answers
    async def post(self) -> None:
        """Test the saved choice of `setting`; 409 while another test of this user runs.

        A client that goes away ends it.
        """
        from jupyter_ai.config.sources import MODEL_SETTINGS
        from jupyter_ai.errors import ModelTestRuns
        from jupyter_ai.model_trial import try_model
        from jupyter_ai.models import ModelTestRequest

        request = self.body(ModelTestRequest)
        setting = next(known for known in MODEL_SETTINGS if known.name == request.setting)
        config = await self.manager()
        owner, testing = self.owner, self.host.testing
        if owner in testing:
            raise ModelTestRuns
        testing.add(owner)
        try:
            async with asyncio.TaskGroup() as group:
                self._test = group.create_task(try_model(config, setting, self.log))
        finally:
            testing.discard(owner)
        if not self._test.cancelled():
            self.send_json(self._test.result().describe())

    def on_connection_close(self) -> None:
        """Nobody wants the answer any more."""
        super().on_connection_close()
        if self._test is not None:
            self._test.cancel()
