"""The models that could be chosen, over REST."""

from __future__ import annotations

from dataclasses import asdict

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler, answers

__all__ = ["OffersHandler"]


class OffersHandler(AiHandler):
    """What was found that could answer."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """All offers, and whether a model is chosen."""
        from jupyter_ai.errors import EngineUnavailable

        engine = await self.engine()
        await engine.handlers_ready()
        offers = engine.config_manager.offers
        if offers is None:
            raise EngineUnavailable("it looks for no models")
        found = await offers.find()
        self.send_json({"offers": [asdict(offer) for offer in found], "chosen": offers.chosen})
