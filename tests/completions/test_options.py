"""Which documents an inline completion provider completes."""

from __future__ import annotations

import time

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
    started = time.perf_counter()

    assert not ProviderOptions(pattern=pattern).match(long)
    assert time.perf_counter() - started < 0.5
