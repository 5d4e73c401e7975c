"""langchain-openai against the mock server."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
from client_support import TRANSPORT_ERRORS, Colour, clients_of_openai, get_weather, joined
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import AzureChatOpenAI, OpenAI, OpenAIEmbeddings

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

    from mockllm.fixture import MockLLM

# langchain-openai 0.3 dumps parsed messages of newer clients, and pydantic warns of it.
of_the_library = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")


def test_langchain_openai_plain(chat_openai: ChatOpenAI) -> None:
    message = chat_openai.invoke("hi")

    assert message.content == "Hello, how are you?"
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.response_metadata["model_name"] == "gpt-4o"


def test_langchain_openai_usage(chat_openai: ChatOpenAI) -> None:
    usage = chat_openai.invoke("hi").usage_metadata

    assert usage is not None
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (1, 4, 5)


def test_langchain_openai_streaming_with_usage(chat_openai: ChatOpenAI) -> None:
    chunks = list(chat_openai.stream("hi"))

    assert [chunk.content for chunk in chunks if chunk.content] == ["Hello, ", "how ", "are ", "you?"]
    assert joined(chunks).usage_metadata["total_tokens"] == 5


async def test_langchain_openai_async_plain(chat_openai: ChatOpenAI) -> None:
    assert (await chat_openai.ainvoke("hi")).content == "Hello, how are you?"


async def test_langchain_openai_async_streaming(chat_openai: ChatOpenAI) -> None:
    chunks = [chunk async for chunk in chat_openai.astream("hi")]

    assert joined(chunks).content == "Hello, how are you?"


async def test_langchain_openai_batch_answers_all(chat_openai: ChatOpenAI) -> None:
    replies = await chat_openai.abatch(["hi", "cut"])

    assert [reply.content for reply in replies] == ["Hello, how are you?", "one two three four"]


def test_langchain_openai_tool_call_plain(chat_openai: ChatOpenAI) -> None:
    (call,) = chat_openai.bind_tools([get_weather]).invoke("weather").tool_calls

    assert (call["name"], call["args"]) == ("get_weather", {"city": "Paris", "days": 2})


def test_langchain_openai_tool_call_streaming(chat_openai: ChatOpenAI) -> None:
    chunks = list(chat_openai.bind_tools([get_weather]).stream("weather"))

    assert sum(bool(chunk.tool_call_chunks) for chunk in chunks) > 2
    assert joined(chunks).tool_calls[0]["args"] == {"city": "Paris", "days": 2}


def test_langchain_openai_tool_choice_any_forces_a_call(chat_openai: ChatOpenAI) -> None:
    (call,) = chat_openai.bind_tools([get_weather], tool_choice="any").invoke("hi").tool_calls

    assert call["args"] == {"city": ""}


def test_langchain_openai_tool_result_message_gets_the_text(chat_openai: ChatOpenAI) -> None:
    model = chat_openai.bind_tools([get_weather])
    first = model.invoke("weather")
    result = ToolMessage("sun", tool_call_id=first.tool_calls[0]["id"])
    second = model.invoke([HumanMessage("weather"), first, result])

    assert isinstance(second, AIMessage)
    assert (second.tool_calls, second.content) == ([], "It is sunny.")


@of_the_library
@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_langchain_openai_structured_output_is_made_up(chat_openai: ChatOpenAI, method: Any) -> None:
    assert chat_openai.with_structured_output(Colour, method=method).invoke("hi") == Colour(name="", depth=0)


@of_the_library
def test_langchain_openai_structured_output_of_the_rule(chat_openai: ChatOpenAI) -> None:
    model = chat_openai.with_structured_output(Colour, method="json_schema")

    assert model.invoke("colour") == Colour(name="blue", depth=3)


def test_langchain_openai_json_mode(chat_openai: ChatOpenAI) -> None:
    model = chat_openai.with_structured_output(Colour, method="json_mode")

    assert model.invoke("colour") == Colour(name="blue", depth=3)


def test_langchain_openai_system_message_and_content_parts(chat_openai: ChatOpenAI) -> None:
    image = {
        "type": "image_url",
        "image_url": {"url": f"data:image/png;base64,{base64.b64encode(b'x').decode()}"},
    }
    said = [SystemMessage("Say arr."), HumanMessage([{"type": "text", "text": "pirate"}, image])]

    assert chat_openai.invoke(said).content == "Ahoy!"


def test_langchain_openai_stop_ends_the_text(chat_openai: ChatOpenAI) -> None:
    assert chat_openai.invoke("hi", stop=[" are"]).content == "Hello, how"


def test_langchain_openai_error_400(chat_openai: ChatOpenAI) -> None:
    with pytest.raises(openai.BadRequestError):
        chat_openai.invoke([])


async def test_langchain_openai_error_401(llm: MockLLM) -> None:
    async with clients_of_openai() as clients:
        from langchain_openai import ChatOpenAI

        model = ChatOpenAI(model="gpt-4o", base_url=llm.openai_url, api_key="invalid", **clients)
        with pytest.raises(openai.AuthenticationError):
            await model.ainvoke("hi")


def test_langchain_openai_error_404(chat_openai: ChatOpenAI, strict: MockLLM) -> None:
    with pytest.raises(openai.NotFoundError):
        chat_openai.invoke("hello")


def test_langchain_openai_error_429_is_tried_again_when_the_server_says(
    chat_openai: ChatOpenAI, slept: list[float]
) -> None:
    assert chat_openai.invoke("busy").content == "At last."
    assert slept == [7.0]


def test_langchain_openai_error_529(chat_openai: ChatOpenAI, slept: list[float]) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        list(chat_openai.stream("overloaded"))

    assert raised.value.status_code == 529
    assert len(slept) == 2


async def test_langchain_openai_cut_stream_breaks_the_connection(chat_openai: ChatOpenAI) -> None:
    with pytest.raises((openai.APIConnectionError, *TRANSPORT_ERRORS)):
        [chunk async for chunk in chat_openai.astream("cut")]


def test_langchain_openai_malformed_frame_does_not_parse(chat_openai: ChatOpenAI) -> None:
    with pytest.raises(json.JSONDecodeError):
        list(chat_openai.stream("malformed"))


def test_langchain_openai_responses_plain(chat_openai_responses: ChatOpenAI) -> None:
    message = chat_openai_responses.invoke("hi")

    assert text_of(message) == "Hello, how are you?"
    assert message.response_metadata["id"].startswith("resp_")


async def test_langchain_openai_responses_async_streaming(chat_openai_responses: ChatOpenAI) -> None:
    message = joined([chunk async for chunk in chat_openai_responses.astream("hi")])

    assert text_of(message) == "Hello, how are you?"
    assert message.usage_metadata["total_tokens"] == 5


def test_langchain_openai_responses_tool_call_streaming(chat_openai_responses: ChatOpenAI) -> None:
    message = joined(chat_openai_responses.bind_tools([get_weather]).stream("weather"))

    assert message.tool_calls[0]["args"] == {"city": "Paris", "days": 2}


@of_the_library
def test_langchain_openai_responses_structured_output(chat_openai_responses: ChatOpenAI) -> None:
    model = chat_openai_responses.with_structured_output(Colour, method="json_schema")

    assert model.invoke("hi") == Colour(name="", depth=0)


async def test_langchain_openai_completions_plain_and_streaming(llm: MockLLM) -> None:
    async with clients_of_openai() as clients:
        model = OpenAI(model="gpt-3.5-turbo-instruct", base_url=llm.openai_url, api_key="key", **clients)

        assert model.invoke("hi") == "Hello, how are you?"
        assert [chunk for chunk in model.stream("hi") if chunk] == ["Hello, ", "how ", "are ", "you?"]
        assert await model.ainvoke("hi") == "Hello, how are you?"
        assert "".join([chunk async for chunk in model.astream("hi")]) == "Hello, how are you?"


async def test_langchain_openai_azure_plain_and_streaming(llm: MockLLM) -> None:
    async with clients_of_openai() as clients:
        model = AzureChatOpenAI(
            azure_endpoint=llm.url,
            azure_deployment="mine",
            api_version="2024-10-21",
            api_key="key",
            **clients,
        )

        assert model.invoke("hi").content == "Hello, how are you?"
        assert joined([chunk async for chunk in model.astream("hi")]).content == "Hello, how are you?"
    assert llm.journal[0].path == "/openai/deployments/mine/chat/completions"


async def test_langchain_openai_embeddings(llm: MockLLM) -> None:
    async with clients_of_openai() as clients:
        # Its tokenizer would be fetched from the network.
        model = OpenAIEmbeddings(
            model="text-embedding-3-small",
            base_url=llm.openai_url,
            api_key="key",
            check_embedding_ctx_length=False,
            dimensions=64,
            **clients,
        )
        documents = model.embed_documents(["sea", "sky"])

        assert [len(vector) for vector in documents] == [64, 64]
        assert model.embed_query("sea") == documents[0]
        assert await model.aembed_query("sea") == documents[0]


def text_of(message: Any) -> str:
    return "".join(part.get("text", "") for part in message.content)
