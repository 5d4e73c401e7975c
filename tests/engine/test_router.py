"""Who answers a prompt."""

import random
from dataclasses import replace
from functools import cache

import pytest

from jupyter_ai.engine.router import (
    Addressed,
    DidYouMean,
    ForPeople,
    Handled,
    Voices,
    arguments,
    distance,
    route,
)

KEYS = ["default", "/help", "/learn", "/ask"]


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("/help", "/help"),
        ("  /help  ", "/help"),
        ("/help\tme", "/help"),
        ("/learn\nall of it", "/learn"),
        ('/ask "two words"', "/ask"),
        ("hello /help", "default"),
        ("", "default"),
        ("/", "default"),
        ("/ help", "default"),
        ("//help", "default"),
        ("/help/me", "default"),
        ("/etc/passwd is a file", "default"),
        ("/s, I was joking", "default"),
        ("/nowhere near a command", "default"),
    ],
)
def test_a_command_goes_to_its_handler_and_text_to_the_default(prompt: str, key: str) -> None:
    assert route(prompt, KEYS) == Handled(key)


@pytest.mark.parametrize(
    ("prompt", "key"), [("/my-command hi", "/my_command"), ("/my-commend hi", "default"), ("/-", "default")]
)
def test_a_hyphen_stands_for_an_underscore_if_there_is_such_a_command(prompt: str, key: str) -> None:
    assert route(prompt, ["default", "/my_command"]) == Handled(key)


@pytest.mark.parametrize(
    ("prompt", "suggestions"),
    [
        ("/hepl", ("/help",)),
        ("/hep me", ("/help",)),
        ("/HELP", ("/help",)),
        ("/lear", ("/learn",)),
        ("/xyzzy", ()),
        ("/default", ()),
    ],
)
def test_an_unknown_command_that_is_near_or_alone_is_questioned(prompt: str, suggestions: tuple) -> None:
    assert route(prompt, KEYS) == DidYouMean(prompt.split()[0], suggestions)


def test_the_question_names_what_is_near() -> None:
    assert DidYouMean("/x", ()).text() == "There is no command `/x`. `/help` lists the commands."
    assert DidYouMean("/ac", ("/ab", "/ad")).text().endswith("Did you mean `/ab` or `/ad`?")


def test_of_a_name_near_none_it_is_told_how_to_write_what_is_no_name() -> None:
    assert "`@x`. `/personas` lists who is there; write it in backticks" in DidYouMean("@x", ()).text()


def test_the_nearest_three_are_suggested() -> None:
    assert route("/aa", ["/ab", "/ac", "/ad", "/ae", "/abc"]) == DidYouMean("/aa", ("/ab", "/ac", "/ad"))


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("/ask", []),
        ("/ask  a\tb\nc", ["a", "b", "c"]),
        ("/ask 'a b' \"c d\" ''", ["a b", "c d", ""]),
        ("/ask what's up", ["what's", "up"]),
    ],
)
def test_arguments_respect_quotes_that_pair_up(prompt: str, words: list[str]) -> None:
    assert arguments(prompt) == words


def test_distance_is_the_number_of_edits_up_to_a_limit() -> None:
    @cache
    def edits(a: str, b: str) -> int:
        if not a or not b:
            return len(a) + len(b)
        return min(edits(a[1:], b) + 1, edits(a, b[1:]) + 1, edits(a[1:], b[1:]) + (a[0] != b[0]))

    dice = random.Random(1)
    words = ["".join(dice.choices("abc", k=dice.randrange(6))) for _ in range(40)]
    for a in words:
        assert [distance(a, b) for b in words] == [min(edits(a, b), 3) for b in words]


PEOPLE = ("Carl", "Dora Deer", "cell")
VOICES = Voices(personas=("Ada", "Bob"), people=PEOPLE, contexts=("cell",))


@pytest.mark.parametrize(
    ("prompt", "choice"),
    [
        ("@Ada hi", Addressed(("Ada",), "hi")),
        ("@Ada @Bob hi", Addressed(("Ada", "Bob"), "hi")),
        ("hi @Bob", Addressed(("Bob",), "hi @Bob")),
        ("@Ada what of @Bob?", Addressed(("Ada", "Bob"), "what of @Bob?")),
        ("@Ada /help", Handled("/help", ("Ada",))),
        ("@Ada /hlep", DidYouMean("/hlep", ("/help",))),
        ("@Carl hi", ForPeople()),
        ("@carl's idea", ForPeople()),
        ("@Dora Deer, @Carl: hi", ForPeople()),
        ("@Carl ask @Ada", ForPeople()),
        ("@Carl /help is what you need", ForPeople()),
        ("@Ada @Carl hi", Addressed(("Ada",), "hi")),
        ("@Carl @Ada hi", Addressed(("Ada",), "hi")),
        ("ask @Carl", Handled("default")),
        ("@Adda hi", DidYouMean("@Adda", ("@Ada",))),
        ("@Somebody hi", DidYouMean("@Somebody", ())),
        ("@Ada @Somebody hi", DidYouMean("@Somebody", ())),
        ("@cell what is this?", Handled("default")),
        ("@CELL what is this?", Handled("default")),
        ("@file:a.py what is this?", Handled("default")),
        ("hi", Handled("default")),
    ],
)
def test_addressed_persona_answers(prompt: str, choice: object) -> None:
    assert route(prompt, ["default", "/help"], VOICES) == choice


@pytest.mark.parametrize(
    ("prompt", "choice"),
    [
        ("@Carl, hi", Addressed(("Bob",), "@Carl, hi", explicit=False)),
        ("@Carl /help", Addressed(("Bob",), "@Carl /help", explicit=False)),
        ("@Carl asks @Ada", Addressed(("Ada",), "@Carl asks @Ada")),
    ],
)
def test_ones_own_name_is_text_where_nobody_else_is(prompt: str, choice: object) -> None:
    voices = replace(VOICES, alone=True, sticky="Bob")

    assert route(prompt, ["default", "/help"], voices) == choice


def test_persona_addressed_last_answers_what_is_addressed_to_nobody() -> None:
    voices = Voices(personas=("Ada", "Bob"), sticky="Bob")

    assert route("hi", ["default"], voices) == Addressed(("Bob",), "hi", explicit=False)
    assert route("/help", ["default", "/help"], voices) == Handled("/help")


def test_only_persona_answers_where_there_is_no_default_handler() -> None:
    assert route("hi", [], Voices(personas=("Ada",))) == Addressed(("Ada",), "hi", explicit=False)
    assert route("hi", [], Voices(personas=("Ada", "Bob"))) == Handled("default")
