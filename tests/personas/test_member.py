"""What is known of whom can be addressed, and whom nobody could."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.options import list_options, list_personas
from jupyter_ai.personas import PersonaDefaults


def declaring(cls: type, **fields: Any) -> type:
    """The class with these defaults, checked by nobody."""
    cls.defaults = property(lambda self: PersonaDefaults.model_construct(**fields))  # type: ignore[attr-defined]
    return cls


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (" ", "is empty"),
        ("x" * 101, "has 101 characters"),
        ("\u202eevil", "holds the character U+202E"),
        ("a\nb", "holds the character U+000A"),
        ("a\0b", "holds the character U+0000"),
        ("a\u200b", "holds the character U+200B"),
        ("\udcff", "holds the character U+DCFF"),
        (5, "is a int, not a str"),
    ],
)
async def test_name_that_cannot_be_read_is_refused(
    make_chat: Any, persona: Any, echo: type, name: Any, reason: str
) -> None:
    ada = declaring(persona("Ada", lambda self, m: "hi"), name=name)
    chat = await make_chat(personas=[ada, echo]).open()

    assert "Echo" in [member.name for member in chat.personas.members()]
    assert reason in chat.personas.troubles()["Ada"]


@pytest.mark.parametrize(
    "name",
    ["\N{WOMAN}\u200d\N{PERSONAL COMPUTER}", "\u0645\u06cc\u200c\u062e", "Zoe\u0308"],
)
async def test_name_of_any_script_is_taken(make_chat: Any, persona: Any, name: str) -> None:
    chat = await make_chat(personas=[persona(name, lambda self, m: "hi")]).open()

    assert name in [member.name for member in chat.personas.members()]


@pytest.mark.parametrize("fields", [{"description": None}, {"description": "\udcff"}, {"avatar_path": None}])
async def test_what_it_lacks_takes_nobody_from_the_lists(make_chat: Any, persona: Any, fields: Any) -> None:
    ada = declaring(persona("Ada", lambda self, m: "hi"), name="Ada", **fields)
    chat = await make_chat(personas=[ada]).open()

    personas = [entry.model_dump_json() for entry in list_personas(chat.personas)]
    options = [option.model_dump_json() for option in await list_options(chat, "@Ada")]
    assert ["Ada" in entry for entry in personas].count(True) == len(options) == 1


@pytest.mark.parametrize("attribute", ["id", "avatar_path"])
async def test_what_it_cannot_be_shown_by_is_told(
    make_chat: Any, persona: Any, echo: type, attribute: str
) -> None:
    ada = persona("Ada", lambda self, m: "hi")
    setattr(ada, attribute, 5)
    chat = await make_chat(personas=[ada, echo]).open()

    assert "Echo" in [entry.name for entry in list_personas(chat.personas)]
    assert f"its {attribute} is a int, not a str" in chat.personas.troubles()["Ada"]


async def test_picture_may_be_given_as_a_path(make_chat: Any, persona: Any) -> None:
    ada = persona("Ada", lambda self, m: "hi")
    ada.avatar_path = Path("/x/a.svg")
    chat = await make_chat(personas=[ada]).open()

    assert chat.personas.find("Ada").avatar_path == "/x/a.svg"
