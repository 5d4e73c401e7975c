"""Packages made from the template at work: in a clean environment, on a server, and under mypy.

The least, the most and one between; `scripts/soak scaffold` tries every combination.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from new_packages import OPTIONS, Environment, check_types, named, render, try_out

LEAST = {"package_name": "my-plugin"}
BETWEEN = {"package_name": "acme-tools", "slash_id": "Acme2", "embeddings": "yes", "context": "yes"}
MOST = {"package_name": "acme", "slash_id": "shout", **dict.fromkeys(OPTIONS, "yes")}

pytestmark = pytest.mark.timeout(300)  # servers start, and mypy reads all of LangChain


@pytest.mark.parametrize("answers", [BETWEEN, MOST], ids=named)
def test_a_package_is_built_installed_tested_and_answers(answers: dict[str, str], tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    package = render(tmp_path, answers, hooks=False)

    environment.install(str(environment.build_wheel(package)), cwd=package)
    environment.test(package)
    try_out(environment, answers)


def test_the_first_three_minutes(tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    package = tmp_path / "my-plugin"

    environment.jupyter_ai("new", "my-plugin", "--no-input", cwd=tmp_path)
    environment.install("-e", ".", cwd=package)
    environment.test(package)

    assert environment.build_wheel(package).is_file()
    try_out(environment, LEAST)


def test_mypy_has_nothing_to_say(tmp_path: Path) -> None:
    environment = Environment(tmp_path)

    for answers in (LEAST, BETWEEN, MOST):
        check_types(environment, render(tmp_path, answers, hooks=False), tmp_path / "cache")
