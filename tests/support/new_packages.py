"""Packages made from the template, and clean environments to try them in."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "COMBINATIONS",
    "OPTIONS",
    "TEMPLATE",
    "Environment",
    "Failed",
    "check_types",
    "named",
    "render",
    "try_out",
]

TEMPLATE = Path(__file__).parents[2] / "cookiecutter-module"
OPTIONS = ("embeddings", "persona", "context", "completion")
TOKEN = "a-token"

Answers = Mapping[str, str]


def _answers(chosen: tuple[bool, ...]) -> dict[str, str]:
    return {option: "yes" if yes else "no" for option, yes in zip(OPTIONS, chosen, strict=True)}


COMBINATIONS = [_answers(chosen) for chosen in itertools.product((False, True), repeat=len(OPTIONS))]
"""All answers that make a difference in files."""


def named(answers: Answers) -> str:
    """A short name of a combination."""
    return "-".join(option for option in OPTIONS if answers.get(option) == "yes") or "least"


def render(folder: Path, answers: Answers, *, hooks: bool = True) -> Path:
    """A package as plain cookiecutter makes it."""
    from cookiecutter.main import cookiecutter

    config: Any = {"replay_dir": str(folder / ".replay")}
    made = cookiecutter(
        str(TEMPLATE),
        no_input=True,
        extra_context=dict(answers),
        output_dir=str(folder),
        default_config=config,
        accept_hooks=hooks,
    )
    return Path(made)


class Failed(AssertionError):
    """A command that should have ended well."""


@dataclass
class Environment:
    """An environment over this one, with Jupyter directories of its own; nothing is downloaded."""

    home: Path
    variables: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(self.home / "venv")], check=True)
        over = next((self.home / "venv").glob("lib/python*/site-packages")) / "over.pth"
        over.write_text(f'import site; site.addsitedir("{sysconfig.get_path("purelib")}")\n')
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PY", "MOCKLLM"))}
        places = {f"JUPYTER_{kind}_DIR": str(self.home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        self.variables = {**kept, **places, "HOME": str(self.home), "PATH": f"{self._bin}:{kept['PATH']}"}

    @property
    def _bin(self) -> Path:
        return self.home / "venv/bin"

    @property
    def python(self) -> str:
        """Its Python."""
        return str(self._bin / "python")

    def run(self, *command: str, cwd: Path) -> str:
        """What a command says on its standard output. Raises `Failed`, with all that it says."""
        done = subprocess.run(command, cwd=cwd, env=self.variables, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def module(self, *command: str, cwd: Path) -> str:
        """The same for `python -m`."""
        return self.run(self.python, "-m", *command, cwd=cwd)

    def install(self, *what: str, cwd: Path) -> None:
        """pip install, with what is there."""
        pip = [sys.executable, "-m", "pip", "--python", self.python, "--disable-pip-version-check"]
        self.run(*pip, "install", "-q", "--no-deps", "--no-index", "--no-build-isolation", *what, cwd=cwd)

    def test(self, package: Path, *options: str) -> None:
        """Run the tests of a package that is installed. Raises `Failed`."""
        self.module("pytest", "-q", "-p", "no:cacheprovider", *options, cwd=package)

    def lint(self, package: Path) -> None:
        """ruff, as the package sets it. Raises `Failed`."""
        for command in (["check"], ["format", "--check"]):
            self.run(sys.executable, "-m", "ruff", *command, "--no-cache", ".", cwd=package)

    def build_wheel(self, package: Path) -> Path:
        """What hatchling makes of a package."""
        code = "import hatchling.build as backend; print(backend.build_wheel('dist'))"
        return package / "dist" / self.run(self.python, "-c", code, cwd=package).split()[-1]

    def ask(self, address: str, prompt: str) -> str:
        """What a server answers to a prompt in the terminal."""
        options = ["--url", address, "--token", TOKEN]
        return self.jupyter_ai("chat", *options, prompt, cwd=self.home)

    def jupyter_ai(self, *arguments: str, cwd: Path) -> str:
        """What `jupyter ai` says."""
        return self.run(self.python, "-c", "from jupyter_ai.cli import main; main()", *arguments, cwd=cwd)


@contextmanager
def _serving(environment: Environment, provider: str) -> Iterator[str]:
    """A Jupyter Server in the environment with the model of one provider; yields its address."""
    options = ["--no-browser", "--allow-root", "--port=0", f"--IdentityProvider.token={TOKEN}"]
    options += ["--ServerApp.jpserver_extensions={'jupyter_ai': True}"]
    options += [f"--AiExtension.default_language_model={provider}:sentences"]
    allowed = [provider, f"{provider}-completion"]  # the others take their time
    options += [f"--AiExtension.allowed_providers={allowed}"]
    process = subprocess.Popen(
        [environment.python, "-m", "jupyter_server", *options],
        cwd=environment.home,
        env=environment.variables,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _address(process: subprocess.Popen[str]) -> str:
    log = ""
    assert process.stderr is not None  # it is a pipe
    for line in process.stderr:
        log += line
        if found := re.search(r"http://[\w.]+:\d+/", log):
            return found[0]
    raise Failed(f"the server ended:\n{log}")


def try_out(environment: Environment, answers: Answers) -> None:
    """Call the command of a package that is installed, on a server. Raises `Failed`."""
    name = answers["package_name"]
    with _serving(environment, name) as address:
        answer = environment.ask(address, f"/{answers.get('slash_id', 'my-command')} hi")
        listed = [plugin for plugin in _plugins(address) if plugin["distribution"] == name]
    if answer != "hi\n":
        raise Failed(f"the command answered {answer!r}")
    # A command, a model provider, and what was asked for.
    wanted = 2 + sum(answers.get(option) == "yes" for option in OPTIONS)
    if [plugin["state"] for plugin in listed] != ["loaded"] * wanted:
        raise Failed(f"not all of the {wanted} plug-ins are loaded: {listed}")


def _plugins(address: str) -> list[dict[str, Any]]:
    request = urllib.request.Request(f"{address}api/ai/plugins", headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        plugins: list[dict[str, Any]] = json.load(response)["plugins"]
        return plugins


def check_types(environment: Environment, package: Path, cache: Path) -> None:
    """mypy as the package sets it; what it knows of others is kept in `cache`. Raises `Failed`."""
    environment.module("mypy", "--cache-dir", str(cache), cwd=package)
