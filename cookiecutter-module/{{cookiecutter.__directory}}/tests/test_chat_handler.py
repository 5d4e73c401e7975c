from jupyter_ai.testing import FakeModel, MakeChat

from {{ cookiecutter.module_name }}.chat_handler import CommandChatHandler
from {{ cookiecutter.module_name }}.provider import OfflineProvider


async def test_the_answer_is_streamed(make_chat: MakeChat) -> None:
    model = FakeModel(["Be ", "brief."])
    chat = make_chat(handlers=[CommandChatHandler], model=model)

    reply = await chat.send("/{{ cookiecutter.slash_id }} Brevity is the soul of wit.")

    assert reply.text == "Be brief."
    assert reply.chunks == ["Be ", "brief."]


async def test_the_model_is_told_the_text_and_the_number_of_words(make_chat: MakeChat) -> None:
    model = FakeModel(["Be brief."])
    chat = make_chat(handlers=[CommandChatHandler], model=model)

    await chat.send("/{{ cookiecutter.slash_id }} --words 2 Brevity is wit.")

    system, human = model.asked[0]
    assert "2 words" in system.content
    assert human.content == "Brevity is wit."


async def test_a_mistake_is_answered_with_the_usage(make_chat: MakeChat) -> None:
    chat = make_chat(handlers=[CommandChatHandler], model=FakeModel())

    reply = await chat.send("/{{ cookiecutter.slash_id }} --words few Brevity is wit.")

    assert "--words" in reply.text


async def test_the_model_of_this_package_answers(make_chat: MakeChat) -> None:
    chat = make_chat(handlers=[CommandChatHandler], model=OfflineProvider)

    reply = await chat.send("/{{ cookiecutter.slash_id }} hi")

    assert reply.text == "hi"
