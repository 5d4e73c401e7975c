"""The slash command: it says in fewer words what follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage
from langchain_core.prompts import ChatPromptTemplate

if TYPE_CHECKING:
    from jupyter_ai_magics import BaseProvider
    from langchain_core.language_models import BaseLanguageModel

__all__ = ["CommandChatHandler"]

PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", "Say what the user says in at most {words} words, in the same language."),
        ("human", "{text}"),
    ]
)


class CommandChatHandler(BaseChatHandler):
    """Streams the model's answer to `PROMPT`; one instance serves one chat."""

    id = "{{ cookiecutter.slash_id }}"
    name = "{{ cookiecutter.package_name }}"
    help = "Says in fewer words what follows"
    routing_type = SlashCommandRoutingType(slash_id="{{ cookiecutter.slash_id }}")
    uses_llm = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parser.add_argument("--words", type=int, default=50, help="How many at most")
        self.parser.add_argument("text", nargs="+", help="What to say in fewer words")

    def create_llm_chain(
        self, provider: type[BaseProvider], provider_params: dict[str, str]
    ) -> None:
        """Called when another model was chosen, or its settings changed."""
        model = provider(**self.get_model_parameters(provider, provider_params))
        self.llm_chain = PROMPT | cast("BaseLanguageModel[Any]", model)

    async def process_message(self, message: HumanChatMessage) -> None:
        """Answer; wrong usage has been answered when `parse_args` returns None."""
        args = self.parse_args(message)
        if args is None:
            return
        self.get_llm_chain()
        inputs = {"words": args.words, "text": " ".join(args.text)}
        await self.stream_reply(inputs, message, pending_msg="Shortening")
