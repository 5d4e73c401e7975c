"""`@Tutor` in a chat without a server."""

from pathlib import Path

from jupyter_ai_tutor import Tutor
from jupyter_ai_tutor.persona import PATIENCE

from jupyter_ai.testing import FakeModel


def texts(asked):
    return "\n".join(str(message.content) for message in asked)


async def test_it_answers_when_it_is_addressed_with_its_own_prompt(make_chat):
    model = FakeModel(["What does it print?"])
    chat = make_chat(personas=[Tutor], model=model)

    reply = await chat.send("@Tutor why does my loop never end?")

    assert reply.text == "What does it print?"
    assert reply.messages[0].persona.name == "Tutor"
    assert "You are Tutor, who helps people to find out by themselves." in texts(model.asked[0])


async def test_it_explains_when_patience_ends_and_then_asks_again(make_chat):
    model = FakeModel(["Well?"])
    chat = make_chat(personas=[Tutor], model=model)

    for _ in range(PATIENCE + 2):
        await chat.send("@Tutor why?")

    explains = ["Explain it now" in texts(asked[-1:]) for asked in model.asked]
    assert explains == [False] * PATIENCE + [True, False]


def test_its_picture_is_in_the_package():
    import jupyter_ai_tutor

    assert Path(jupyter_ai_tutor.__file__).with_name("tutor.svg").is_file()
