"""Personas for the tests of this directory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaDefaults

Answer = Callable[[BasePersona, HumanChatMessage], Any]


def make_persona(name: str, answer: Answer, *bases: type, **members: Any) -> type[BasePersona]:
    """A persona of this name; `answer` is its `process_message`, or returns what it says."""

    class Made(*bases, BasePersona):  # type: ignore[misc]
        @property
        def defaults(self) -> PersonaDefaults:
            fields = {k: v for k, v in members.items() if k in PersonaDefaults.model_fields}
            return PersonaDefaults(name=name, **fields)

        async def process_message(self, message: HumanChatMessage) -> None:
            said = answer(self, message)
            if isinstance(said, str):
                self.send_message(said)
            elif said is not None:
                await said

    others = {k: v for k, v in members.items() if k not in PersonaDefaults.model_fields}
    return type(name.replace(" ", ""), (Made,), others)


@pytest.fixture
def persona() -> Callable[..., type[BasePersona]]:
    return make_persona


@pytest.fixture
def echo() -> type[BasePersona]:
    return make_persona("Echo", lambda self, message: message.body)
