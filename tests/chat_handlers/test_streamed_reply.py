"""A streamed reply leaves the event loop to others, however fast its model is."""

from jupyter_ai.testing import FakeModel
from jupyter_ai.testkit.chat import MakeChat


async def test_the_first_text_is_shown_before_the_second_is_asked_for(make_chat: MakeChat) -> None:
    shown: list[str] = []

    async def look() -> None:
        shown.extend(f["content"] for f in chat.frames if f["type"] == "agent-stream-chunk")

    chat = make_chat(model=FakeModel(["first ", look, "second"]))

    reply = await chat.send("go")

    assert shown == ["first "]
    assert reply.text == "first second"
