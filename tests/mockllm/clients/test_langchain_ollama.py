"""langchain-ollama against the mock server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ollama
import pytest
from client_support import TRANSPORT_ERRORS, Colour, close_ollama, get_weather, joined
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_ollama import ChatOllama, OllamaEmbeddings, OllamaLLM

if TYPE_CHECKING:
    from mockllm.fixture import MockLLM

QUICK = {"verify": False}


def test_langchain_ollama_plain(chat_ollama: ChatOllama) -> None:
    message = chat_ollama.invoke("hi")

    assert message.content == "Hello, how are you?"
    assert message.response_metadata["done_reason"] == "stop"


def test_langchain_ollama_usage(chat_ollama: ChatOllama) -> None:
    usage = chat_ollama.invoke("hi").usage_metadata

    assert usage is not None
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (1, 4, 5)


def test_langchain_ollama_streaming_with_usage(chat_ollama: ChatOllama) -> None:
    chunks = list(chat_ollama.stream("hi"))

    assert [chunk.content for chunk in chunks if chunk.content] == ["Hello, ", "how ", "are ", "you?"]
    assert joined(chunks).usage_metadata["total_tokens"] == 5


async def test_langchain_ollama_async_plain(chat_ollama: ChatOllama) -> None:
    assert (await chat_ollama.ainvoke("hi")).content == "Hello, how are you?"


async def test_langchain_ollama_async_streaming(chat_ollama: ChatOllama) -> None:
    chunks = [chunk async for chunk in chat_ollama.astream("hi")]

    assert joined(chunks).content == "Hello, how are you?"


def test_langchain_ollama_tool_call_plain(chat_ollama: ChatOllama) -> None:
    (call,) = chat_ollama.bind_tools([get_weather]).invoke("weather").tool_calls

    assert (call["name"], call["args"]) == ("get_weather", {"city": "Paris", "days": 2})


def test_langchain_ollama_tool_call_streaming(chat_ollama: ChatOllama) -> None:
    message = joined(chat_ollama.bind_tools([get_weather]).stream("weather"))

    assert message.tool_calls[0]["args"] == {"city": "Paris", "days": 2}


def test_langchain_ollama_tool_result_message_gets_the_text(chat_ollama: ChatOllama) -> None:
    model = chat_ollama.bind_tools([get_weather])
    first = model.invoke("weather")
    result = ToolMessage("sun", tool_call_id=first.tool_calls[0]["id"])
    second: Any = model.invoke([HumanMessage("weather"), first, result])

    assert (second.tool_calls, second.content) == ([], "It is sunny.")


def test_langchain_ollama_structured_output_is_made_up(chat_ollama: ChatOllama) -> None:
    model = chat_ollama.with_structured_output(Colour, method="json_schema")

    assert model.invoke("hi") == Colour(name="", depth=0)


@pytest.mark.parametrize("method", ["json_schema", "json_mode"])
def test_langchain_ollama_structured_output_of_the_rule(chat_ollama: ChatOllama, method: Any) -> None:
    assert chat_ollama.with_structured_output(Colour, method=method).invoke("colour") == Colour(
        name="blue", depth=3
    )


def test_langchain_ollama_system_message_and_content_parts(chat_ollama: ChatOllama) -> None:
    image = {"type": "image_url", "image_url": "data:image/png;base64,AAAA"}
    said = [SystemMessage("Say arr."), HumanMessage([{"type": "text", "text": "pirate"}, image])]

    assert chat_ollama.invoke(said).content == "Ahoy!"


def test_langchain_ollama_stop_ends_the_text(chat_ollama: ChatOllama) -> None:
    assert chat_ollama.invoke("hi", stop=[" are"]).content == "Hello, how"


async def test_langchain_ollama_finds_its_model_in_the_tags(llm: MockLLM) -> None:
    model = ChatOllama(model="llama3.2", base_url=llm.url, validate_model_on_init=True, client_kwargs=QUICK)
    await close_ollama(model)

    assert llm.journal[0].path == "/api/tags"


async def test_langchain_ollama_error_401(llm: MockLLM) -> None:
    quick = {**QUICK, "headers": {"authorization": "Bearer invalid"}}
    model = ChatOllama(model="llama3.2", base_url=llm.url, client_kwargs=quick)
    with pytest.raises(ollama.ResponseError) as raised:
        model.invoke("hi")
    await close_ollama(model)

    assert raised.value.status_code == 401


def test_langchain_ollama_error_404(chat_ollama: ChatOllama, strict: MockLLM) -> None:
    with pytest.raises(ollama.ResponseError) as raised:
        chat_ollama.invoke("hello")

    assert raised.value.status_code == 404


@pytest.mark.parametrize(("prompt", "status"), [("busy", 429), ("overloaded", 529), ("broken", 500)])
def test_langchain_ollama_error_429_529_and_500(chat_ollama: ChatOllama, prompt: str, status: int) -> None:
    with pytest.raises(ollama.ResponseError) as raised:
        chat_ollama.invoke(prompt)

    assert raised.value.status_code == status


async def test_langchain_ollama_cut_stream_breaks_the_connection(chat_ollama: ChatOllama) -> None:
    with pytest.raises(TRANSPORT_ERRORS):
        [chunk async for chunk in chat_ollama.astream("cut")]


def test_langchain_ollama_malformed_line_does_not_parse(chat_ollama: ChatOllama) -> None:
    with pytest.raises(ValueError, match=r"Expecting value|JSON"):
        list(chat_ollama.stream("malformed"))


async def test_langchain_ollama_generate_plain_and_streaming(llm: MockLLM) -> None:
    model = OllamaLLM(model="llama3.2", base_url=llm.url, client_kwargs=QUICK)

    assert model.invoke("hi") == "Hello, how are you?"
    assert "".join(model.stream("hi")) == "Hello, how are you?"
    assert await model.ainvoke("hi") == "Hello, how are you?"
    assert "".join([chunk async for chunk in model.astream("hi")]) == "Hello, how are you?"
    await close_ollama(model)


async def test_langchain_ollama_embeddings(llm: MockLLM) -> None:
    model = OllamaEmbeddings(model="nomic-embed-text", base_url=llm.url, client_kwargs=QUICK)
    documents = model.embed_documents(["sea", "sky"])

    assert [len(vector) for vector in documents] == [768, 768]
    assert model.embed_query("sea") == documents[0]
    assert await model.aembed_query("sea") == documents[0]
    await close_ollama(model)
