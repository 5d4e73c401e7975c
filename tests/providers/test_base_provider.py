"""What a class gets from `BaseProvider`, mixed with each kind of LangChain model."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from threading import current_thread, main_thread
from typing import Any, ClassVar

import pytest
from langchain_core.embeddings import FakeEmbeddings
from langchain_core.language_models import BaseChatModel, FakeListLLM
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.language_models.llms import LLM
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

import jupyter_ai_magics.base_provider
import jupyter_ai_magics.providers
from jupyter_ai_magics.base_provider import BaseProvider
from jupyter_ai_magics.completion_utils import template_inputs_from_request
from jupyter_ai_magics.embedding_providers import BaseEmbeddingsProvider
from jupyter_ai_magics.models.completion import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
)
from jupyter_ai_magics.providers import EnvAuthStrategy, MultilineTextField, TextField


class TextProvider(BaseProvider, FakeListLLM):
    id = "text"
    name = "Text"
    models: ClassVar = ["a", "b"]
    model_id_key = "responses_key"
    responses: list[str] = ["one two"]  # noqa: RUF012 - pydantic copies a default


class ChatProvider(BaseProvider, FakeListChatModel):
    id = "chat"
    name = "Chat"
    models: ClassVar = ["a"]
    model_id_key = "version"
    responses: list[str] = ["```python\n1 + 1\n```"]  # noqa: RUF012
    version: str = ""


class ForgetfulProvider(ChatProvider):
    manages_history = True


class ForgetfulTextProvider(TextProvider):
    manages_history = True


class SynchronousProvider(BaseProvider, LLM):
    id = "sync"
    name = "Sync"
    models: ClassVar = ["a"]

    @property
    def _llm_type(self) -> str:
        return "sync"

    def _call(self, prompt, stop=None, run_manager=None, **kwargs) -> str:
        return f"{prompt} {current_thread() is main_thread()}"

    async def _acall(self, *args, **kwargs) -> str:
        return await self._call_in_executor(*args, **kwargs)


class WholeAnswerProvider(BaseProvider, BaseChatModel):
    id = "whole"
    name = "Whole"
    models: ClassVar = ["a"]

    @property
    def _llm_type(self) -> str:
        return "whole"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content="whole"))])

    async def _agenerate(self, *args, **kwargs) -> ChatResult:
        return await self._generate_in_executor(*args, **kwargs)


def a_request(**fields: object) -> InlineCompletionRequest:
    defaults = {"number": 3, "prefix": "x = ", "suffix": "", "mime": "text/x-python", "stream": False}
    return InlineCompletionRequest(**{**defaults, **fields})


def chat_messages(provider: BaseProvider, **values: object) -> list:
    defaults = {"input": "why?", "context": "", "history": []}
    return provider.get_chat_prompt_template().format_prompt(**{**defaults, **values}).to_messages()


def test_the_models_id_reaches_the_keyword_that_the_class_names() -> None:
    assert ChatProvider(model_id="a").version == "a"
    assert ChatProvider(model_id="a", version="ignored").version == "a"


def test_a_provider_without_a_model_says_what_it_needs() -> None:
    with pytest.raises(ValueError, match=r"ChatProvider needs to be told its model: pass model_id="):
        ChatProvider()


def test_only_a_chat_model_makes_a_chat_provider() -> None:
    assert ChatProvider(model_id="a").is_chat_provider
    assert not TextProvider(model_id="a").is_chat_provider


def test_streaming_is_told_from_what_the_model_implements() -> None:
    both, none = ChatProvider(model_id="a"), WholeAnswerProvider(model_id="a")

    assert (both._supports_sync_streaming, both._supports_async_streaming) == (True, True)
    assert (none._supports_sync_streaming, none._supports_async_streaming) == (False, False)
    assert both.supports_streaming
    assert not none.supports_streaming
    assert not TextProvider(model_id="a").supports_streaming


@pytest.mark.parametrize("profile", [{"image_inputs": True}, {"image_inputs": False}, {}, None])
def test_model_takes_images_where_its_class_says_so(profile: Any) -> None:
    class Described(ChatProvider):
        profile: Any = None  # as LangChain has it from 1.0 on

    assert Described(model_id="a", profile=profile).takes_images == bool(
        profile and profile.get("image_inputs")
    )


def test_a_class_that_says_nothing_gets_defaults() -> None:
    provider = TextProvider(model_id="a")

    assert provider.allows_concurrency
    assert not provider.takes_images
    assert provider.chat_models() == provider.completion_models() == ["a", "b"]
    assert not provider.is_api_key_exc(ValueError())
    assert provider.server_settings.get("anything") is None
    assert (provider.auth_strategy, provider.fields, provider.registry) == (None, [], False)


def test_a_key_that_is_a_plain_field_stays_out_of_the_repr() -> None:
    class KeyedProvider(TextProvider):
        auth_strategy = EnvAuthStrategy(name="MY_API_KEY", keyword_param="my_key")
        my_key: str = ""

    assert "s3cret" not in repr(KeyedProvider(model_id="a", my_key="s3cret"))


def test_a_field_of_text_needs_no_format() -> None:
    assert TextField(key="k", label="l").format == "text"
    assert MultilineTextField(key="k", label="l", format="json").format == "json"


def test_an_embeddings_provider_gets_its_model() -> None:
    class Embeddings(BaseEmbeddingsProvider, FakeEmbeddings):
        id = "e"
        name = "E"
        model_id_key = "model"
        models: ClassVar = ["m"]

        def __init__(self, **kwargs) -> None:
            super().__init__(size=300, **kwargs)

    assert (Embeddings(model_id="m").model, Embeddings(model_id="m").size) == ("m", 300)


async def test_a_call_in_the_executor_leaves_the_main_thread() -> None:
    assert await SynchronousProvider(model_id="a").ainvoke("main?") == "main? False"


async def test_a_generation_in_the_executor_gives_the_models_result() -> None:
    assert (await WholeAnswerProvider(model_id="a").ainvoke("anything")).content == "whole"


@pytest.mark.parametrize("format", ["code", "html", "image", "json", "markdown", "md", "math", "text"])
def test_every_format_has_a_template_of_the_prompt(format: str) -> None:
    template = TextProvider(model_id="a").get_prompt_template(format)

    assert template.input_variables == ["prompt"]
    assert template.format(prompt="PROMPT").startswith("PROMPT")


def test_a_template_is_updated_for_one_instance_alone() -> None:
    changed, other = TextProvider(model_id="a"), TextProvider(model_id="a")
    changed.update_prompt_template("code", "only code: {prompt}")

    assert changed.get_prompt_template("code").format(prompt="x") == "only code: x"
    assert other.get_prompt_template("code").format(prompt="x") != "only code: x"


def test_an_unknown_format_is_asked_for_as_text() -> None:
    assert TextProvider(model_id="a").get_prompt_template("sonnet").format(prompt="x") == "x"


def test_a_chat_model_is_told_who_it_is_what_was_said_and_what_is_asked() -> None:
    past = [HumanMessage("how?"), AIMessage("so.")]
    system, *history, human = chat_messages(ChatProvider(model_id="a"), history=past)

    assert isinstance(system, SystemMessage)
    assert "The model behind you is a, provided by Chat." in system.content
    assert history == past
    assert human == HumanMessage("why?")


def test_context_precedes_the_question() -> None:
    *_, human = chat_messages(ChatProvider(model_id="a"), context="a file", input="{{ why }}?")

    assert human.content.endswith("a file\n\n{{ why }}?")


def test_a_model_that_manages_its_history_is_given_none() -> None:
    chat = ForgetfulProvider(model_id="a").get_chat_prompt_template()
    text = ForgetfulTextProvider(model_id="a").get_chat_prompt_template()

    assert sorted(chat.input_variables) == sorted(text.input_variables) == ["context", "input"]
    assert "conversation so far" not in text.format(input="why?", context="")


def test_a_text_model_gets_the_conversation_as_text() -> None:
    template = TextProvider(model_id="a").get_chat_prompt_template()
    past = [HumanMessage("how?"), AIMessage("so.")]

    assert sorted(template.input_variables) == ["context", "history", "input"]
    assert "Human: how?\nAI: so." in template.format(input="why?", context="", history=past)
    assert template.format(input="why?", context="", history="").endswith("Human: why?\nAI:")


@pytest.mark.parametrize("module", [jupyter_ai_magics.base_provider, jupyter_ai_magics.providers])
def test_a_replaced_constant_is_in_the_next_prompt_and_in_both_modules(module, monkeypatch) -> None:
    monkeypatch.setattr(module, "CHAT_SYSTEM_PROMPT", "You are {local_model_id}.")
    monkeypatch.setattr(module, "HUMAN_MESSAGE_TEMPLATE", "Q: {{ input }}")
    system, human = chat_messages(ChatProvider(model_id="a"))

    assert (system.content, human.content) == ("You are a.", "Q: why?")
    assert jupyter_ai_magics.base_provider.CHAT_SYSTEM_PROMPT == "You are {local_model_id}."
    assert jupyter_ai_magics.providers.CHAT_SYSTEM_PROMPT == "You are {local_model_id}."


def test_a_restored_constant_is_restored_in_both_modules() -> None:
    assert (
        jupyter_ai_magics.base_provider.CHAT_SYSTEM_PROMPT == jupyter_ai_magics.providers.CHAT_SYSTEM_PROMPT
    )
    assert "{provider_name}" in jupyter_ai_magics.providers.CHAT_SYSTEM_PROMPT


def test_a_system_prompt_may_contain_braces(monkeypatch) -> None:
    monkeypatch.setattr(jupyter_ai_magics.providers, "CHAT_SYSTEM_PROMPT", 'As {"a": 1}, {local_model_id}')

    assert chat_messages(ChatProvider(model_id="m"))[0].content == 'As {"a": 1}, m'


def test_an_empty_system_prompt_is_left_out(monkeypatch) -> None:
    monkeypatch.setattr(jupyter_ai_magics.providers, "CHAT_SYSTEM_PROMPT", "")

    assert chat_messages(ChatProvider(model_id="a")) == [HumanMessage("why?")]


def test_both_modules_hold_the_same_classes() -> None:
    for name in jupyter_ai_magics.base_provider.__all__:
        assert getattr(jupyter_ai_magics.base_provider, name) is getattr(jupyter_ai_magics.providers, name)


async def test_a_provider_completes_with_its_model_by_default() -> None:
    reply = await ChatProvider(model_id="a").generate_inline_completions(a_request())

    assert [item.insertText for item in reply.list.items] == ["1 + 1"]
    assert reply.reply_to == 3


async def test_a_streamed_completion_grows_and_is_done_once() -> None:
    provider = ChatProvider(model_id="a")
    first, *chunks = [part async for part in provider.stream_inline_completions(a_request())]
    texts = [chunk.response.insertText for chunk in chunks]

    assert first.list.items[0].isIncomplete
    assert {first.list.items[0].token, *(chunk.response.token for chunk in chunks)} == {"t3s0"}
    assert texts == ["1", "1 +", "1 + 1", "1 + 1"]
    assert [chunk.done for chunk in chunks] == [False, False, False, True]


async def test_a_provider_that_defines_whole_completions_only_streams_these() -> None:
    class Canned(ChatProvider):
        async def generate_inline_completions(
            self, request: InlineCompletionRequest
        ) -> InlineCompletionReply:
            items = [InlineCompletionItem(insertText="canned")]
            return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=request.number)

    parts = [part async for part in Canned(model_id="a").stream_inline_completions(a_request())]

    assert [item.insertText for part in parts for item in part.list.items] == ["canned"]


class ConnectedProvider(WholeAnswerProvider):
    connections: list[object] = []  # noqa: RUF012 - pydantic copies a default

    async def _astream(self, *args, **kwargs) -> AsyncIterator[ChatGenerationChunk]:
        connection = object()
        self.connections.append(connection)
        try:
            await asyncio.sleep(0)
            yield ChatGenerationChunk(message=AIMessageChunk("word"))
            await asyncio.Event().wait()
        finally:
            self.connections.remove(connection)


@pytest.mark.parametrize("steps", range(20))  # of the loop, in which the model begins, says a word, and hangs
async def test_a_streamed_completion_is_closed_whenever_it_is_cancelled(steps: int) -> None:
    provider = ConnectedProvider(model_id="a")

    async def stream() -> None:
        async for _ in provider.stream_inline_completions(a_request()):
            pass

    task = asyncio.create_task(stream())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    for _ in range(20):
        await asyncio.sleep(0)

    assert task.cancelled()
    assert provider.connections == []


async def test_a_completion_prompt_shows_both_sides_of_the_cursor() -> None:
    for provider in (ChatProvider(model_id="a"), TextProvider(model_id="a")):
        values = {"prefix": "before", "suffix": "after", "filename": "f.py", "language": "python", "stop": []}
        prompt = provider.get_completion_prompt_template().format_prompt(**values).to_string()

        assert "before" in prompt
        assert "after" in prompt
        assert "`f.py`, written in python" in prompt


async def test_a_completion_prompt_shows_the_lines_around_the_cursor_of_a_large_document() -> None:
    request = a_request(prefix="far = 1\n" * 20_000 + "near = ", suffix="\nbelow = 2" + "\nfar = 1" * 20_000)
    for provider in (ChatProvider(model_id="a"), TextProvider(model_id="a")):
        template = provider.get_completion_prompt_template()
        prompt = template.format_prompt(**template_inputs_from_request(request)).to_string()

        assert "near = " in prompt
        assert "below = 2" in prompt
        assert len(prompt) < 12_000


def test_the_values_for_a_template_of_one_s_own_are_whole() -> None:
    values = template_inputs_from_request(a_request(prefix="a = 1\n" * 20_000, suffix="b\n" * 20_000))

    assert (len(values["prefix"]), len(values["suffix"])) == (120_000, 39_999)


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import jupyter_ai_magics", {"langchain_core", "pydantic", "importlib.metadata"}),
        ("from jupyter_ai_magics import BaseProvider, BaseEmbeddingsProvider", {"langchain_core", "jinja2"}),
        ("import jupyter_ai_magics.utils", {"langchain_core", "jinja2"}),
        ("import mockllm.config", {"yaml"}),
    ],
)
def test_importing_brings_nothing_heavy_along(statement: str, unwanted: set[str]) -> None:
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert unwanted.isdisjoint(result.stdout.split())


class KeyedProvider(ChatProvider):
    my_key: str
    count: int = 0


class KeyedEmbeddings(BaseEmbeddingsProvider):
    id = "keyed"
    name = "Keyed"
    models: ClassVar = ["a"]
    my_key: str
    count: int = 0


class KeyedModel(BaseProvider):
    id = "keyed"
    name = "Keyed"
    models: ClassVar = ["a"]
    my_key: str
    count: int = 0


@pytest.mark.parametrize("provider", [KeyedModel, KeyedProvider, KeyedEmbeddings])
def test_an_error_of_the_constructor_shows_no_key(provider: type) -> None:
    with pytest.raises(ValueError, match="count") as wrong:
        provider(model_id="a", my_key="SECRET", count="x")
    with pytest.raises(ValueError, match="my_key") as lacking:
        provider(model_id="a", my_kee="SECRET")

    assert "SECRET" not in str(wrong.value) + str(lacking.value)
