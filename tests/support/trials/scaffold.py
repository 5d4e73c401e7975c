"""Every combination of the template's answers: made, installed, tested, typed, and asked on a server."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from new_packages import COMBINATIONS, TEMPLATE, Environment, Failed, check_types, named, render, try_out

__all__ = ["scaffold"]


def scaffold() -> Iterator[tuple[str, str]]:
    """The name of each combination, and what is wrong with it, "" for nothing.

    Licences, and versions of Python up to the one that runs this, take turns: they alter no code.
    """
    questions = json.loads((TEMPLATE / "cookiecutter.json").read_text())
    pythons = [each for each in questions["python_version"] if int(each[2:]) <= sys.version_info.minor]
    turns = zip(COMBINATIONS, cycle(questions["license"]), cycle(pythons), strict=False)
    with tempfile.TemporaryDirectory(prefix="scaffold-") as name:
        for index, (options, license, python) in enumerate(turns):
            answers = {"package_name": f"acme-{index}", "license": license, "python_version": python}
            folder = Path(name, str(index))
            folder.mkdir()
            yield named(options), _try({**answers, **options}, folder)


def _try(answers: dict[str, str], folder: Path) -> str:
    environment = Environment(folder)
    package = render(folder, answers, hooks=False)
    try:
        environment.lint(package)
        check_types(environment, package, folder.parent / f"mypy-{answers['python_version']}")
        environment.install(str(environment.build_wheel(package)), cwd=package)
        environment.test(package)
        try_out(environment, answers)
    except Failed as failure:
        return str(failure)
    return ""
