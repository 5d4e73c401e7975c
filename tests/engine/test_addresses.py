"""Whom a prompt addresses."""

from __future__ import annotations

import unicodedata

import pytest
from growth import is_linear

from jupyter_ai.engine.addresses import MOST_ADDRESSES, Addresses, address_of, find_addresses, same_name

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


@pytest.mark.parametrize("name", ["Ann-Marie", "Ann.py", "data-fred-2", "Ann--🦉"])
def test_longer_name_is_not_the_one_that_it_begins_with(name: str) -> None:
    assert find_addresses(f"@{name} hi", NAMES).unknown == name
    assert find_addresses(f"ask @{name}", NAMES).names == ()


@pytest.mark.parametrize("mark", [".", "-", " - ", "...", ". Hi"])
def test_mark_after_a_name_is_none_of_it(mark: str) -> None:
    assert find_addresses(f"ask @Ann{mark}", NAMES).names == ("Ann",)


def test_text_is_not_normalized_since_it_may_have_paths() -> None:
    text = unicodedata.normalize("NFD", "@file:café.txt ậ 한글")

    for name in ("Zoë", "ậ", "한글"):
        prompt = f"@{unicodedata.normalize('NFD', name)}: {text}"

        assert find_addresses(prompt, [name]) == Addresses((name,), (), text)


def test_unknown_name_is_normalized() -> None:
    assert find_addresses(unicodedata.normalize("NFD", "@Zoé hi"), NAMES).unknown == "Zoé"


@pytest.mark.parametrize(
    "code", ['@app.route("/")\ndef f(): ...', "@property\n  def f(self): ...", "@a\n@b\nclass C: ..."]
)
def test_decorator_is_no_address(code: str) -> None:
    assert find_addresses(code, NAMES) == Addresses((), (), code)


@pytest.mark.parametrize(
    "prompt", ["`@Ann` hi", "``@Ann``", "```py\n@Ann\n```", "```\n@Ann", "~~~\n@Ann\n~~~"]
)
def test_what_is_code_addresses_nobody(prompt: str) -> None:
    assert find_addresses(prompt, NAMES) == Addresses((), (), prompt)


def test_between_code_a_name_is_an_address() -> None:
    assert find_addresses("`@Ada` or `x`: @Ann, `@Zoë`?", NAMES).names == ("Ann",)


@pytest.mark.parametrize(
    ("name", "written", "is_found"),
    [
        ("Reviewer", "Rev\N{LATIN SMALL LETTER DOTLESS I}ewer", False),
        ("Sailor", "\N{LATIN SMALL LETTER LONG S}ailor", True),
        ("Straße 3", "STRASSE-3", True),
        ("İstanbul", "i̇stanbul", True),
        ("Istanbul", "İstanbul", False),
        ("ΣΟΦΟΣ", "σοφος", True),
    ],
)
def test_letters_count_as_the_same_where_names_do(name: str, written: str, is_found: bool) -> None:
    found = find_addresses(f"@{written} hi", [name])

    assert (same_name(name) == same_name(written)) == is_found
    assert found.leading == ((name,) if is_found else ())
    assert found.text == ("hi" if is_found else f"@{written} hi")


def test_a_name_with_any_letter_that_is_longer_without_case_is_found() -> None:
    letters = [letter for letter in map(chr, range(0x1_0000)) if len(letter.casefold()) > 1]

    for name in [f"{letter}x{letter}" for letter in letters]:
        assert find_addresses(f"{address_of(name)} hi", [name]) == Addresses((name,), (), "hi")


def test_text_after_letters_that_are_longer_without_case_is_whole() -> None:
    found = find_addresses("@Straße, @ŉu: ß @straSSE", ["Straße", "ŉu"])

    assert found == Addresses(("Straße", "ŉu"), (), "ß @straSSE")


def test_whose_something_is_stays_in_the_text() -> None:
    assert find_addresses("@Ann's idea", NAMES) == Addresses(("Ann",), (), "@Ann's idea")


def test_more_addresses_than_a_prompt_may_have_are_text() -> None:
    found = find_addresses("@Ann " * (MOST_ADDRESSES + 2) + "@Anna", NAMES)

    assert found == Addresses(("Ann",), (), "@Ann @Ann @Anna")


def test_no_word_is_a_name_that_is_longer_than_names_are() -> None:
    assert find_addresses("@" + "x" * 300, NAMES).unknown is None


@pytest.mark.parametrize(
    "piece", ["@Ann ", "@Ann@", "hi @Data ", "@Data  - ", "`@Ann ", "``a\n", "@ß ", '@"']
)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    assert is_linear(lambda prompt: find_addresses(prompt, NAMES), piece)


@pytest.mark.parametrize("name", [*NAMES, 'A, B & "C"', "O'Neil", "R2-D2", "D-"])
def test_address_of_a_name_finds_it(name: str) -> None:
    if '"' not in name:
        assert find_addresses(f"{address_of(name)} hi", [name]) == Addresses((name,), (), "hi")
