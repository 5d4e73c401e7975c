"""Which documents an inline completion provider completes."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from jupyter_ai.completions import ProviderOptions
from jupyter_ai.completions.models import InlineCompletionRequest


def request(path: str | None = "src/app/a.py", language: str | None = "python") -> InlineCompletionRequest:
    return InlineCompletionRequest(
        number=1, prefix="", suffix="", mime="text/plain", stream=False, path=path, language=language
    )


@pytest.mark.parametrize(
    "options",
    [
        ProviderOptions(),
        ProviderOptions(language="Python"),
        ProviderOptions(language=["r", "python"]),
        ProviderOptions(pattern="**"),
        ProviderOptions(pattern="**/*.py"),
        ProviderOptions(pattern="src/*/a.py"),
        ProviderOptions(pattern=["*.sql", "src/**/*.py"]),
        ProviderOptions(scheme="file"),
    ],
)
def test_options_match(options: ProviderOptions) -> None:
    assert options.match(request())


@pytest.mark.parametrize(
    "options",
    [
        ProviderOptions(language="r"),
        ProviderOptions(pattern="*.py"),
        ProviderOptions(pattern="src/*.py"),
        ProviderOptions(pattern="**/*.sql"),
        ProviderOptions(scheme="untitled"),
        ProviderOptions(language="python", pattern="lib/**"),
    ],
)
def test_options_do_not_match(options: ProviderOptions) -> None:
    assert not options.match(request())


def test_a_pattern_matches_no_document_without_a_path() -> None:
    assert not ProviderOptions(pattern="**").match(request(path=None))


def test_an_untitled_document_has_its_scheme() -> None:
    assert ProviderOptions(scheme="untitled").match(request(path=None))


@pytest.mark.parametrize("pattern", ["**/src/**/test/**/*.sql", "**/*a*a*a*a*a*a*.sql"])
def test_a_long_path_is_compared_at_once(pattern: str) -> None:
    """16 s while each `**` was tried at each place; now a few milliseconds."""
    long = request("src/test/" * 400 + "a" * 400 + ".py")
    started = time.thread_time()

    assert not ProviderOptions(pattern=pattern).match(long)
    assert time.thread_time() - started < 0.5


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"language": 5}, "`language` is 5: make it a string or a list of strings, or None"),
        ({"language": [None]}, "`language` is (None,): make it a string"),
        ({"pattern": b"*.py"}, "`pattern` is b'*.py': make it a string"),
        ({"scheme": "vscode"}, '`scheme` is \'vscode\': make it "file", "untitled" or None'),
        ({"debounce_ms": "50"}, "`debounce_ms` is '50': make it a number from 0, up to 3600000 milliseconds"),
        ({"deadline_ms": float("nan")}, "`deadline_ms` is nan: make it a number above 0"),
        ({"group": ["a"]}, "`group` is ['a']: make it a string"),
        ({"excludes": None}, "`excludes` is None: make it a string or a list of strings"),
        (
            {"priority": "high", "yield_to": 1},
            "`yield_to` is 1: make it a string or a list of strings; `priority`",
        ),
        ({"wants_context": "no"}, "`wants_context` is 'no': make it True or False"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_cannot_be_meant_is_refused_by_name(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        ProviderOptions(**wrong)


def test_one_string_is_one_name_and_names_cannot_be_spoiled_later() -> None:
    names = ["model"]
    options = ProviderOptions(language="sql", excludes="model", yield_to=names)
    names.append("words")

    assert (options.language, options.excludes, options.yield_to) == (("sql",), ("model",), ("model",))
