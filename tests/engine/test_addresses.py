"""Whom a prompt addresses."""

from __future__ import annotations

import unicodedata

import pytest

from jupyter_ai.engine.addresses import Addresses, address_of, find_addresses

NAMES = ("Jupyternaut", "Data Fred", "小明", "Zoë", "Ада", "🦉 Owl", "Ann", "Anna")


@pytest.mark.parametrize(
    ("prompt", "leading", "text"),
    [
        ("@Jupyternaut hi", ["Jupyternaut"], "hi"),
        ("@jupyternaut, hi", ["Jupyternaut"], "hi"),
        ("@Jupyternaut", ["Jupyternaut"], ""),
        ("@Jupyternaut: hi", ["Jupyternaut"], "hi"),
        ('@"Data Fred" hi', ["Data Fred"], "hi"),
        ("@Data Fred hi", ["Data Fred"], "hi"),
        ("@data-fred hi", ["Data Fred"], "hi"),
        ("@小明 @Ада: 你好", ["小明", "Ада"], "你好"),
        (unicodedata.normalize("NFD", "@Zoë hi"), ["Zoë"], "hi"),
        ("@🦉 Owl hi", ["🦉 Owl"], "hi"),
        ("@Anna hi", ["Anna"], "hi"),
        ("@Ann @Ann hi", ["Ann"], "hi"),
        ("@Jupyternaut /help me", ["Jupyternaut"], "/help me"),
    ],
)
def test_at_the_beginning(prompt: str, leading: list[str], text: str) -> None:
    assert find_addresses(prompt, NAMES) == Addresses(tuple(leading), (), text)


def test_within_the_prompt_that_stays_as_it_is() -> None:
    prompt = "What do you say, @Ann? And @Ada?"

    assert find_addresses(prompt, NAMES) == Addresses((), ("Ann",), prompt)


@pytest.mark.parametrize(
    "prompt", ["ann@Ann.org", "https://x.org/@Ann", "@file:Ann.py", "@Ann:x", "x@Ann", "@ Ann", '@"Ann']
)
def test_no_address(prompt: str) -> None:
    assert find_addresses(prompt, NAMES).names == ()
    assert find_addresses(prompt, NAMES).unknown in (None, "Ann")


@pytest.mark.parametrize(
    ("prompt", "unknown"), [("@Bob hi", "Bob"), ('@"Bob B" hi', "Bob B"), ("@Адам", "Адам")]
)
def test_unknown_name_at_the_beginning(prompt: str, unknown: str) -> None:
    assert find_addresses(prompt, NAMES).unknown == unknown


@pytest.mark.parametrize(
    "code", ['@app.route("/")\ndef f(): ...', "@property\n  def f(self): ...", "@a\n@b\nclass C: ..."]
)
def test_decorator_is_no_address(code: str) -> None:
    assert find_addresses(code, NAMES) == Addresses((), (), code)


@pytest.mark.parametrize("name", [*NAMES, 'A, B & "C"', "O'Neil", "R2-D2"])
def test_address_of_a_name_finds_it(name: str) -> None:
    if '"' not in name:
        assert find_addresses(f"{address_of(name)} hi", [name]) == Addresses((name,), (), "hi")
