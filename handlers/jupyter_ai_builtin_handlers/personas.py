"""`/personas`: who can be addressed, and whether persona files of the folder are run."""

from __future__ import annotations

from typing import Any

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.code_spans import code_span
from jupyter_ai.engine.addresses import address_of
from jupyter_ai.errors import JupyterAIError
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas.manager import PersonaManager

__all__ = ["PersonasChatHandler", "local_files_text"]


class PersonasChatHandler(BaseChatHandler):
    """Tells who is there; allows the code of the folder's persona files, or takes that back."""

    id = "personas"
    name = "Personas"
    help = "Shows who can be addressed"
    routing_type = SlashCommandRoutingType(slash_id="personas")
    uses_llm = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parser.add_argument(
            "what",
            nargs="?",
            choices=("allow", "forget"),
            help="allow: run the Python files in the nearest `.jupyter/personas`; forget: run them no more",
        )

    async def process_message(self, message: HumanChatMessage) -> None:
        """Allow or forget, if asked to, and tell who is there."""
        args, personas = self.parse_args(message), self.persona_manager
        if args is None or personas is None:
            return
        try:
            if args.what == "allow":
                await personas.local.allow()
            elif args.what == "forget":
                await personas.local.forget()
        except JupyterAIError as error:
            self.reply(str(error), message)
            return
        self.reply("\n\n".join([_listed(personas), *local_files_text(personas)]), message)


def _listed(personas: PersonaManager) -> str:
    lines = [f"- {code_span(address_of(m.name))}: {m.description}" for m in personas.members()]
    return "\n".join(lines) or "Nobody can be addressed."


def local_files_text(personas: PersonaManager) -> list[str]:
    """The paragraphs on persona files, in Markdown; none where there are no such files."""
    files = personas.local.files
    parts = []
    if files.folder is not None:
        names = ", ".join(f"`{name}`" for name in files.names) or "no files"
        parts.append(f"Persona files in `{files.folder}` ({names}) {_state(personas)}")
    wrong = {**files.problems, **personas.troubles()}
    if wrong:
        parts.append("\n".join(f"- `{name}` cannot be used: {problem}" for name, problem in wrong.items()))
    return parts


def _state(personas: PersonaManager) -> str:
    if not personas.local.allowed:
        return "are not run: they are code, and you have not allowed it. `/personas allow` does."
    return "are run. `/refresh-personas` takes in what was edited."
