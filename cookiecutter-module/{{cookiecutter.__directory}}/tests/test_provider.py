from {{ cookiecutter.module_name }}.provider import OfflineProvider

TEXT = "Whales are mammals. I like tea. Mammals such as whales breathe air."


def test_the_answer_is_what_says_most() -> None:
    model = OfflineProvider(model_id="sentences")

    assert model.invoke(TEXT).content == "Whales are mammals. Mammals such as whales breathe air."


def test_the_field_says_how_many_sentences() -> None:
    model = OfflineProvider(model_id="sentences", sentences=1)

    assert model.invoke(TEXT).content == "Whales are mammals."


async def test_it_streams_word_by_word() -> None:
    model = OfflineProvider(model_id="sentences")

    chunks = [chunk.content async for chunk in model.astream("Call me Ishmael.")]

    assert [chunk for chunk in chunks if chunk] == ["Call ", "me ", "Ishmael."]
