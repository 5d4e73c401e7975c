"""Where a SageMaker endpoint's prompt goes, and where its answer stands."""

import pytest

from jupyter_ai_magics.partner_providers.json_path import at_path, fill_in, parse_path

DOCUMENT = [{"generated_text": "hello", "by token": [{"a": 1}, {"a": 2}]}]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("[0].generated_text", "hello"),
        ("$[0].generated_text", "hello"),
        ("$[0]['by token'][-1].a", 2),
        ("$", DOCUMENT),
        ("", DOCUMENT),
    ],
)
def test_a_path_leads_to_one_place(path: str, found: object) -> None:
    assert at_path(DOCUMENT, parse_path(path)) == found


@pytest.mark.parametrize("path", ["$..a", "[*].a", "a[", "[?(@.a)]"])
def test_what_names_more_than_one_place_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="use names and indexes only"):
        parse_path(path)


def test_a_path_that_leads_nowhere_names_its_step() -> None:
    with pytest.raises(ValueError, match="nothing at step 'text'"):
        at_path(DOCUMENT, parse_path("[0].text"))


def test_the_prompt_goes_wherever_it_is_asked_for() -> None:
    schema = {"inputs": ["Q: <prompt>"], "parameters": {"n": 1}}

    assert fill_in(schema, '"quoted"') == {"inputs": ['Q: "quoted"'], "parameters": {"n": 1}}
