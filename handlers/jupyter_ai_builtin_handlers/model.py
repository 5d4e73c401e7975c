"""`/model`: which model answers, and choosing another."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.config.sources import LANGUAGE_MODEL
from jupyter_ai.errors import AuthError, JupyterAIError
from jupyter_ai.models import HumanChatMessage, UpdateConfigRequest
from jupyter_ai.offers import Offer, describe
from jupyter_ai_magics.threads import run_in_thread

__all__ = ["ModelChatHandler"]

_HOW = (
    "`/model <provider>:<model>` chooses a model, from the next message on. A key that it needs is taken "
    "from the environment, or stored with `jupyter ai config --set-key <name>`."
)


class ModelChatHandler(BaseChatHandler):
    """Tells which model answers, what could, and chooses."""

    id = "model"
    name = "Model"
    help = "Shows which model answers, or chooses another: `/model <provider>:<model>`"
    routing_type = SlashCommandRoutingType(slash_id="model")
    uses_llm = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parser.add_argument("model", nargs="?", help="The model, as <provider>:<model>")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Choose the model that is named; without one, tell."""
        args = self.parse_args(message)
        if args is None:
            return
        # Both may import a provider; choosing writes to the disk as well.
        if args.model:
            self.reply(await run_in_thread(self._choose, args.model), message)
            return
        offers = self.config_manager.offers
        found = await offers.find() if offers is not None else []
        self.reply(await run_in_thread(self._tell, found), message)

    def _choose(self, model: str) -> str:
        try:
            self.config_manager.update_config(UpdateConfigRequest(model_provider_id=model))
        except AuthError as e:
            reason = str(e).replace("Send it in api_keys.", f"\n\n{_HOW}")
        except JupyterAIError as e:
            reason = str(e)
        else:
            return f"The model is now {self._present()}{self._doubt()}"
        return f"{reason.removeprefix('model_provider_id: ')}\n\nThe model is still {self._present()}"

    def _tell(self, found: list[Offer]) -> str:
        parts = [f"The model is {self._present()}", _HOW]
        if found:
            parts.insert(1, f"This was found, and is used only if you choose it:\n\n{describe(found)}")
        return "\n\n".join(parts)

    def _present(self) -> str:
        """The model, who chose it, and what is wrong with it."""
        config = self.config_manager
        source = config.sources.chosen(LANGUAGE_MODEL)
        kind = source.kind if source is not None else "user"
        places = {"built-in": "nobody has chosen one", "user": "chosen by you"}
        where = places.get(kind, f"decided by {source.where}" if source is not None else "")
        problem = f"\n\nIt cannot answer: {config.lm_problem}" if config.lm_problem else ""
        return f"`{config.lm_gid}` ({where}).{problem}"

    def _doubt(self) -> str:
        """That the provider does not know the model, though it may exist; "" if it does."""
        provider_id, _, model = str(self.config_manager.lm_gid).partition(":")
        known = list(getattr(self.config_manager.lm_provider, "models", ()))
        if model in known or "*" in known:
            return ""
        close = get_close_matches(model, known, n=1)
        meant = f" Did you mean `{provider_id}:{close[0]}`?" if close else ""
        return f"\n\nIts provider does not list it, but may have it all the same.{meant}"
