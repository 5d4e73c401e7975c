"""The arguments of a command: parsed with quotes, helped with `--help`, refused in the chat."""

import argparse
from typing import Any

import pytest

from jupyter_ai.chat_handlers.arguments import CommandParser, MarkdownHelpFormatter, UsageError, parse


@pytest.fixture
def command(handler) -> Any:
    """A handler of `/go` with arguments, which replies what it was given."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        super(cls, self).__init__(*args, **kwargs)
        self.parser.add_argument("-n", "--number", type=int, default=3, help="How many")
        self.parser.add_argument("words", nargs="*")

    async def process_message(self: Any, message: Any) -> None:
        args = self.parse_args(message)
        if args is not None:
            self.reply(f"{args.number} {args.words}", message)

    cls = handler(process_message, __init__=__init__)
    return cls


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("/go", "3 []"),
        ("/go -n 5 a 'b c' \"d\"", "5 ['a', 'b c', 'd']"),
        ("/go\t--number=7\nx", "7 ['x']"),
        ("/go it's", '3 ["it\'s"]'),
        ("/go -- --help", "3 ['--help']"),
        ("/go 'about -h and --help'", "3 ['about -h and --help']"),
    ],
)
async def test_arguments_are_parsed_with_quotes(make_chat, command, prompt: str, expected: str) -> None:
    assert (await make_chat(handlers=[command]).send(prompt)).text == expected


@pytest.mark.parametrize("prompt", ["/go -h", "/go --help", "/go word -h", "/go -n 2 --help"])
async def test_help_is_answered_as_markdown_without_the_handler(make_chat, command, prompt: str) -> None:
    reply = await make_chat(handlers=[command]).send(prompt)

    assert reply.text.splitlines() == [
        "`/go [-h] [-n NUMBER] [words ...]`",
        "",
        "Does go",
        "",
        "**positional arguments**:",
        "* `words`",
        "",
        "**options**:",
        "* `-h, --help`: Show this help",
        "* `-n NUMBER, --number NUMBER`: How many (default: 3)",
    ]


async def test_wrong_usage_is_answered_with_the_usage(make_chat, command) -> None:
    reply = await make_chat(handlers=[command]).send("/go -n many")

    assert reply.text.startswith("Argument -n/--number: invalid int value: 'many'.\n\n`/go [-h]")
    assert reply.state == "done"


def test_silent_parsing_says_nothing(by_hand, command, human) -> None:
    made = by_hand(command)

    assert made.parse_args(human("/go -n many"), silent=True) is None
    assert made._chat_history == []
    assert made.parse_args(human("/go -n 4"), silent=True).number == 4


def test_text_after_the_command_is_no_help_flag_where_help_is_not_supported(by_hand, handler, human) -> None:
    made = by_hand(handler(supports_help=False))

    assert made._asks_for_help(human("/go --help")) is False
    assert "--help" not in made.parser.format_help()


async def test_the_default_handler_takes_help_for_text(make_chat, handler) -> None:
    async def process_message(self: Any, message: Any) -> None:
        self.reply(f"You said {message.prompt}", message)

    assert (await make_chat(handlers=[handler(process_message, None)]).send("-h")).text == "You said -h"


@pytest.mark.parametrize("prompt", ["/go --version", "/go -x", "/go"])
def test_a_parser_that_prints_and_exits_becomes_a_reply(by_hand, handler, human, capsys, prompt: str) -> None:
    made = by_hand(handler())
    made.parser = argparse.ArgumentParser(prog="/go", exit_on_error="x" in prompt)
    made.parser.add_argument("--version", action="version", version="go 1.0")
    made.parser.add_argument("must")

    assert made.parse_args(human(prompt)) is None
    (message,) = made._chat_history
    assert ("go 1.0" in message.body) == ("version" in prompt)
    assert "usage" in message.body or "version" in prompt
    assert capsys.readouterr() == ("", "")


async def test_help_of_an_authors_own_parser_is_answered(make_chat, handler) -> None:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        super(cls, self).__init__(*args, **kwargs)
        self.parser = argparse.ArgumentParser(prog="/go", description="Mine")

    cls = handler(__init__=__init__)

    assert "Mine" in (await make_chat(handlers=[cls]).send("/go --help")).text


async def test_a_help_text_that_cannot_be_formatted_is_told_and_the_command_still_works(
    make_chat, handler
) -> None:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        super(cls, self).__init__(*args, **kwargs)
        self.parser.add_argument("--share", action="store_true").help = "100% of it"

    async def process_message(self: Any, message: Any) -> None:
        self.reply(str(self.parse_args(message).share), message)

    cls = handler(process_message, __init__=__init__)
    chat = make_chat(handlers=[cls])

    assert (await chat.send("/go --help")).text.startswith("`/go` failed: **TypeError**")
    assert (await chat.send("/go --share")).text == "True"


async def test_a_long_prompt_does_not_hold_up_the_loop_in_search_of_help(make_chat, handler) -> None:
    async def process_message(self: Any, message: Any) -> None:
        self.reply(str(len(message.prompt)), message)

    made, seen = handler(process_message), []
    made.parse_args = lambda self, message, silent=False: seen.append(message)  # type: ignore[method-assign]
    reply = await make_chat(handlers=[made]).send("/go " + "word " * 100_000)

    assert (reply.text, seen) == (str(len("/go ") + 500_000 - 0), [])


def test_parse_raises_a_usage_error_with_what_to_show() -> None:
    parser = CommandParser(prog="/x", formatter_class=MarkdownHelpFormatter)
    parser.add_argument("--size", choices=["s", "l"], help="How big")

    with pytest.raises(UsageError, match=r"(?s)Argument --size: invalid choice: 'm'.*`/x \[-h\]"):
        parse(parser, "/x --size m")
    with pytest.raises(UsageError, match="How big"):
        parse(parser, "/x --help")


def test_subcommands_are_listed_below_their_heading() -> None:
    parser = CommandParser(prog="/x", formatter_class=MarkdownHelpFormatter)
    commands = parser.add_subparsers(title="commands")
    commands.add_parser("add", help="Adds one", add_help=False)

    assert "**commands**:\n* `{add}`\n* `add`: Adds one\n" in parser.format_help()
