"""Context commands: where they stand in a prompt, and what a model reads in their place."""

from __future__ import annotations

from typing import Any

import pytest
from growth import is_linear

from jupyter_ai.context_providers import (
    BaseCommandContextProvider,
    ContextCommand,
    ContextProviderException,
    find_commands,
)
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.testing import FakeModel


class Weather(BaseCommandContextProvider):
    """`@weather:place`."""

    id = "weather"
    help = "What the weather is"
    requires_arg = True

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        if any(command.arg == "Atlantis" for command in commands):
            raise ContextProviderException("`@weather`: Atlantis is under water.")
        return "; ".join(f"{command.arg}: rain" for command in commands)

    def get_arg_options(self, arg_prefix: str) -> list[Any]:
        return [self._make_arg_option(p) for p in ("Bath", "New York") if p.startswith(arg_prefix)]


class Now(Weather):
    """`@now`, without an argument, which the model does not see."""

    id = "now"
    requires_arg = False
    remove_from_prompt = True

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        return "noon"


class First(Now):
    """`@first`, at the beginning only."""

    id = "first"
    only_start = True


def bare(cls: type[BaseCommandContextProvider]) -> BaseCommandContextProvider:
    names = (
        *("log", "config_manager", "model_parameters", "chat_history", "llm_chat_memory", "preferred_dir"),
        *("dask_client_future", "chat_handlers", "context_providers"),
    )
    arguments: dict[str, Any] = dict.fromkeys(names)
    return cls(root_dir=".", **arguments)


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("@weather:Bath", ["Bath"]),
        ("in @weather:Bath?", ["Bath"]),
        ("(@weather:Bath), @weather:Rome.", ["Bath", "Rome"]),
        ('@weather:"New York" and', ["New York"]),
        ("@weather:'New York' and", ["New York"]),
        (r"@weather:New\ York and", ["New York"]),
        ("@weather:Zürich", ["Zürich"]),
        ("@weather:Bath @weather:Bath", ["Bath"]),
        ("@Weather:Bath", ["Bath"]),
        ("@weather:\"New York\"#noon, or @weather:'New York'.", ["New York#noon", "New York"]),
        ("@weather", []),
        ("@weather: Bath", []),
        ("me@weather:Bath", []),
        ("`@weather:Bath`", []),
        ("```\n@weather:Bath\n```", []),
        ("```\n@weather:Bath", []),
        ("``@weather:Bath``", []),
        ("~~~\n@weather:Bath\n~~~", []),
    ],
)
def test_commands_are_found(text: str, args: list[str]) -> None:
    assert [command.arg for command in find_commands(bare(Weather), text)] == args


@pytest.mark.parametrize(
    ("text", "count"), [("@now", 1), ("it is @now.", 1), ("@nowhere", 0), ("@now:x", 1), ("@now @now", 1)]
)
def test_command_without_argument_is_found(text: str, count: int) -> None:
    assert len(find_commands(bare(Now), text)) == count


def test_command_for_the_beginning_counts_there_only() -> None:
    provider = bare(First)

    assert len(find_commands(provider, " @first hi")) == 1
    assert find_commands(provider, "hi @first") == []


def test_more_different_commands_than_a_message_takes_are_refused() -> None:
    provider = bare(Weather)

    assert len(find_commands(provider, "".join(f"@weather:{n} " for n in range(50)) * 2)) == 50
    with pytest.raises(ContextProviderException, match="takes 50 different `@weather`"):
        find_commands(provider, "".join(f"@weather:{n} " for n in range(51)))


def test_what_is_read_in_the_place_of_a_command_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    monkeypatch.setattr(
        Weather, "_replace_command", lambda self, command: asked.append(command.cmd) or "rain"
    )

    assert bare(Weather).replace_prompt("@weather:Bath " * 1_000) == "rain " * 1_000
    assert asked == ["@weather:Bath"]


def test_a_pattern_of_ones_own_may_go_by_another_word() -> None:
    class Climate(Weather):
        pattern = "#climate"  # type: ignore[assignment]

    assert len(find_commands(bare(Climate), "#climate `#climate`")) == 1


@pytest.mark.parametrize("piece", ["@weather:", '@weather:"', "@weather:. ", "`@weather:a\n", "@weather:a "])
def test_time_to_find_commands_grows_with_the_length_alone(piece: str) -> None:
    assert is_linear(bare(Weather).replace_prompt, piece)


def test_parts_of_a_command() -> None:
    command = ContextCommand(cmd='@weather:"New York"')

    assert (command.id, command.arg, str(command)) == ("@weather", "New York", '@weather:"New York"')
    assert ContextCommand(cmd="@now").arg is None


def test_prompt_keeps_or_loses_the_command() -> None:
    assert bare(Weather).replace_prompt("Is it wet in @weather:Bath?") == "Is it wet in @weather:Bath?"
    assert bare(Now).replace_prompt("What is it? @now") == "What is it?"
    assert bare(Now).replace_prompt("`@now` as it is ") == "`@now` as it is "


async def test_model_reads_what_the_command_adds(make_chat: Any) -> None:
    model = FakeModel(["Yes."])
    chat = make_chat(context_providers=[Weather, Now], model=model)

    await chat.send("Is it wet in @weather:Bath? @now")

    assert "noon\n\nBath: rain" in model.prompts[0]
    assert "Is it wet in @weather:Bath?" in model.prompts[0]
    assert "@now" not in model.prompts[0]


async def test_what_cannot_be_added_is_told_and_the_model_not_asked(make_chat: Any, caplog: Any) -> None:
    model = FakeModel(["Yes."])

    reply = await make_chat(context_providers=[Weather], model=model).send("@weather:Atlantis")

    assert reply.text == "`@weather`: Atlantis is under water."
    assert model.asked == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("prompt", ["@weather:", "In @weather: Bath", '@weather:""', "@WEATHER:''"])
async def test_command_without_the_argument_it_takes_is_refused(make_chat: Any, prompt: str) -> None:
    model = FakeModel(["Yes."])

    reply = await make_chat(context_providers=[Weather], model=model).send(prompt)

    assert "weather:` names nothing: it stands right after the colon" in reply.text.casefold()
    assert model.asked == []


async def test_in_backticks_it_is_text(make_chat: Any) -> None:
    chat = make_chat(context_providers=[Weather], model=FakeModel(["Yes."]))

    assert (await chat.send("`@weather:`")).text == "Yes."


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(3)])
async def test_command_that_does_not_tell_its_word_costs_nobody_else(
    make_chat: Any, error: BaseException
) -> None:
    class Mute(Weather):
        id = "mute"

        @property
        def command_id(self) -> str:
            raise error

    chat = make_chat(context_providers=[Mute, Weather], model=FakeModel(["Yes."]))

    assert (await chat.send("hello")).text == "Yes."
    assert "`@weather`" in (await chat.send("/help")).text
    assert "@weather:" in await chat.complete("@")
    assert await chat.complete("@weather:B") == ["@weather:Bath "]
    plugins = (await chat.open()).engine.plugins.plugins("jupyter_ai.context_providers")
    assert ["in its `command_id`" in plugin.trouble for plugin in plugins if plugin.trouble] == [True]


async def test_replacement_that_is_no_text_is_blamed_on_who_made_it(make_chat: Any) -> None:
    class Silent(Now):
        id = "ahem"

        def replace_prompt(self, prompt: str) -> Any:
            return None

    reply = await make_chat(context_providers=[Silent, Weather]).send("hi")

    assert reply.text == "`@ahem` failed: TypeError: its `replace_prompt` returned NoneType, not a str"


@pytest.mark.parametrize(
    ("error", "told"), [(KeyError("x"), "KeyError: 'x'"), (SystemExit(3), "the call raised SystemExit: 3")]
)
async def test_failure_names_the_command(make_chat: Any, error: BaseException, told: str) -> None:
    class Broken(Weather):
        id = "broken"

        async def _make_context_prompt(self, message: HumanChatMessage, commands: Any) -> str:
            raise error

    reply = await make_chat(context_providers=[Broken]).send("@broken:x")

    assert reply.text.startswith("`@broken` failed: ")
    assert reply.text.endswith(told)


async def test_arguments_are_completed(make_chat: Any) -> None:
    chat = make_chat(context_providers=[Weather, Now])

    assert await chat.complete("@weather:") == ["@weather:Bath ", r"@weather:New\ York "]
    assert {"@weather:", "@now"} <= set(await chat.complete("@"))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "`_make_context_prompt` is not defined"),
        ({"_make_context_prompt": lambda self, message, commands: ""}, "is not a coroutine function"),
    ],
)
def test_class_that_adds_nothing_is_refused(make_chat: Any, members: dict[str, Any], reason: str) -> None:
    cls = type("Bare", (BaseCommandContextProvider,), {"id": "bare", "help": "Nothing", **members})

    with pytest.raises(ValueError, match=reason):
        make_chat(context_providers=[cls])
