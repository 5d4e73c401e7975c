"""What context commands add, within their room, and how it is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.context_providers import BaseCommandContextProvider
from jupyter_ai.context_providers.base import add_context
from jupyter_ai.context_providers.inclusions import Inclusions, context_room, fair_shares
from jupyter_ai.personas import BasePersona, PersonaDefaults
from jupyter_ai.testing import HANG, FakeModel


class Words(BaseCommandContextProvider):
    """`@words`, which tells nothing of what it adds."""

    id = "words"
    help = "Adds words"

    async def _make_context_prompt(self, message: Any, commands: list[Any]) -> str:
        return "word " * 3


def test_what_is_included_is_counted() -> None:
    inclusions = Inclusions(lambda: 100)

    assert inclusions.include("@a:x", "x", "y" * 30) == "y" * 30
    assert inclusions.report()["context"] == {
        "included": [
            {
                "command": "@a:x",
                "name": "x",
                "kind": "text",
                "characters": 30,
                "tokens": 10,
                "left_out": 0,
                "reason": None,
            }
        ],
        "tokens": 10,
        "room": 100,
    }


def test_what_has_no_room_is_cut_between_characters() -> None:
    inclusions = Inclusions(lambda: 3)

    text = inclusions.include("@a", "a", "ñ" * 10)

    assert text == "ññññ\n(left out for lack of room: 6 more characters)"
    assert (inclusions.items[0].left_out, inclusions.items[0].reason) == (6, "there is no room for it")
    assert inclusions.room == 0


def test_image_without_room_is_left_out() -> None:
    inclusions = Inclusions(lambda: 3)

    assert inclusions.include_image("@a", "a", {}, 4) == "(left out: a: there is no room for it)"
    assert inclusions.images == []


def test_reason_is_told_to_people_as_plain_text() -> None:
    inclusions = Inclusions(lambda: 3)

    inclusions.leave_out("@file:*", "a.py", "There is no file `a.py`.")

    assert inclusions.items[0].reason == "There is no file a.py."


def test_number_of_images_is_bounded() -> None:
    inclusions = Inclusions(lambda: 100)

    told = [inclusions.include_image("@a", "a", {}, 1) for _ in range(9)]

    assert told[7:] == ["(The image `a` comes with this message.)", "(left out: a: a message takes 8 images)"]
    assert len(inclusions.images) == 8


@pytest.mark.parametrize(
    ("window", "tokens"), [(8_192, 3_072), (32_768, 14_336), (128_000, 50_000), (1_000, 375)]
)
def test_room_is_half_of_the_window_less_the_answer(window: int, tokens: int) -> None:
    model = SimpleNamespace(profile={"max_input_tokens": window})

    assert context_room(model, "") == tokens


def test_room_is_less_by_the_prompt() -> None:
    assert context_room(None, "x" * 300) == context_room(None, "") - 100


async def test_small_model_is_shown_less(make_chat: Any) -> None:
    model = FakeModel(["Yes."], profile={"max_input_tokens": 16})

    await make_chat(context_providers=[Words], model=model).send("@words")

    assert "word word word" not in model.prompts[0]
    assert "(left out for lack of room: " in model.prompts[0]


async def test_text_of_a_provider_that_tells_nothing_counts_as_one(make_chat: Any) -> None:
    reply = await make_chat(context_providers=[Words], model=FakeModel(["Yes."])).send("@words")

    row = reply.metadata["context"]["included"][0]
    assert (row["command"], row["name"], row["characters"]) == ("@words", "@words", 15)


async def test_report_goes_out_with_the_beginning_of_the_stream_and_stays(make_chat: Any) -> None:
    chat = make_chat(context_providers=[Words], model=FakeModel(["Yes."]))

    await chat.send("@words")

    begin, *_, end = [frame for frame in chat.frames if frame["type"].startswith("agent-stream")]
    assert begin["metadata"]["context"] == end["metadata"]["context"]
    assert chat.messages[-1].metadata["context"] == begin["metadata"]["context"]


async def test_report_stays_where_the_answer_is_stopped(make_chat: Any) -> None:
    model = FakeModel(["Yes", HANG])
    chat = make_chat(context_providers=[Words], model=model)
    opened = await chat.open()
    run = opened.submit(_request("@words"), _client())
    await model.hanging.wait()
    opened.stop("")
    await run.wait()

    metadata = chat.messages[-1].metadata
    assert (metadata["stopped"], "context" in metadata) == (True, True)


async def test_first_reply_alone_tells_it(make_chat: Any) -> None:
    class Twice(BaseChatHandler):
        id = "twice"
        name = "Twice"
        help = "Replies twice"
        routing_type = SlashCommandRoutingType(slash_id="twice")
        uses_llm = False

        async def process_message(self, message: Any) -> None:
            await add_context(self.context_providers, message, message.prompt)
            self.reply("one", message)
            self.reply("two", message)

    reply = await make_chat(handlers=[Twice], context_providers=[Words]).send("/twice @words")

    assert ["context" in message.metadata for message in reply.messages] == [True, False]


async def test_reply_of_each_persona_tells_it(make_chat: Any) -> None:
    def persona(title: str) -> type[BasePersona]:
        async def process_message(self: Any, message: Any) -> None:
            await self.stream_reply(message.body, message)

        defaults = property(lambda self: PersonaDefaults(name=title, description=""))
        return type(title, (BasePersona,), {"defaults": defaults, "process_message": process_message})

    model = FakeModel(["Yes."])
    chat = make_chat(personas=[persona("Ada"), persona("Bob")], context_providers=[Words], model=model)

    reply = await chat.send("@Ada @Bob @words")

    assert [list(message.metadata) for message in reply.messages] == [["context"], ["context"]]


async def test_nothing_is_told_where_nothing_was_asked_for(make_chat: Any) -> None:
    assert (
        "context"
        not in (await make_chat(context_providers=[Words], model=FakeModel(["Yes."])).send("Hi")).metadata
    )


def _request(prompt: str) -> Any:
    from jupyter_ai.models import ChatRequest

    return ChatRequest(prompt=prompt)


def _client() -> Any:
    from jupyter_ai.models import ChatClient

    return ChatClient(id="a", username="a", initials="A", name="A", display_name="A")


@pytest.mark.parametrize(
    ("needs", "room", "shares"),
    [
        ([], 9, []),
        ([1, 2, 3], 9, [1, 2, 3]),
        ([9, 1, 9], 9, [4, 1, 4]),
        ([9, 9, 9], 9, [3, 3, 3]),
        ([5, 5], 0, [0, 0]),
    ],
)
def test_where_there_is_too_little_room_the_large_ones_share_it(
    needs: list[int], room: int, shares: list[int]
) -> None:
    assert fair_shares(needs, room) == shares
