"""`BaseChatHandler` as its subclasses and their authors' tests use it."""

import asyncio
import inspect
import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock, create_autospec

import pytest

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType, get_preferred_dir
from jupyter_ai.chat_handlers.help_message import build_help_message
from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.errors import NoModelConfigured
from jupyter_ai.models import AgentChatMessage, ClosePendingMessage, PendingMessage
from jupyter_ai.testing import FakeModel
from jupyter_ai_magics.models.persona import JupyternautPersona, Persona


class Provider:
    """A provider class, as far as handlers look at it."""

    id = "acme"
    name = "Acme"


class Settings:
    persona = None

    def __init__(self, provider: Any = Provider, **params: Any) -> None:
        self.lm_provider = provider
        self._params = params

    @property
    def lm_provider_params(self) -> dict[str, Any]:
        return {"model_id": "m1", **self._params}


# Construction


def test_the_constructor_takes_the_keywords_of_the_contract() -> None:
    assert list(inspect.signature(BaseChatHandler.__init__).parameters)[1:] == [
        "log",
        "config_manager",
        "root_chat_handlers",
        "model_parameters",
        "chat_history",
        "llm_chat_memory",
        "root_dir",
        "preferred_dir",
        "dask_client_future",
        "help_message_template",
        "chat_handlers",
        "context_providers",
        "message_interrupted",
        "log_dir",
    ]


def test_what_was_passed_is_there_under_its_name(by_hand, handler, tmp_path: Path) -> None:
    given = {"model_parameters": {"a:b": {}}, "chat_handlers": {"/x": object()}, "context_providers": {}}
    made = by_hand(handler(), **given, root_dir=str(tmp_path), log_dir=str(tmp_path / "logs"))

    assert {name: getattr(made, name) for name in given} == given
    assert (made.root_dir, made.log_dir) == (str(tmp_path), tmp_path / "logs")


def test_it_is_made_with_an_autospec_of_the_settings_and_empty_directories(by_hand, handler, human) -> None:
    made = by_hand(
        handler(),
        config_manager=create_autospec(ConfigManager),
        preferred_dir="",
        log_dir="",
        dask_client_future=None,
    )
    made.reply("hello", human())

    assert (made._chat_history[0].body, made.preferred_dir, made.log_dir) == ("hello", None, None)


def test_the_declared_class_attributes_have_defaults() -> None:
    made = BaseChatHandler

    assert (made.uses_llm, made.supports_help, made.disabled, made._requests_count) == (True, True, False, 0)


async def test_what_a_subclass_must_define_is_named(by_hand, human) -> None:
    made = by_hand(type("Half", (BaseChatHandler,), {}))

    with pytest.raises(NotImplementedError, match=r"Half must define `async def process_message"):
        await made.process_message(human())
    with pytest.raises(NotImplementedError, match="Half must define `create_llm_chain`"):
        made.create_llm_chain(Provider, {})


# Sending


def test_reply_is_called_in_three_forms(by_hand, handler, human) -> None:
    made, message = by_hand(handler()), human()
    made.reply("one")
    made.reply("two", message)
    made.reply("three", human_msg=message)

    assert [(m.body, m.reply_to) for m in made._chat_history] == [("one", ""), ("two", "m"), ("three", "m")]
    assert {type(m) for m in made._chat_history} == {AgentChatMessage}
    assert len({m.id for m in made._chat_history}) == 3


def test_reply_refuses_what_is_no_text(by_hand, handler) -> None:
    with pytest.raises(TypeError, match=r"reply\(\) of GoHandler takes a str, not a dict"):
        by_hand(handler()).reply({"text": "x"})


def test_the_first_root_takes_what_is_sent_and_the_history_is_left_to_it(by_hand, handler, human) -> None:
    first, second = Mock(), Mock()
    made = by_hand(handler(), root_chat_handlers={"closed": None, "a": first, "b": second})
    made.reply("hello", human())

    (message,) = first.broadcast_message.call_args.args
    assert message.body == "hello"
    assert (second.broadcast_message.called, made._chat_history) == (False, [])


def test_pending_messages_are_closed_once_whatever_happens(by_hand, handler, human) -> None:
    root = Mock()
    made = by_hand(handler(), root_chat_handlers={"root": root})
    with pytest.raises(ZeroDivisionError), made.pending("thinking", human(), ellipsis=False) as pending:
        1 / 0  # noqa: B018
    made.close_pending(pending)
    opened, closed = (call.args[0] for call in root.broadcast_message.call_args_list)

    assert isinstance(opened, PendingMessage)
    assert (opened.body, opened.reply_to, opened.ellipsis, opened.closed) == ("thinking", "m", False, True)
    assert closed == ClosePendingMessage(id=opened.id)


def test_without_a_root_pending_messages_are_no_part_of_the_history(by_hand, handler) -> None:
    made = by_hand(handler())
    with made.pending("thinking"):
        pass

    assert made._chat_history == []


def test_the_persona_is_that_of_the_model_or_jupyternaut(by_hand, handler) -> None:
    ada = Persona(name="Ada", avatar_route="ada.svg")

    assert by_hand(handler()).persona == JupyternautPersona
    assert by_hand(handler(), config_manager=Mock(persona=ada)).persona == ada


def test_the_help_message_names_commands_and_context(by_hand, handler, human) -> None:
    commands = {"default": Mock(), "/b": Mock(help="Does b"), "/a": Mock(help="Does a"), "/c": Mock()}
    made = by_hand(
        handler(),
        config_manager=Mock(lm_provider=Mock(unsupported_slash_commands={"/c"})),
        chat_handlers=commands,
        context_providers={"file": Mock(command_id="@file", help="Reads")},
        help_message_template="{persona_name}\n{slash_commands_list}\n{context_commands_list}",
    )
    made.send_help_message(human())

    (message,) = made._chat_history
    assert message.body.split("\n") == [
        "Jupyternaut",
        "* `/a`: Does a",
        "* `/b`: Does b",
        "",
        "These add context to a message: `@file`.",
    ]
    assert message.reply_to == "m"


def test_the_help_message_ends_in_a_paragraph_of_its_own() -> None:
    context = {"file": Mock(command_id="@file", help="Reads")}

    made = build_help_message("", JupyternautPersona, {"/a": Mock(help="Does a")}, context)

    assert made.split("\n\n")[-2:] == [
        "These add context to a message: `@file`.",
        "Each command explains itself with `--help`.",
    ]


@pytest.mark.parametrize(
    ("names", "ending"),
    [
        (["Ada"], "`@file`."),
        (["Ada", "Bob B"], "`@file`.\nThese answer by name: `@Ada`, `@Bob-B`."),
        (list("abcdefg"), "`@file`.\nThese answer by name: `@a`, `@b`, `@c`, `@d`, `@e` and 2 more."),
    ],
)
def test_the_help_message_names_personas_in_a_line(names: list[str], ending: str) -> None:
    context = {"file": Mock(command_id="@file", help="Reads")}

    made = build_help_message("", JupyternautPersona, {"/a": Mock(help="Does a")}, context, (), names)

    assert made.split("\n\n")[-2].endswith(ending)


# Models


def test_the_chain_is_made_anew_when_the_model_or_its_parameters_change(by_hand, handler) -> None:
    made_for: list[Any] = []

    def create(self: Any, provider: Any, params: dict[str, Any]) -> None:
        made_for.append((provider.id, dict(params)))
        params.clear()  # what it does to its own is its own affair
        self.llm_chain = object()

    other = type("Other", (Provider,), {"id": "other"})
    made = by_hand(handler(create_llm_chain=create), config_manager=Settings())
    first = made.get_llm_chain()
    assert first is made.get_llm_chain() is made.llm_chain

    for manager in (Settings(temperature=1), Settings(other, temperature=1), Settings(other)):
        made.config_manager = manager
        assert made.get_llm_chain() is made.get_llm_chain()

    assert made_for == [
        ("acme", {"model_id": "m1"}),
        ("acme", {"model_id": "m1", "temperature": 1}),
        ("other", {"model_id": "m1", "temperature": 1}),
        ("other", {"model_id": "m1"}),
    ]


def test_a_chain_that_could_not_be_made_is_tried_again(by_hand, handler) -> None:
    def create(self: Any, provider: Any, params: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("no key")
        self.llm_chain = "chain"

    tries: list[int] = []
    made = by_hand(handler(create_llm_chain=create), config_manager=Settings())

    with pytest.raises(ValueError, match="no key"):
        made.get_llm_chain()
    assert made.get_llm_chain() == "chain"


def test_after_a_failed_change_of_model_the_old_chain_does_not_answer(by_hand, handler) -> None:
    def create(self: Any, provider: Any, params: Any) -> None:
        if provider is not Provider:
            raise ValueError("no key")
        self.llm_chain = "chain"

    made = by_hand(handler(create_llm_chain=create), config_manager=Settings())
    made.get_llm_chain()
    made.config_manager = Settings(type("Other", (Provider,), {}))

    for _ in range(2):
        with pytest.raises(ValueError, match="no key"):
            made.get_llm_chain()


def test_without_a_model_the_chain_is_refused(by_hand, handler) -> None:
    with pytest.raises(NoModelConfigured):
        by_hand(handler(), config_manager=Settings(None)).get_llm_chain()


def test_the_administrators_parameters_go_over_the_Settings(by_hand, handler) -> None:
    made = by_hand(handler(), model_parameters={"acme:m1": {"t": 2}, "acme:m2": {"t": 3}})

    assert made.get_model_parameters(Provider, {"model_id": "m1", "t": 1}) == {"model_id": "m1", "t": 2}
    assert made.get_model_parameters(Provider, {"model_id": "m3", "t": 1}) == {"model_id": "m3", "t": 1}


def test_the_memory_of_an_exchange_bears_its_message(by_hand, handler, human) -> None:
    made, message = by_hand(handler()), human()
    memory = made.get_llm_chat_memory(message)

    assert (memory.history, memory.last_human_msg) == (made.llm_chat_memory, message)


# Directories


@pytest.mark.parametrize(
    ("root", "preferred", "expected"),
    [
        ("/srv", None, None),
        ("/srv", "", None),
        ("/srv", "sub", "/srv/sub"),
        ("/srv", "/srv/sub/..", "/srv"),
        ("/srv", "/elsewhere", None),
        ("/srv", "../rootless", None),
        ("/srv", "/srv2", None),
        ("/", "/anywhere", "/anywhere"),
    ],
)
def test_the_preferred_directory_is_within_the_root(root: str, preferred: Any, expected: Any) -> None:
    assert get_preferred_dir(root, preferred) == expected


def test_files_go_to_the_preferred_directory_or_the_root(by_hand, handler) -> None:
    assert by_hand(handler(), root_dir="/srv", preferred_dir="sub").output_dir == "/srv/sub"
    assert by_hand(handler(), root_dir="/srv", preferred_dir="/other").output_dir == "/srv"
    assert by_hand(handler(), root_dir="~").output_dir == os.path.expanduser("~")


# Requests


async def test_a_model_without_concurrency_is_refused_while_it_is_at_work_and_served_after(
    make_chat, handler
) -> None:
    begun, released = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        await released.wait()

    chat = make_chat(model=_provider(["a", wait], allows_concurrency=False))
    first = asyncio.create_task(chat.send("one"))
    await begun.wait()
    refused = await chat.send("two")
    assert refused.text == "Busy answers one request at a time and is at work. Try again when it is done."
    assert (await chat.send("/help")).state == "done"

    released.set()
    assert (await first).text == "a"
    assert (await chat.send("three")).text == "a"


async def test_a_hundred_times_help_leaves_no_slot_taken(make_chat, handler) -> None:
    one_at_a_time = _provider(["a"], allows_concurrency=property(lambda _: False))
    chat = make_chat(handlers=[handler(uses_llm=True)], model=one_at_a_time)
    for _ in range(100):
        assert (await chat.send("/go --help")).text.startswith("`/go [-h]`")

    assert BaseChatHandler._requests_count == 0
    assert (await chat.send("hello")).text == "a"


async def test_a_command_that_the_provider_does_not_support_is_refused(make_chat, handler) -> None:
    provider = _provider(["a"], unsupported_slash_commands={"/go"})
    reply = await make_chat(handlers=[handler(uses_llm=True)], model=provider).send("/go")

    assert reply.text == "`/go` is not supported by the model provider Busy."


async def test_without_a_model_what_needs_one_is_refused_and_the_rest_works(make_chat, handler) -> None:
    chat = make_chat(handlers=[handler(uses_llm=True)])
    await chat.send("/help")
    chat.handlers["/go"].config_manager._lm_providers = {}

    refusal = (await chat.send("/go")).text
    assert refusal.startswith("No language model can be used: ")
    assert refusal.endswith(" is not installed.")
    assert (await chat.send("/help")).state == "done"


def _provider(script: list[Any], **members: Any) -> type:
    from jupyter_ai_magics.base_provider import BaseProvider

    class Given(BaseProvider, FakeModel):  # type: ignore[misc]
        id = "busy"
        name = "Busy"
        models = ["busy"]  # noqa: RUF012
        model_id_key = "model_id"

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(script=script, **kwargs)

    for name, value in members.items():
        setattr(Given, name, value)
    return Given


def test_a_routing_type_names_the_command() -> None:
    assert SlashCommandRoutingType(slash_id="go").slash_id == "go"
    assert SlashCommandRoutingType().slash_id is None
    assert SlashCommandRoutingType.routing_method == "slash_command"
