"""What was said so far, whichever API's form it came in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mockllm.config import Prompt, ToolCall

__all__ = ["Conversation", "Role", "Said", "parsed_arguments", "text_of"]

Role = Literal["system", "human", "model", "tool"]


@dataclass(frozen=True)
class Said:
    """One message: who said it, its text without images and other parts, and the tools that it calls."""

    role: Role
    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True)
class Conversation:
    """The messages of one request, in order."""

    messages: tuple[Said, ...] = ()

    def prompt(self, model: str = "") -> Prompt:
        """What the rules are asked; without a human message, the last message of any kind."""
        human = self._texts("human")
        return Prompt(
            text=human[-1] if human else "".join(said.text for said in self.messages[-1:]),
            system="\n".join(self._texts("system")),
            turn=max(len(human), 1),
            model=model,
            tool_results=sum(said.role == "tool" for said in self._since_human()),
        )

    @property
    def tool_result(self) -> str | None:
        """The last message's text if it is the result of a tool, else None."""
        last = self.messages[-1] if self.messages else None
        return last.text if last is not None and last.role == "tool" else None

    @property
    def text(self) -> str:
        """All that was said and called, for counting its tokens."""
        return "\n".join(_written(said) for said in self.messages)

    def has_called(self, call: ToolCall) -> bool:
        """Whether the model made this very call after the last human message."""
        return any(call == made for said in self._since_human() for made in said.calls)

    def _texts(self, role: Role) -> list[str]:
        return [said.text for said in self.messages if said.role == role]

    def _since_human(self) -> tuple[Said, ...]:
        last = max((at for at, said in enumerate(self.messages) if said.role == "human"), default=-1)
        return self.messages[last + 1 :]


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or parts, of which only those of text count."""
    if isinstance(content, str):
        return content
    parts = [content] if isinstance(content, Mapping) else content
    return "\n".join(_texts(parts)) if isinstance(parts, Iterable) else ""


def parsed_arguments(arguments: Any) -> dict[str, Any]:
    """The arguments of a call that a client sent back; what is no JSON object counts as none."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return {}
    return dict(arguments) if isinstance(arguments, Mapping) else {}


def _texts(parts: Iterable[Any]) -> Iterable[str]:
    for part in parts:
        text = part.get("text") if isinstance(part, Mapping) else part
        if isinstance(text, str):
            yield text


def _written(said: Said) -> str:
    return " ".join([said.text, *(f"{call.name} {json.dumps(call.arguments)}" for call in said.calls)])
