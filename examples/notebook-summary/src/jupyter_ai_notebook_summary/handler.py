"""The command: reads a notebook, and streams what the model says of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage
from jupyter_ai_magics import BaseProvider
from jupyter_ai_notebook_summary.notebook import as_text

__all__ = ["SummarizeChatHandler"]

PROMPT = ChatPromptTemplate.from_messages(
    [
        (
            "system",
            "You summarize a notebook for a colleague: its aim, the data, the steps and the result. "
            "Use at most {sentences} sentences, and name the cells you speak of by their numbers.",
        ),
        ("human", "{notebook}"),
    ]
)


class SummarizeChatHandler(BaseChatHandler):
    """`/summarize FILE`: the notebook lies below the server's root directory."""

    id = "summarize"
    name = "Summarize"
    help = "Summarizes a notebook"
    routing_type = SlashCommandRoutingType(slash_id="summarize")
    uses_llm = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parser.add_argument("-n", "--sentences", type=int, default=5, help="how long it may be")
        self.parser.add_argument("file", help="a notebook below the server's root directory")

    def create_llm_chain(self, provider: type[BaseProvider], provider_params: dict[str, str]) -> None:
        """Prompt, model, text."""
        self.llm = provider(**self.get_model_parameters(provider, provider_params))
        self.llm_chain = PROMPT | self.llm | StrOutputParser()

    async def process_message(self, message: HumanChatMessage) -> None:
        """Stream the summary; Stop ends it."""
        args = self.parse_args(message)
        if args is None:
            return
        try:
            notebook = await asyncio.to_thread(as_text, self._path(args.file))
        except (OSError, ValueError) as error:
            self.reply(f"`{args.file}` cannot be summarized: {error}", message)
            return
        if not notebook:
            self.reply(f"`{args.file}` is empty.", message)
            return
        self.get_llm_chain()
        asked = {"notebook": notebook, "sentences": args.sentences}
        await self.stream_reply(asked, message, pending_msg=f"Reading {args.file}")

    def _path(self, file: str) -> Path:
        root = Path(self.root_dir).resolve()
        path = (root / file).resolve()
        if not path.is_relative_to(root):
            raise ValueError("it does not lie below the server's root directory.")
        return path
